"""vLLM: a V1 logits processor that draws the tokens of the requests that ask for it, with one POST [n, V] a step.

    LOGIT_SAMPLER_URL=http://127.0.0.1:8080 vllm serve MODEL --logits-processors vllm_adapter:ServiceLogitsProcessor
    SamplingParams(extra_args={"logit_sampler": {"temperature": 0.8, "mirostat": 2, "seed": 7}})

Over HTTP the options travel as JSON text: ``"vllm_xargs": {"logit_sampler": "{\\"temperature\\": 0.8}"}``. Requests
without ``logit_sampler`` are left to vLLM. What vLLM itself does to the logits before its processors run (its masks,
``min_tokens``, ``logit_bias``) comes before the service; penalties and filters that come after see one token only.

This is ``vllm.v1.sample.logits_processor.LogitsProcessor`` (from vLLM 0.10.1). Releases whose default is model runner
V2 take it with ``VLLM_USE_V2_MODEL_RUNNER=0``. vLLM refuses custom processors together with speculative decoding.
"""

import json
import logging
import os
import random
from typing import Any, Dict, List, Optional

from logit_sampler import SamplerClient, SamplerProblem
from vllm.v1.sample.logits_processor import LogitsProcessor, MoveDirectionality

_LOG = logging.getLogger(__name__)
_KEY = "logit_sampler"
#: What is wrong with the options themselves, whatever the row is.
_OPTION_CODES = ("invalid_option", "unknown_option", "unknown_stage", "unknown_preset", "option_conflict")


def _client() -> SamplerClient:
    return SamplerClient(os.environ.get("LOGIT_SAMPLER_URL", "http://127.0.0.1:8080"))


class _Request:
    """One request of the batch. ``output`` is vLLM's own list, which grows as tokens are taken."""

    def __init__(self, options: Dict[str, Any], prompt: Optional[List[int]], output: List[int]) -> None:
        self._options = {"seed": str(random.getrandbits(53)), **options}
        self._prompt = list(prompt or [])
        self._output = output
        #: state before each step that was drawn: a chunk of a long prompt draws step 0 again and again
        self._states: List[Any] = [None]

    def options(self) -> Dict[str, Any]:
        step = len(self._output)
        state = self._states[step] if step < len(self._states) else self._states[-1]
        history = self._prompt + list(self._output)
        return {**self._options, "step": step, "history": history, "prompt_length": len(self._prompt), "state": state}

    def drawn(self, state: Any) -> None:
        step = len(self._output)
        del self._states[step + 1 :]
        self._states.append(state)


class ServiceLogitsProcessor(LogitsProcessor):
    """Forces the service's token on every row whose request has ``logit_sampler`` in its extra_args."""

    @classmethod
    def validate_params(cls, sampling_params: Any) -> None:
        """Asks the service whether the options are right, so that a mistake is refused when the request arrives."""
        options = _options_of(sampling_params)
        if options is None:
            return
        client = _client()
        try:
            client.sample([0.0], **options)
        except SamplerProblem as problem:
            if problem.code in _OPTION_CODES:
                raise ValueError(f"{_KEY}{problem.pointer}: {problem.detail}") from problem
        finally:
            client.close()

    def __init__(self, vllm_config: Any, device: Any, is_pin_memory: bool) -> None:
        self._client = _client()
        self._requests: Dict[int, _Request] = {}

    def is_argmax_invariant(self) -> bool:
        return False

    def update_state(self, batch_update: Any) -> None:
        """Follows the requests through the batch, in vLLM's order: removed, added, moved."""
        if batch_update is None:
            return
        for index in batch_update.removed:
            self._requests.pop(index, None)
        for index, params, prompt, output in batch_update.added:
            options = _options_of(params)
            self._requests.pop(index, None)
            if options is not None:
                self._requests[index] = _Request(options, prompt, output)
        for one, other, direction in batch_update.moved:
            moved, replaced = self._requests.pop(one, None), self._requests.pop(other, None)
            if moved is not None:
                self._requests[other] = moved
            if direction == MoveDirectionality.SWAP and replaced is not None:
                self._requests[one] = replaced

    def apply(self, logits: Any) -> Any:
        indices = sorted(self._requests)
        if not indices:
            return logits
        rows = logits[indices].float().cpu().numpy()
        own = [self._requests[index].options() for index in indices]
        for index, reply in zip(indices, self._client.sample_batch(rows, own)):
            if isinstance(reply, SamplerProblem):
                # An exception here would end the engine and every request in it; this row is left to vLLM.
                _LOG.error("the service refused a row, vLLM draws it: %s", reply)
                continue
            self._requests[index].drawn(reply["state"])
            logits[index] = float("-inf")
            logits[index, reply["token_id"]] = 0.0
        return logits


def _options_of(params: Any) -> Optional[Dict[str, Any]]:
    given = (params.extra_args or {}).get(_KEY)
    if given is None:
        return None
    options = json.loads(given) if isinstance(given, str) else given
    if not isinstance(options, dict):
        raise ValueError(f"{_KEY} must be an object of sampling options, got {given!r}")
    return dict(options)
