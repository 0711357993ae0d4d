"""vLLM: the Sampler of its V1 engine, on its PyTorch path. It has one order; a chain in another is not supported."""

import importlib
from importlib.metadata import version
from typing import Any, Dict, List, Mapping

import torch

from .. import NotSupported, Options
from .._judge import Choice
from ._order import Host as _Host
from ._order import Takes, bias_of, in_order

ORDER = [
    "allowed_token_ids",
    "bad_words_ids",
    "min_tokens",
    "logit_bias",
    "repetition_penalty",
    "frequency_penalty",
    "presence_penalty",
    "temperature",
    "min_p",
    "top_k",
    "top_p",
]
TAKES: Takes = {
    **{name: [name] for name in ORDER},
    "bad_words_ids": ["bad_words_ids", "sequence_scope"],
    "min_tokens": ["min_tokens", "stop_token_ids"],
    "top_k": {"top_k": None, "ties": ["keep"]},
    "top_p": {"top_p": None, "top_p_ties": ["highest"]},
    "temperature": {"temperature": None, "temperature_floor": [0.01]},
}


class Refused(Exception):
    """Values that the host refuses."""


class Step:
    """One step of the sampler of a package that has vLLM's layout: vLLM or a fork."""

    def __init__(self, package: str = "vllm") -> None:
        self._package = package
        self._SamplingParams = self.load("sampling_params").SamplingParams
        self._processors = self.load("v1.sample.logits_processor")
        self._interface = self.load("v1.sample.logits_processor.interface")
        self._SamplingMetadata = self.load("v1.sample.metadata").SamplingMetadata
        self._Sampler = self.load("v1.sample.sampler").Sampler

    def load(self, name: str) -> Any:
        return importlib.import_module(self._package if name == "" else f"{self._package}.{name}")

    def more(self, options: Mapping[str, Any]) -> Dict[str, Any]:
        """What a fork's metadata holds besides."""
        return {}

    def probabilities(self, row: Any, options: Mapping[str, Any], history: List[int], prompt_length: int) -> List[float]:
        """The probability of every token, with options in this host's own names. Raises Refused."""
        logits = torch.tensor([list(row)], dtype=torch.float32)
        try:
            params = self._params(options)
        except Exception as error:  # by a class of its own
            raise Refused(str(error)) from error
        told = self._Sampler("processed_logprobs")(
            logits, self._metadata(params, options, history, prompt_length, logits.shape[1])
        )
        if params.temperature >= 1e-5:
            return list(torch.exp(told.logprobs_tensors.logprobs)[0].tolist())
        p = [0.0] * logits.shape[1]
        p[int(told.sampled_token_ids[0, 0])] = 1.0
        return p

    def _params(self, options: Mapping[str, Any]) -> Any:
        return self._SamplingParams.from_optional(
            temperature=options.get("temperature", 1.0),
            top_p=options.get("top_p", 1.0),
            top_k=options.get("top_k", 0),
            min_p=options.get("min_p", 0.0),
            repetition_penalty=options.get("repetition_penalty", 1.0),
            presence_penalty=options.get("presence_penalty", 0.0),
            frequency_penalty=options.get("frequency_penalty", 0.0),
            min_tokens=options.get("min_tokens", 0),
            stop_token_ids=options.get("stop_token_ids"),
            logit_bias=bias_of(options.get("logit_bias", {})) or None,
            max_tokens=None,
        )

    def _metadata(
        self, params: Any, options: Mapping[str, Any], history: List[int], prompt_length: int, size: int
    ) -> Any:
        one: Any = lambda value, dtype=torch.float32: torch.tensor([value], dtype=dtype)  # noqa: E731
        greedy = params.temperature < 1e-5
        allowed, bad = options.get("allowed_token_ids"), options.get("bad_words_ids")
        mask = None
        if allowed is not None:
            mask = torch.ones(1, size, dtype=torch.bool)
            mask[0, allowed] = False
        penalties = (params.repetition_penalty, params.presence_penalty, params.frequency_penalty)
        prompt, generated = list(history[:prompt_length]), list(history[prompt_length:])
        return self._SamplingMetadata(
            temperature=None if greedy else one(params.temperature),
            all_greedy=greedy,
            all_random=not greedy,
            top_p=None if params.top_p == 1 else one(params.top_p),
            top_k=None if not 0 < params.top_k < size else one(params.top_k, torch.int32),
            generators={},
            max_num_logprobs=-1,
            no_penalties=penalties == (1, 0, 0),
            prompt_token_ids=torch.tensor([prompt or [size]], dtype=torch.long),
            frequency_penalties=one(params.frequency_penalty),
            presence_penalties=one(params.presence_penalty),
            repetition_penalties=one(params.repetition_penalty),
            output_token_ids=[generated],
            allowed_token_ids_mask=mask,
            bad_words_token_ids={0: bad} if bad else {},
            logitsprocs=self._logits_processors(params, prompt, generated),
            **self.more(options),
        )

    def _logits_processors(self, params: Any, prompt: List[int], generated: List[int]) -> Any:
        class Scheduler:
            max_num_seqs = 1

        class Config:
            scheduler_config = Scheduler

        kinds = ("MinTokensLogitsProcessor", "LogitBiasLogitsProcessor", "MinPLogitsProcessor")
        made = [getattr(self._processors, kind)(Config, torch.device("cpu"), False) for kind in kinds]
        update = self._interface.BatchUpdate(
            batch_size=1, removed=[], added=[(0, params, prompt, generated)], moved=[]
        )
        for each in made:
            each.update_state(update)
        return self._processors.LogitsProcessors(made)


class Host(_Host):
    recorded_as = "vllm pytorch"
    choices = (
        Choice("keeps all tokens that tie at k", "`apply_top_k_top_p_pytorch`", "as if ties of top_k were keep"),
        Choice(
            "keeps the highest ids of tokens that tie at p",
            "`apply_top_k_top_p_pytorch`",
            "as if top_p_ties of top_p were highest",
        ),
    )

    def __init__(self) -> None:
        torch.set_num_threads(1)
        # Without a GPU there is no pinned memory; a wheel for CUDA asks the driver for it.
        utils: Any = importlib.import_module("vllm.utils.platform_utils")
        utils.is_pin_memory_available = torch.cuda.is_available
        self._step = Step()
        self.version = f"vllm {version('vllm')}"

    def sampler(self, row: Any, options: Options, history: List[int]) -> Any:
        given = in_order(options, ORDER, TAKES)
        try:
            return self._step.probabilities(row, given, history, options.prompt_length)
        except Refused as error:
            raise NotSupported from error
