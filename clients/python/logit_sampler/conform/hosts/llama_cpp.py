"""llama.cpp: the samplers of its library through its C interface, one for each stage, in the requested order."""

import ctypes
import math
from importlib.metadata import version
from typing import Any, Dict, List

import llama_cpp

from .. import NotSupported, Options
from .._judge import Choice
from ._order import Host as _Host
from ._order import Takes, bias_of, entries

api = llama_cpp.llama_cpp

TAKES: Takes = {
    "logit_bias": ["logit_bias"],
    "repetition_penalty": ["repetition_penalty", "penalty_last_n"],
    "presence_penalty": ["presence_penalty", "penalty_last_n", "penalty_scope"],
    "frequency_penalty": ["frequency_penalty", "penalty_last_n", "penalty_scope"],
    "dry": ["dry_multiplier", "dry_base", "dry_allowed_length", "dry_penalty_last_n"],
    "top_n_sigma": ["top_n_sigma"],
    "top_k": ["top_k"],
    "typical_p": ["typical_p", "min_keep"],
    "top_p": ["top_p", "min_keep"],
    "min_p": ["min_p", "min_keep"],
    "xtc": ["xtc_probability", "xtc_threshold", "min_keep"],
    "temperature": ["temperature"],
    "dynatemp": ["temperature", "dynatemp_range", "dynatemp_exponent"],
}


class Host(_Host):
    recorded_as = "llama.cpp"
    choices = (
        Choice(
            "counts tokens of probability 0 in the norm of the entropy",
            "`llama_sampler_temp_ext_impl`",
            "as if dynatemp_tokens of dynatemp were listed",
        ),
        Choice(
            "the sum of typical-p must pass p, not reach it",
            "`llama_sampler_typical_apply`: `cum_sum > p`",
            "as if typical_p_inclusive of typical_p were true",
        ),
    )

    def __init__(self) -> None:
        self.version = f"llama.cpp of llama-cpp-python {version('llama-cpp-python')}"

    def sampler(self, row: Any, options: Options, history: List[int]) -> Any:
        size = len(row)
        chain = api.llama_sampler_chain_init(api.llama_sampler_chain_default_params())
        try:
            for stage, entry in entries(options, TAKES):
                api.llama_sampler_chain_add(chain, _sampler(stage, entry, size, history))
            for token in history:
                api.llama_sampler_accept(chain, token)
            array = (api.llama_token_data * size)()
            for token, logit in enumerate(row):
                array[token].id, array[token].logit = token, logit
            candidates = api.llama_token_data_array(array, size, -1, False)
            api.llama_sampler_apply(chain, ctypes.byref(candidates))
            left = {candidates.data[i].id: candidates.data[i].logit for i in range(candidates.size)}
        finally:
            api.llama_sampler_free(chain)
        best = max(left.values())
        weights = {token: math.exp(logit - best) for token, logit in left.items()}
        total = sum(weights.values())
        return {token: weight / total for token, weight in weights.items()}


def _sampler(stage: str, entry: Dict[str, Any], size: int, history: List[int]) -> Any:
    get = entry.get
    keep = get("min_keep", 1)
    if stage == "logit_bias":
        bias = bias_of(entry["logit_bias"])
        pairs = (api.llama_logit_bias * len(bias))()
        for pair, (token, value) in zip(pairs, bias.items()):
            pair.token, pair.bias = token, value
        return api.llama_sampler_init_logit_bias(size, len(bias), pairs)
    if stage.endswith("penalty"):
        # presence and frequency count the whole text here
        if stage != "repetition_penalty" and get("penalty_scope") != "history":
            raise NotSupported
        last_n = get("penalty_last_n", -1)
        values = [get(name, off) for name, off in (("repetition_penalty", 1.0), ("frequency_penalty", 0.0), ("presence_penalty", 0.0))]
        return api.llama_sampler_init_penalties(size, len(history) if last_n < 0 else last_n, *values)
    if stage == "dry":
        window = get("dry_penalty_last_n", -1)
        return api.llama_sampler_init_dry(
            None,
            entry["dry_multiplier"],
            get("dry_base", 1.75),
            get("dry_allowed_length", 2),
            len(history) if window < 0 else window,
            None,
            0,
        )
    if stage == "xtc":
        return api.llama_sampler_init_xtc(entry["xtc_probability"], get("xtc_threshold", 0.1), keep, 1)
    if stage == "dynatemp":
        return api.llama_sampler_init_temp_ext(get("temperature", 1.0), entry["dynatemp_range"], get("dynatemp_exponent", 1.0))
    made = {
        "top_n_sigma": lambda: api.llama_sampler_init_top_n_sigma(entry["top_n_sigma"]),
        "top_k": lambda: api.llama_sampler_init_top_k(entry["top_k"]),
        "typical_p": lambda: api.llama_sampler_init_typical(entry["typical_p"], keep),
        "top_p": lambda: api.llama_sampler_init_top_p(entry["top_p"], keep),
        "min_p": lambda: api.llama_sampler_init_min_p(entry["min_p"], keep),
        "temperature": lambda: api.llama_sampler_init_temp(entry["temperature"]),
    }
    return made[stage]()
