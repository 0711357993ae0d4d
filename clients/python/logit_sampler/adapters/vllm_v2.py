"""vLLM's model runner V2: a logits processor that draws the tokens of the requests that ask for it.

    LOGIT_SAMPLER_URL=http://127.0.0.1:8080 \\
      vllm serve MODEL --logits-processors logit_sampler.adapters.vllm_v2:ServiceLogitsProcessor
    SamplingParams(extra_args={"logit_sampler": {"temperature": 0.8, "mirostat": 2, "seed": 7}})

Over HTTP the options travel as JSON text: ``"vllm_xargs": {"logit_sampler": "{\\"temperature\\": 0.8}"}``. Requests
without ``logit_sampler`` are left to vLLM, and so are rows that the service does not answer: nothing that happens to it
ends the engine. Biases, penalties, bad words and grammars of vLLM come before the service; its
temperature and filters come after and see one token only.

One POST [n, V] a step; with speculative decoding one for each draft token more, since a token's history and state are those
of the token before it. A request that vLLM preempts begins anew with its state (mirostat, adaptive_p), and with another
seed if it gave none. This is ``vllm.v1.worker.gpu.sample.logits_processor.LogitsProcessor``; for the first model runner
there is ``vllm``.
"""

from typing import Any, Dict, List

from vllm.v1.worker.gpu.sample.logits_processor import LogitsProcessor

from logit_sampler.adapters._engine import Service, Steps, force
from logit_sampler.adapters._vllm import check, options_in, require_raw_logprobs, seeds_of


class _Request(Steps):
    """The request in one slot of the batch."""

    def __init__(self, options: Dict[str, Any], seed: int) -> None:
        super().__init__(options, seed)
        # : certain tokens, as far as they were read
        self._ids: List[int] = []
        self._drafts: List[int] = []

    def read(self, ids: Any, length: int) -> None:
        """Reads the new tokens of the slot; none of them is a draft yet."""
        del self._ids[length:]
        self._ids += [int(token_id) for token_id in ids[len(self._ids) : length].tolist()]
        self._drafts = []

    def draft(self, token_id: int) -> None:
        self._drafts.append(token_id)

    def next(self, prompt_length: int) -> Dict[str, Any]:
        return self.options(self._ids + self._drafts, prompt_length)


class ServiceLogitsProcessor(LogitsProcessor):
    """Forces the service's token on every row whose request has ``logit_sampler`` in its extra_args."""

    @classmethod
    def validate_params(cls, sampling_params: Any) -> None:
        check(sampling_params)

    def __init__(self, vllm_config: Any, req_states: Any) -> None:
        require_raw_logprobs(vllm_config)
        self._service = Service()
        self._seeds = seeds_of(vllm_config)
        self._states = req_states
        self._requests: Dict[int, _Request] = {}

    def is_argmax_invariant(self) -> bool:
        return False

    def add_request(self, req_idx: int, sampling_params: Any) -> bool:
        """A new request replaces the previous one in the slot: nothing reports when a request leaves."""
        options = options_in(sampling_params)
        self._requests.pop(req_idx, None)
        if options is not None:
            self._requests[req_idx] = _Request(options, self._seeds.getrandbits(53))
        return options is not None

    def apply(self, logits: Any, ctx: Any) -> Any:
        if not any(int(slot) in self._requests for slot in ctx.idx_mapping_np):
            return logits
        slots, offsets = ctx.expanded_idx_mapping.tolist(), ctx.expanded_local_pos.tolist()
        fed, places = ctx.input_ids.tolist(), ctx.pos.tolist()
        awaited = set()
        for offset in range(max(offsets) + 1):
            rows = []
            for row, slot in enumerate(slots):
                if offsets[row] != offset or slot not in self._requests:
                    continue
                if offset == 0 and self._begin(slot, places[row] + 1):
                    awaited.add(slot)
                elif offset > 0:
                    self._requests[slot].draft(int(fed[row]))
                if slot in awaited:
                    rows.append(row)
            if rows:
                self._draw(logits, rows, [slots[row] for row in rows])
        return logits

    def _begin(self, slot: int, length: int) -> bool:
        """Reads the history of a slot's first row. False within a prompt, whose rows need no draw."""
        if length < int(self._states.prefill_len.np[slot]):
            return False
        self._requests[slot].read(self._states.all_token_ids.gpu[slot], length)
        return True

    def _draw(self, logits: Any, rows: List[int], slots: List[int]) -> None:
        own = [self._requests[slot].next(int(self._states.prompt_len.np[slot])) for slot in slots]
        replies = self._service.draw(logits[rows].float().cpu().numpy(), own)
        for row, slot, options, reply in zip(rows, slots, own, replies):
            if reply is not None:
                force(logits, row, reply)
                self._requests[slot].drawn(options["step"], reply["state"])
