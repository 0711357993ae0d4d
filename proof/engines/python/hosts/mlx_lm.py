"""mlx-lm: make_logits_processors and make_sampler, unmodified; the draw itself is replaced by a look at its scores."""

import mlx.core as mx
import numpy as np
import stubs
from mlx_lm import sample_utils

mx.set_default_device(mx.cpu)
mx.disable_compile()  # a compiler for every new option would take longer than the step
seen = {}


def look(logits, temp):
    seen["scores"] = logits * (1.0 / temp)
    return mx.argmax(logits, axis=-1)


sample_utils.categorical_sampling = look


def about():
    return {
        "version": f"mlx-lm {stubs.version_of('mlx-lm')} on mlx {stubs.version_of('mlx')}",
        "ran": "sample_utils.py on the CPU, not compiled",
    }


def run(case):
    options = case["options"]
    window = options.get("penalty_last_n", 20)
    bias = {int(t): float("-inf") if b == "-inf" else float(b) for t, b in options.get("logit_bias", {}).items()}
    processors = sample_utils.make_logits_processors(
        logit_bias=bias or None,
        repetition_penalty=options.get("repetition_penalty"),
        repetition_context_size=window,
        presence_penalty=options.get("presence_penalty"),
        presence_context_size=window,
        frequency_penalty=options.get("frequency_penalty"),
        frequency_context_size=window,
    )
    logits = mx.array([case["logits"]], dtype=mx.float32)
    tokens = mx.array(case["history"], dtype=mx.int32)
    for processor in processors:
        logits = processor(tokens, logits)
    logprobs = logits - mx.logsumexp(logits, keepdims=True)
    temperature = options.get("temperature", 0.0)
    sampler = sample_utils.make_sampler(
        temp=temperature,
        top_p=options.get("top_p", 0.0),
        min_p=options.get("min_p", 0.0),
        top_k=options.get("top_k", 0),
        xtc_probability=options.get("xtc_probability", 0.0),
        xtc_threshold=options.get("xtc_threshold", 0.1),
    )
    token = sampler(logprobs)
    p = np.zeros(len(case["logits"]))
    if temperature == 0:
        p[int(token.item())] = 1
        return p
    return np.array(mx.softmax(seen["scores"], axis=-1)).reshape(-1)
