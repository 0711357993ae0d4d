"""TensorRT-LLM: logits processors, one for each request or one for whole batches, that draw with the service.

    SamplingParams(logits_processor=ServiceLogitsProcessor(url, temperature=0.8, top_p=0.95, seed=7))

    llm = LLM(MODEL, batched_logits_processor=BatchedServiceLogitsProcessor(url, temperature=0.8))
    SamplingParams(apply_batched_logits_processor=True)

TensorRT-LLM's own penalties and bans run before; its temperature and filters run after, and see one token only. When
the service does not answer, TensorRT-LLM draws the rows: no failure of the service stops the executor. Beams are
refused. ``url`` may be "local" or a ``Sampler``: then the sampler in the process draws. TensorRT-LLM reads ``logprobs``
of SamplingParams after the processors, when one token is left, so they are 0; a processor cannot see that they were
requested.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING, Any, List, Optional, Sequence, Union

import torch
from tensorrt_llm.sampling_params import BatchedLogitsProcessor, LogitsProcessor

from logit_sampler.adapters._engine import LOG, Service, Steps, force, validate

if TYPE_CHECKING:
    from logit_sampler.protocol import SamplerLike

#: Number of requests whose steps a batched processor remembers, because nothing reports the end of a request.
REQUESTS_MAX = 4096


class _Request:
    def __init__(self, options: Any, prompt_length: int) -> None:
        self.steps = Steps(options)
        self.prompt_length = prompt_length


class ServiceLogitsProcessor(LogitsProcessor):
    """For one request. Raises ValueError here and now when the options are wrong."""

    def __init__(self, url: Union[str, SamplerLike, None] = None, **options: Any) -> None:
        validate(options, url)
        self._url = url
        self._options = options
        self._batch: Optional[BatchedServiceLogitsProcessor] = None

    def __call__(self, req_id: int, logits: Any, token_ids: Any, stream_ptr: Any, client_id: Any = None) -> None:
        if self._batch is None:  # made where it is used: processors travel between processes
            self._batch = BatchedServiceLogitsProcessor(self._url, **self._options)
        self._batch([req_id], [logits], [token_ids], stream_ptr, [client_id])


class BatchedServiceLogitsProcessor(BatchedLogitsProcessor):
    """For every request that asks for it, with one POST [n, V] a step and the same options for all."""

    def __init__(self, url: Union[str, SamplerLike, None] = None, **options: Any) -> None:
        self._service = Service(url)
        self._options = options
        self._requests: "OrderedDict[int, _Request]" = OrderedDict()

    def __call__(
        self, req_ids: Sequence[int], logits: Sequence[Any], token_ids: Any, stream_ptr: Any, client_ids: Any = None
    ) -> None:
        with torch.cuda.stream(None if stream_ptr is None else torch.cuda.ExternalStream(stream_ptr)):
            asked = [at for at, beams in enumerate(token_ids) if self._is_one_row(logits[at], beams)]
            rows = [logits[at].squeeze()[None] for at in asked]  # views: they are changed in place
            if rows:
                self._draw([req_ids[at] for at in asked], rows, [token_ids[at][0] for at in asked])

    def _draw(self, req_ids: List[int], rows: List[Any], histories: List[List[int]]) -> None:
        requests = [self._request(req_id, len(history)) for req_id, history in zip(req_ids, histories)]
        own = [one.steps.options(list(ids), one.prompt_length) for one, ids in zip(requests, histories)]
        replies = self._service.draw(torch.cat(rows).float().cpu().numpy(), own)
        for request, row, options, reply in zip(requests, rows, own, replies):
            if reply is not None:
                force(row, 0, reply)
                request.steps.drawn(options["step"], reply["state"])

    def _request(self, req_id: int, length: int) -> _Request:
        """A new request has only its prompt as history."""
        request = self._requests.pop(req_id, None)
        if request is None or length < request.prompt_length:
            request = _Request(self._options, length)
        self._requests[req_id] = request
        if len(self._requests) > REQUESTS_MAX:
            self._requests.popitem(last=False)
        return request

    @staticmethod
    def _is_one_row(logits: Any, beams: Any) -> bool:
        if len(beams) == 1 and logits.numel() == logits.shape[-1]:
            return True
        LOG.error("the service draws tokens and cannot search for beams, got %d: TensorRT-LLM draws", len(beams))
        return False
