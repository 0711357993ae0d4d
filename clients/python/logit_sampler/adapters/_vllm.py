"""The parts of a request's SamplingParams, and of the engine's configuration, that both vLLM adapters read."""

import random
from typing import Any, Dict, Optional

from logit_sampler.adapters._engine import KEY, options_of, validate


def options_in(params: Any) -> Optional[Dict[str, Any]]:
    """The options in a request's SamplingParams; None when it is left to vLLM."""
    return options_of((params.extra_args or {}).get(KEY))


def check(params: Any) -> None:
    validate((params.extra_args or {}).get(KEY))


def require_raw_logprobs(vllm_config: Any) -> None:
    """Raises ValueError where vLLM would report log-probabilities of rows on which a token was forced: 0 for each."""
    mode = getattr(getattr(vllm_config, "model_config", None), "logprobs_mode", None)
    if mode is not None and not str(mode).startswith("raw"):
        raise ValueError(
            f"--logprobs-mode must be raw_logprobs or raw_logits beside {KEY}, got {mode}: "
            "vLLM reads processed ones behind its processors, where one token is left with the log-probability 0"
        )


def seeds_of(vllm_config: Any) -> random.Random:
    """Seeds for requests without one. Each rank of a tensor-parallel group has its own processor: all see the same
    requests in the same order, and from vLLM's own seed they make up the same ones."""
    model_config = getattr(vllm_config, "model_config", None)
    return random.Random(getattr(model_config, "seed", None))
