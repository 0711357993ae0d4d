"""What both vLLM adapters read of a request's SamplingParams, and of the engine's configuration."""

import random
from typing import Any, Dict, Optional

from logit_sampler.adapters._engine import KEY, options_of, validate


def options_in(params: Any) -> Optional[Dict[str, Any]]:
    """The options in a request's SamplingParams; None when it is left to vLLM."""
    return options_of((params.extra_args or {}).get(KEY))


def check(params: Any) -> None:
    validate((params.extra_args or {}).get(KEY))


def seeds_of(vllm_config: Any) -> random.Random:
    """Seeds for requests without one. Each rank of a tensor-parallel group has its own processor: all see the same
    requests in the same order, and from vLLM's own seed they make up the same ones."""
    model_config = getattr(vllm_config, "model_config", None)
    return random.Random(getattr(model_config, "seed", None))
