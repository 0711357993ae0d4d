"""vLLM: the Sampler of its V1 engine, on its PyTorch path. It has one order; a chain in another is not supported."""

from importlib.metadata import version
from typing import Any, Dict, List

import torch
import vllm.utils.platform_utils

# Without a GPU there is no pinned memory; a wheel for CUDA asks the driver for it.
vllm.utils.platform_utils.is_pin_memory_available = torch.cuda.is_available

from vllm.sampling_params import SamplingParams
from vllm.v1.sample import logits_processor as processors
from vllm.v1.sample.logits_processor.interface import BatchUpdate
from vllm.v1.sample.metadata import SamplingMetadata
from vllm.v1.sample.sampler import Sampler

from .. import NotSupported, Options
from ._order import Host as _Host
from ._order import bias_of, entries, require_order

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
TAKES: Dict[str, List[str]] = {
    **{name: [name] for name in ORDER},
    "bad_words_ids": ["bad_words_ids", "sequence_scope"],
    "min_tokens": ["min_tokens", "stop_token_ids"],
    "top_k": ["top_k", "ties"],
    "top_p": ["top_p", "top_p_ties"],
    "temperature": ["temperature", "temperature_floor"],
}


class Host(_Host):
    def __init__(self) -> None:
        torch.set_num_threads(1)
        self.version = f"vllm {version('vllm')}"

    def sampler(self, row: Any, options: Options, history: List[int]) -> Any:
        require_order(options, ORDER)
        given = {name: value for _, entry in entries(options, TAKES) for name, value in entry.items()}
        size = len(row)
        generated = list(history[options.prompt_length :])
        try:
            params = SamplingParams.from_optional(
                temperature=given.get("temperature", 1.0),
                top_p=given.get("top_p", 1.0),
                top_k=given.get("top_k", 0),
                min_p=given.get("min_p", 0.0),
                repetition_penalty=given.get("repetition_penalty", 1.0),
                presence_penalty=given.get("presence_penalty", 0.0),
                frequency_penalty=given.get("frequency_penalty", 0.0),
                min_tokens=given.get("min_tokens", 0),
                stop_token_ids=given.get("stop_token_ids"),
                logit_bias=bias_of(given.get("logit_bias", {})) or None,
                max_tokens=None,
            )
        except Exception as error:  # a value that the host refuses, by a class of its own
            raise NotSupported from error
        greedy = params.temperature < 1e-5
        told = Sampler("processed_logprobs")(
            torch.tensor([list(row)], dtype=torch.float32),
            self._metadata(params, given, greedy, history[: options.prompt_length], generated, size),
        )
        if greedy:
            return {int(told.sampled_token_ids[0, 0]): 1.0}
        return torch.exp(told.logprobs_tensors.logprobs)[0].tolist()

    def _metadata(
        self, params: Any, given: Dict[str, Any], greedy: bool, prompt: List[int], generated: List[int], size: int
    ) -> Any:
        one: Any = lambda value, dtype=torch.float32: torch.tensor([value], dtype=dtype)  # noqa: E731
        mask = None
        if "allowed_token_ids" in given:
            mask = torch.ones(1, size, dtype=torch.bool)
            mask[0, given["allowed_token_ids"]] = False
        penalties = (params.repetition_penalty, params.presence_penalty, params.frequency_penalty)
        return SamplingMetadata(
            temperature=None if greedy else one(params.temperature),
            all_greedy=greedy,
            all_random=not greedy,
            top_p=None if params.top_p == 1 else one(params.top_p),
            top_k=None if not 0 < params.top_k < size else one(params.top_k, torch.int32),
            generators={},
            max_num_logprobs=-1,
            no_penalties=penalties == (1, 0, 0),
            prompt_token_ids=torch.tensor([list(prompt) or [size]], dtype=torch.long),
            frequency_penalties=one(params.frequency_penalty),
            presence_penalties=one(params.presence_penalty),
            repetition_penalties=one(params.repetition_penalty),
            output_token_ids=[generated],
            allowed_token_ids_mask=mask,
            bad_words_token_ids={0: given["bad_words_ids"]} if given.get("bad_words_ids") else {},
            logitsprocs=self._processors(params, prompt, generated),
        )

    def _processors(self, params: Any, prompt: List[int], generated: List[int]) -> Any:
        class Scheduler:
            max_num_seqs = 1

        class Config:
            scheduler_config = Scheduler

        kinds = ("MinTokensLogitsProcessor", "LogitBiasLogitsProcessor", "MinPLogitsProcessor")
        made = [getattr(processors, kind)(Config, torch.device("cpu"), False) for kind in kinds]
        update = BatchUpdate(batch_size=1, removed=[], added=[(0, params, list(prompt), generated)], moved=[])
        for each in made:
            each.update_state(update)
        return processors.LogitsProcessors(made)
