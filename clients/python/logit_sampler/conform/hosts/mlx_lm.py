"""mlx-lm: make_logits_processors and make_sampler on the CPU. It has one order; a chain in another is not supported."""

from importlib.metadata import version
from typing import Any, Dict, List, Mapping

import mlx.core as mx
from mlx_lm import sample_utils

from .. import NotSupported, Options
from ._order import Host as _Host
from ._order import bias_of, entries, require_order

ORDER = [
    "logit_bias",
    "repetition_penalty",
    "presence_penalty",
    "frequency_penalty",
    "top_p",
    "min_p",
    "xtc",
    "top_k",
    "temperature",
]
TAKES: Dict[str, List[str]] = {
    **{name: [name] for name in ORDER},
    "repetition_penalty": ["repetition_penalty", "penalty_last_n"],
    "presence_penalty": ["presence_penalty", "penalty_last_n", "penalty_scope"],
    "frequency_penalty": ["frequency_penalty", "penalty_last_n", "penalty_scope"],
    "xtc": ["xtc_probability", "xtc_threshold"],
    "top_p": ["top_p", "top_p_ties"],
}
