"""llama-cpp-python: a logits processor that draws every token over one stream to the service.

    with ServiceLogitsProcessor(SamplerClient(url), temperature=0.8, min_p=0.05, seed=7) as processor:
        llm("Once upon a time", max_tokens=64, temperature=0.0,
            logits_processor=LogitsProcessorList([processor]), stopping_criteria=StoppingCriteriaList([processor.stop]))

llama.cpp then has one token left and takes it, whatever its own settings are. The processor is told the whole sequence
at every step and brings the stream to it, so another prompt needs another processor, and draft models are followed.

llama.cpp calls it from C, where Python prints an exception and goes on, with tokens of llama.cpp's own. So the processor
keeps what went wrong: ``stop`` raises it before the token is used, and leaving the ``with`` statement raises it again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, List, Optional

import numpy

from logit_sampler.adapters._token import token_of

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from logit_sampler import types
    from logit_sampler.protocol import SamplerLike, StreamLike


class ServiceLogitsProcessor:
    """``(input_ids, scores) -> scores``, as llama_cpp.LogitsProcessorList calls it. ``options`` are the service's.

    ``client`` is a ``SamplerClient`` or a ``Sampler``. ``__enter__`` raises SamplerProblem when the options are wrong, and
    OSError when the service is not there.
    """

    def __init__(self, client: SamplerLike, **options: Unpack[types.StepOptions]) -> None:
        self._client = client
        self._options = options
        self._stream: Optional[StreamLike] = None
        self._prompt: List[int] = []
        self._failure: Optional[BaseException] = None

    def __call__(self, input_ids: Any, scores: Any) -> Any:
        if self._failure is not None:
            return scores
        try:
            return self._forced([int(token_id) for token_id in input_ids], scores)
        except BaseException as failure:  # what is raised here is printed by ctypes and lost
            self._failure = failure
            return scores

    def stop(self, input_ids: Any, logits: Any) -> bool:
        """A stopping criterion that never stops, and raises what went wrong in the step before."""
        if self._failure is not None:
            raise self._failure
        return False

    def close(self) -> None:
        if self._stream is not None:
            self._stream.close()
        self._stream = None

    def __enter__(self) -> "ServiceLogitsProcessor":
        self._client.stream(**self._options).close()
        return self

    def __exit__(self, kind: Any, *_: Any) -> None:
        self.close()
        if self._failure is not None and kind is None:
            raise self._failure

    def _forced(self, history: List[int], scores: Any) -> Any:
        if self._stream is None:
            self._prompt = history
            place: types.StepOptions = {**self._options, "history": history, "prompt_length": len(history)}
            self._stream = self._client.stream(**place)
        elif history[: len(self._prompt)] != self._prompt:
            raise ValueError("a ServiceLogitsProcessor serves one prompt: make another for another")
        self._stream.follow(history)
        # The scores are a column of llama.cpp's candidates, in order of token ids and far apart in memory.
        token_id = token_of(self._stream.next(numpy.ascontiguousarray(scores, dtype=numpy.float32)))
        forced = numpy.full(len(scores), -numpy.inf, dtype=numpy.float32)
        forced[token_id] = 0.0
        return forced
