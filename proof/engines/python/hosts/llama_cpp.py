"""llama.cpp: the samplers of its library, unmodified, in the order of common/sampling.cpp, through llama-cpp-python."""

import ctypes

import llama_cpp
import numpy as np
import stubs

api = llama_cpp.llama_cpp


def about():
    return {
        "version": f"llama.cpp of llama-cpp-python {stubs.version_of('llama-cpp-python')}",
        "ran": "src/llama-sampler.cpp through its C interface; the chain is made as common/sampling.cpp makes it, DRY without breakers, which need a vocabulary",
    }


def samplers(options, vocab_size):
    get = options.get
    bias = get("logit_bias")
    if bias:
        entries = (api.llama_logit_bias * len(bias))()
        for entry, (token, value) in zip(entries, bias.items()):
            entry.token = int(token)
            entry.bias = float("-inf") if value == "-inf" else float(value)
        yield api.llama_sampler_init_logit_bias(vocab_size, len(bias), entries)
    if get("mirostat", 0) == 0:
        yield api.llama_sampler_init_penalties(
            vocab_size,
            get("penalty_last_n", 64),
            get("repetition_penalty", 1.0),
            get("frequency_penalty", 0.0),
            get("presence_penalty", 0.0),
        )
        keep = get("min_keep", 0)
        if get("dry_multiplier", 0.0) > 0:
            yield api.llama_sampler_init_dry(
                None,
                get("dry_multiplier"),
                get("dry_base", 1.75),
                get("dry_allowed_length", 2),
                get("dry_penalty_last_n", 64),
                None,
                0,
            )
        yield api.llama_sampler_init_top_n_sigma(get("top_n_sigma", -1.0))
        yield api.llama_sampler_init_top_k(get("top_k", 40))
        yield api.llama_sampler_init_typical(get("typical_p", 1.0), keep)
        yield api.llama_sampler_init_top_p(get("top_p", 0.95), keep)
        yield api.llama_sampler_init_min_p(get("min_p", 0.05), keep)
        yield api.llama_sampler_init_xtc(get("xtc_probability", 0.0), get("xtc_threshold", 0.1), keep, 1)
        yield api.llama_sampler_init_temp_ext(
            get("temperature", 0.8), get("dynatemp_range", 0.0), get("dynatemp_exponent", 1.0)
        )


def run(case):
    logits = case["logits"]
    size = len(logits)
    chain = api.llama_sampler_chain_init(api.llama_sampler_chain_default_params())
    try:
        for sampler in samplers(case["options"], size):
            api.llama_sampler_chain_add(chain, sampler)
        for token in case["history"]:
            api.llama_sampler_accept(chain, token)
        array = (api.llama_token_data * size)()
        for token, logit in enumerate(logits):
            array[token].id = token
            array[token].logit = logit
        candidates = api.llama_token_data_array(array, size, -1, False)
        api.llama_sampler_apply(chain, ctypes.byref(candidates))
        p = np.zeros(size)
        kept = [candidates.data[i] for i in range(candidates.size)]
        scores = np.array([each.logit for each in kept], dtype=np.float64)
        if np.isnan(scores).any():
            return {"error": "a logit is not a number"}
        weights = np.exp(scores - scores.max())
        for each, weight in zip(kept, weights / weights.sum()):
            p[each.id] = weight
        return p
    finally:
        api.llama_sampler_free(chain)
