"""SGLang: its Sampler on the PyTorch backend with its penalties. It has one order; a chain in another is not supported.

Its modules import engines and kernels. Where those are missing, proof/engines/python/conform.py puts stand-ins in their place.
"""

import importlib
import types
from importlib.metadata import version
from typing import Any, Dict, List, Mapping

import torch

from .. import NotSupported, Options
from .._judge import Choice
from ._order import Host as _Host
from ._order import Takes, bias_of, in_order

ORDER = [
    "frequency_penalty",
    "presence_penalty",
    "min_tokens",
    "repetition_penalty",
    "logit_bias",
    "temperature",
    "top_p",
    "top_k",
    "min_p",
]
TAKES: Takes = {
    **{name: [name] for name in ORDER},
    "frequency_penalty": {"frequency_penalty": None, "penalty_scope": ["generated"]},
    "presence_penalty": {"presence_penalty": None, "penalty_scope": ["generated"]},
    "repetition_penalty": {"repetition_penalty": None, "penalty_scope": ["generated"]},
    "min_tokens": ["min_tokens", "stop_token_ids"],
    "top_p": {"top_p": None, "top_p_inclusive": [True]},
}


class Refused(Exception):
    """Values that the host refuses."""


class _Batch:
    device = "cpu"

    def __init__(self, params: Any, stop_token_ids: List[int]) -> None:
        tokenizer = types.SimpleNamespace(additional_stop_token_ids=None, eos_token_id=None)
        request = types.SimpleNamespace(
            sampling_params=params, eos_token_ids=set(stop_token_ids), tokenizer=tokenizer
        )
        self.reqs = [request]


def _load(name: str) -> Any:
    return importlib.import_module(f"sglang.srt.{name}")


