"""mlx-lm: a logits processor that draws every token over one stream to the service.

    with ServiceLogitsProcessor(SamplerClient(url), temperature=0.8, top_p=0.95, seed=7) as processor:
        generate(model, tokenizer, prompt="Once upon a time", max_tokens=64, logits_processors=[processor])

The processor leaves only the drawn token, and mlx-lm's own sampler, greedy by default, takes it. One processor serves
one sequence. Rows are sent in the model's dtype: float32, float16 or bfloat16. The ``logprobs`` that mlx-lm yields come
from the row with one token left; real ones, requested with ``logprobs=True``, are in ``processor.last``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Optional

import mlx.core as mx
import numpy

from logit_sampler import Packed
from logit_sampler.adapters._token import token_of

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from logit_sampler import types
    from logit_sampler.protocol import SamplerLike, StreamLike


class ServiceLogitsProcessor:
    """``(tokens, logits) -> logits``, both mlx arrays. ``client`` is a ``SamplerClient`` or a ``Sampler``; ``options`` are
    the service's."""

    def __init__(self, client: SamplerLike, **options: Unpack[types.StepOptions]) -> None:
        self._client = client
        self._options = options
        self._stream: Optional[StreamLike] = None
        #: the reply to the last step
        self.last: Optional[types.Sampled] = None

    def __call__(self, tokens: Any, logits: Any) -> Any:
        history = tokens.tolist()
        row, dtype = _row_of(logits)
        if self._stream is None:
            place: types.StepOptions = {**self._options, "history": history, "prompt_length": len(history)}
            self._stream = self._client.stream(**{**place, "dtype": dtype})
        self._stream.follow(history)
        self.last = self._stream.next(row)
        token_id = token_of(self.last)
        return mx.where(mx.arange(logits.shape[-1]) == token_id, 0.0, -mx.inf).astype(logits.dtype)[None]

    def close(self) -> None:
        if self._stream is not None:
            self._stream.close()

    def __enter__(self) -> "ServiceLogitsProcessor":
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()


def _row_of(logits: Any) -> Any:
    if logits.size != logits.shape[-1]:
        raise ValueError(f"a ServiceLogitsProcessor serves one sequence, got logits of shape {tuple(logits.shape)}")
    if logits.dtype == mx.bfloat16:
        return Packed(numpy.array(logits.reshape(-1).view(mx.uint16)), "bf16"), "bf16"
    kind = "f16" if logits.dtype == mx.float16 else "f32"
    return numpy.array(logits.reshape(-1)), kind
