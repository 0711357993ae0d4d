"""mlx-lm: make_logits_processors and make_sampler of sample_utils.py. The draw itself is replaced by reading its
scores."""

from importlib.metadata import version
from typing import Any, Dict, List, Mapping

import mlx.core as mx
from mlx_lm import sample_utils

from .. import NotSupported, Options
from .._judge import Choice
from ._order import Host as _Host
from ._order import Takes, bias_of, in_order

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
_PENALTY = {"penalty_last_n": None, "penalty_scope": ["history"]}
TAKES: Takes = {
    "logit_bias": ["logit_bias"],
    **{name: {name: None, **_PENALTY} for name in ORDER if name.endswith("penalty")},
    "top_p": {"top_p": None, "top_p_ties": ["keep"]},
    "min_p": ["min_p"],
    "xtc": {"xtc_probability": [1], "xtc_threshold": None, "xtc_spared_rule": ["stay"], "xtc_ties": ["keep"]},
    "top_k": ["top_k"],
    "temperature": ["temperature"],
}


class Step:
    """One step of mlx-lm's sampler."""

    def __init__(self) -> None:
        mx.set_default_device(mx.cpu)
        mx.disable_compile()  # a compiler for every new option would take longer than the step
        self._scores: Any = None
        sample_utils.categorical_sampling = self._look

    def _look(self, logits: Any, temp: float) -> Any:
        self._scores = logits * (1.0 / temp)
        return mx.argmax(logits, axis=-1)

    def probabilities(
        self, row: Any, options: Mapping[str, Any], history: List[int], windows: Mapping[str, int]
    ) -> List[float]:
        """The probability of every token; ``windows`` has how many tokens each penalty counts. Raises ValueError for refused values."""
        logits = mx.array([[float(logit) for logit in row]], dtype=mx.float32)
        penalties: Dict[str, Any] = {}
        for name in ("repetition", "presence", "frequency"):
            penalties[f"{name}_penalty"] = options.get(f"{name}_penalty")
            penalties[f"{name}_context_size"] = windows[f"{name}_penalty"]
        bias = bias_of(options.get("logit_bias", {}))
        tokens = mx.array(list(history), dtype=mx.int32)
        for processor in sample_utils.make_logits_processors(logit_bias=bias or None, **penalties):
            logits = processor(tokens, logits)
        temperature = options.get("temperature", 1.0)
        sampler = sample_utils.make_sampler(
            temp=temperature,
            top_p=options.get("top_p", 0.0),
            min_p=options.get("min_p", 0.0),
            top_k=options.get("top_k", 0),
            xtc_probability=options.get("xtc_probability", 0.0),
            xtc_threshold=options.get("xtc_threshold", 0.1),
        )
        token = sampler(logits - mx.logsumexp(logits, keepdims=True))
        if temperature == 0:
            p = [0.0] * logits.shape[1]
            p[int(token.item())] = 1.0
            return p
        return list(mx.softmax(self._scores, axis=-1).reshape(-1).tolist())


class Host(_Host):
    recorded_as = "mlx-lm"
    choices = (
        Choice("keeps all tokens that tie at p", "`apply_top_p`", "as if top_p_ties of top_p were keep"),
        Choice("spares all tokens that tie as the least likely in XTC", "`apply_xtc`", "as if xtc_ties of xtc were keep"),
    )

    def __init__(self) -> None:
        self._step = Step()
        self.version = f"mlx-lm {version('mlx-lm')} on mlx {version('mlx')}"

    def sampler(self, row: Any, options: Options, history: List[int]) -> Any:
        given = in_order(options, ORDER, TAKES)
        if given.get("top_p") == 0:
            raise NotSupported  # 0 is off here
        windows = dict.fromkeys(("repetition_penalty", "presence_penalty", "frequency_penalty"), len(history) or 1)
        for entry in options.chain:
            stage = entry["stage"]
            if stage not in windows:
                continue
            # presence and frequency count the whole text here, and a window of 0 is all of it
            if entry.get("penalty_last_n") == 0 or (stage != "repetition_penalty" and "penalty_scope" not in entry):
                raise NotSupported
            if entry.get("penalty_last_n", -1) > 0:
                windows[stage] = entry["penalty_last_n"]
        try:
            return self._step.probabilities(row, given, history, windows)
        except ValueError as error:  # a value that the host refuses
            raise NotSupported from error