class Step:
    """One step of the sampler, with the penalties in the order of the overlap scheduler."""

    def __init__(self) -> None:
        settings = types.SimpleNamespace(
            deterministic=types.SimpleNamespace(rl_on_policy_target=None, enable_deterministic_inference=False),
            kernel=types.SimpleNamespace(sampling_backend="pytorch"),
            features=types.SimpleNamespace(sampling_mask_max_tokens=None),
        )
        _load("runtime_context").get_exec = lambda: settings
        self._sampler = _load("layers.sampler")
        self._info = _load("sampling.sampling_batch_info")
        self._penalties = _load("sampling.penaltylib")
        self._SamplingParams = _load("sampling.sampling_params").SamplingParams
        self._seen: List[float] = []
        self._cut = self._sampler.top_k_top_p_min_p_sampling_from_probs_torch
        self._sampler.top_k_top_p_min_p_sampling_from_probs_torch = self._look_at_cut
        self._sampler.sampling_from_probs_torch = self._look_at_all

    def _look_at_cut(self, *arguments: Any, **named: Any) -> Any:
        named["return_filtered_probs"] = True
        named["max_top_k"] = None
        ids, weights, order, _ = self._cut(*arguments, **named)
        p = torch.zeros(weights.shape[1])
        p[order[0]] = weights[0]
        self._seen = p.tolist()
        return ids

    def _look_at_all(self, probs: Any, **_: Any) -> Any:
        self._seen = probs[0].tolist()
        return probs.argmax(-1)

    def probabilities(self, row: Any, options: Mapping[str, Any], history: List[int], prompt_length: int) -> List[float]:
        """A weight for every token, with options in this host's own names. Raises Refused."""
        logits = torch.tensor([list(row)], dtype=torch.float32)
        size = logits.shape[1]
        try:
            params = self._params(options)
        except Exception as error:  # whatever class it has
            raise Refused(str(error)) from error
        self._penalise(logits, params, options, list(history[prompt_length:]))
        bias = bias_of(options.get("logit_bias", {}))
        if bias:
            tensor = torch.zeros(1, size)
            for token, value in bias.items():
                tensor[0, token] = value
            logits.add_(tensor)
        tokens = self._forward(logits, params)
        if params.top_k != 1:
            return self._seen
        p = [0.0] * size
        p[int(tokens[0])] = 1.0
        return p

    def _params(self, options: Mapping[str, Any]) -> Any:
        return self._SamplingParams(
            temperature=options.get("temperature", 1.0),
            top_p=options.get("top_p", 1.0),
            top_k=options.get("top_k") or -1,
            min_p=options.get("min_p", 0.0),
            frequency_penalty=options.get("frequency_penalty", 0.0),
            presence_penalty=options.get("presence_penalty", 0.0),
            repetition_penalty=options.get("repetition_penalty", 1.0),
            min_new_tokens=options.get("min_tokens", 0),
        )

    def _penalise(self, logits: Any, params: Any, options: Mapping[str, Any], generated: List[int]) -> None:
        """In SamplingBatchInfo's order with the overlap scheduler: first the penalties that add, then those that scale.
        """
        made = self._penalties
        kinds = (
            made.BatchedFrequencyPenalizer,
            made.BatchedMinNewTokensPenalizer,
            made.BatchedPresencePenalizer,
            made.BatchedRepetitionPenalizer,
        )
        batch = _Batch(params, options.get("stop_token_ids", []))
        orchestrator = made.BatchedPenalizerOrchestrator(logits.shape[1], batch, dict.fromkeys(kinds))
        if not orchestrator.is_required:
            return
        for token in generated:
            orchestrator.cumulate_output_tokens(torch.tensor([token]))
        added = torch.zeros(1, logits.shape[1])
        orchestrator.accumulate_additive_penalties(added)
        logits.add_(added)
        scaling = orchestrator.accumulate_scaling_penalties()
        if scaling is not None:
            self._info.apply_scaling_penalties(logits, scaling)

    def _forward(self, logits: Any, params: Any) -> Any:
        batch_info = types.SimpleNamespace(
            has_custom_logit_processor=False,
            is_all_greedy=params.top_k == 1,
            need_top_p_sampling=params.top_p != 1,
            need_top_k_sampling=params.top_k < logits.shape[1],
            need_min_p_sampling=params.min_p > 0,
            temperatures=torch.tensor([[params.temperature]]),
            top_ks=torch.tensor([params.top_k], dtype=torch.int32),
            top_ps=torch.tensor([params.top_p]),
            min_ps=torch.tensor([params.min_p]),
            sampling_seed=None,
            max_top_k=None,
            grammars=None,
            sampling_mask_batch_indices=None,
            sampling_support_logprobs_capture_indices=None,
        )
        one = object.__new__(self._sampler.Sampler)
        torch.nn.Module.__init__(one)
        one.rl_on_policy_target = None
        one.enable_deterministic = one.use_log_softmax_logprob = one.use_ascend_backend = False
        output = types.SimpleNamespace(next_token_logits=logits)
        return one.forward(output, batch_info, False, [], [], None)


class Host(_Host):
    recorded_as = "sglang pytorch"
    choices = (
        Choice(
            "keeps a token also when those before it hold just p",
            "`top_k_top_p_min_p_sampling_from_probs_torch`: `(probs_sum - probs_sort) > top_ps`",
            "as if a token exactly at the bound of top_p were kept",
        ),
    )

    def __init__(self) -> None:
        torch.set_num_threads(1)
        self._step = Step()
        self.version = f"sglang {version('sglang')}"

    def sampler(self, row: Any, options: Options, history: List[int]) -> Any:
        given: Dict[str, Any] = in_order(options, ORDER, TAKES)
        if "repetition_penalty" in given and not any(
            entry["stage"] == "repetition_penalty" and "penalty_scope" in entry for entry in options.chain
        ):
            raise NotSupported  # it counts what was generated, not the prompt
        try:
            weights = self._step.probabilities(row, given, history, options.prompt_length)
        except Refused as error:
            raise NotSupported from error
        total = sum(weights)  # those of a cut are not divided by their sum
        return [weight / total for weight in weights]
