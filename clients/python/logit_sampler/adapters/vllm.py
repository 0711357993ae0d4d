"""vLLM: a V1 logits processor that draws the tokens of the requests that ask for it, with one POST [n, V] a step.

    LOGIT_SAMPLER_URL=http://127.0.0.1:8080 \\
      vllm serve MODEL --logits-processors logit_sampler.adapters.vllm:ServiceLogitsProcessor
    SamplingParams(extra_args={"logit_sampler": {"temperature": 0.8, "mirostat": 2, "seed": 7}})

Over HTTP the options travel as JSON text: ``"vllm_xargs": {"logit_sampler": "{\\"temperature\\": 0.8}"}``. Requests
without ``logit_sampler`` are left to vLLM, and so are rows that the service does not answer: nothing that happens to it
ends the engine. What vLLM itself does to the logits before its processors run (its masks, ``min_tokens``,
``logit_bias``) comes before the service; penalties and filters that come after see one token only.

This is ``vllm.v1.sample.logits_processor.LogitsProcessor`` (from vLLM 0.10.1), of the first model runner. Releases whose
default is model runner V2 take it with ``VLLM_USE_V2_MODEL_RUNNER=0``; for V2 itself there is ``vllm_v2``.
vLLM refuses this kind of processor together with speculative decoding.
"""

from typing import Any, Dict, List, Optional

from vllm.v1.sample.logits_processor import LogitsProcessor, MoveDirectionality

from logit_sampler.adapters._engine import Service, Steps, force
from logit_sampler.adapters._vllm import check, options_in, require_raw_logprobs, seeds_of


class _Request(Steps):
    """One request of the batch. ``output`` is vLLM's own list, which grows as tokens are taken."""

    def __init__(self, options: Dict[str, Any], seed: int, prompt: Optional[List[int]], output: List[int]) -> None:
        super().__init__(options, seed)
        self._prompt = list(prompt or [])
        self._output = output

    def next(self) -> Dict[str, Any]:
        return self.options(self._prompt + list(self._output), len(self._prompt))


class ServiceLogitsProcessor(LogitsProcessor):
    """Forces the service's token on every row whose request has ``logit_sampler`` in its extra_args."""

    @classmethod
    def validate_params(cls, sampling_params: Any) -> None:
        check(sampling_params)

    def __init__(self, vllm_config: Any, device: Any, is_pin_memory: bool) -> None:
        require_raw_logprobs(vllm_config)
        self._service = Service()
        self._seeds = seeds_of(vllm_config)
        self._requests: Dict[int, _Request] = {}

    def is_argmax_invariant(self) -> bool:
        return False

    def needs_output_token_ids(self) -> bool:
        """Versions that ask put -1 in the place of tokens otherwise."""
        return True

    def update_state(self, batch_update: Any) -> None:
        """Follows the requests through the batch, in vLLM's order: removed, added, moved."""
        if batch_update is None:
            return
        for index in batch_update.removed:
            self._requests.pop(index, None)
        for index, params, prompt, output in batch_update.added:
            options = options_in(params)
            self._requests.pop(index, None)
            if options is not None:
                self._requests[index] = _Request(options, self._seeds.getrandbits(53), prompt, output)
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
        own = [self._requests[index].next() for index in indices]
        for index, options, reply in zip(indices, own, self._service.draw(rows, own)):
            if reply is not None:
                force(logits, index, reply)
                self._requests[index].drawn(options["step"], reply["state"])
        return logits
