"""NVIDIA Dynamo: a processor for one request, of the kind that Dynamo's backends take (``BaseLogitsProcessor``).

    from dynamo.trtllm.logits_processing.adapter import create_trtllm_adapters
    processors = [ServiceLogitsProcessor(url, temperature=0.8, top_p=0.95, seed=7)]
    sampling_params.logits_processor = create_trtllm_adapters(processors)

It changes the logits in place and leaves one token. Where the service does not answer, the logits stay as they are, and
the backend draws. ``url`` may be "local" or a ``Sampler``: then the sampler in the process draws.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Optional, Sequence, Union

from dynamo.logits_processing import BaseLogitsProcessor

from logit_sampler.adapters._engine import Service, Steps, force, validate

if TYPE_CHECKING:
    from logit_sampler.protocol import SamplerLike


class ServiceLogitsProcessor(BaseLogitsProcessor):
    """``(input_ids, logits) -> None``. Raises ValueError here and now when the options are wrong."""

    def __init__(self, url: Union[str, SamplerLike, None] = None, **options: Any) -> None:
        validate(options, url)
        self._service = Service(url)
        self._steps = Steps(options)
        self._prompt_length: Optional[int] = None

    def __call__(self, input_ids: Sequence[int], logits: Any) -> None:
        history = list(input_ids)
        if self._prompt_length is None:
            self._prompt_length = len(history)
        own = self._steps.options(history, self._prompt_length)
        rows = logits[None]  # a view: it is changed in place
        [reply] = self._service.draw(rows.detach().float().cpu().numpy(), [own])
        if reply is not None:
            force(rows, 0, reply)
            self._steps.drawn(own["step"], reply["state"])
