"""llama-cpp-python: a logits processor that draws every token over one stream to the service.

    with ServiceLogitsProcessor(SamplerClient(url), temperature=0.8, min_p=0.05, seed=7) as processor:
        llm("Once upon a time", max_tokens=64, temperature=0.0, logits_processor=LogitsProcessorList([processor]))

llama.cpp then has one token left and takes it, whatever its own settings are. The processor is told the whole sequence
at every step and brings the stream to it, so another prompt needs another processor, and draft models are followed.
"""

from typing import Any, Optional

import numpy

from logit_sampler import SamplerClient, SamplerStream


class ServiceLogitsProcessor:
    """``(input_ids, scores) -> scores``, as llama_cpp.LogitsProcessorList calls it. ``options`` are the service's."""

    def __init__(self, client: SamplerClient, **options: Any) -> None:
        self._client = client
        self._options = options
        self._stream: Optional[SamplerStream] = None

    def __call__(self, input_ids: Any, scores: Any) -> Any:
        history = [int(token_id) for token_id in input_ids]
        if self._stream is None:
            self._stream = self._client.stream(**self._options, history=history, prompt_length=len(history))
        self._stream.follow(history)
        # The scores are a column of llama.cpp's candidates, in order of token ids and far apart in memory.
        reply = self._stream.next(numpy.ascontiguousarray(scores, dtype=numpy.float32))
        forced = numpy.full(len(scores), -numpy.inf, dtype=numpy.float32)
        forced[reply["token_id"]] = 0.0
        return forced

    def close(self) -> None:
        if self._stream is not None:
            self._stream.close()

    def __enter__(self) -> "ServiceLogitsProcessor":
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()
