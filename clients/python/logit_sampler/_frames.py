"""The frames of a stream: rows and JSON texts, each with its length in front, as one chunk of the request's body."""

from __future__ import annotations

import struct
from typing import Any, List, Mapping, Sequence

from ._json import json_bytes, plain
from ._rows import (
    ELEMENT_BYTES,
    Tensor,
    as_dtype,
    base64_of,
    batch_tensor,
    is_sources,
    json_sources,
    sources_tensor,
    tensor_of,
)

_TEXT_BIT = 1 << 31
#: Frames up to this size go out in one piece; larger ones are not worth copying.
_JOINED_BYTES_MAX = 65_536
#: The end of a request's body.
END = b"0\r\n\r\n"

#: Pieces of bytes that are sent one after another.
Pieces = List[Any]


def text_frame(message: Mapping[str, Any]) -> Pieces:
    data = json_bytes(message)
    return _frame(len(data) | _TEXT_BIT, data)


def row_frames(logits: Any, own: Mapping[str, Any], options: Mapping[str, Any]) -> Pieces:
    """One step: a row, or the rows of several sources, with options of its own."""
    dtype = str(options.get("dtype") or "f32")
    if (own.get("combine") or options.get("combine")) and is_sources(logits):
        tensor = None if own else sources_tensor(logits)
        if tensor is None:
            return text_frame({**own, "sources": json_sources(logits, {**options, **own})})
        return _row_frame(as_dtype(tensor[0], dtype))
    if isinstance(logits, Mapping):
        return text_frame({**own, "logits": plain(logits)})
    tensor_alone = tensor_of(logits)
    if own:
        return text_frame({**own, "logits": {"dtype": tensor_alone.dtype, "data": base64_of(tensor_alone.data)}})
    return _row_frame(as_dtype(tensor_alone, dtype))


def verify_frames(logits: Any, draft: Mapping[str, Any], options: Mapping[str, Any]) -> Pieces:
    """A draft and its rows, each a frame."""
    tensor, (rows, elements) = batch_tensor(logits)
    tensor = as_dtype(tensor, str(options.get("dtype") or "f32"))
    size = elements * ELEMENT_BYTES[tensor.dtype]
    pieces = text_frame({**draft, "type": "verify"})
    for row in range(rows):
        pieces += _frame(size, tensor.data[row * size : (row + 1) * size])
    return pieces


def beam_frames(logits: Any, options: Mapping[str, Any]) -> List[Pieces]:
    """The rows of a step of a search, each a frame."""
    if isinstance(logits, (list, tuple)) and any(isinstance(row, Mapping) for row in logits):
        return [row_frames(row, {}, options) for row in logits]
    tensor, (rows, elements) = batch_tensor(logits)
    tensor = as_dtype(tensor, str(options.get("dtype") or "f32"))
    size = elements * ELEMENT_BYTES[tensor.dtype]
    return [_frame(size, tensor.data[row * size : (row + 1) * size]) for row in range(rows)]


def _row_frame(tensor: Tensor) -> Pieces:
    return _frame(len(tensor.data), tensor.data)


def _frame(prefix: int, data: Any) -> Pieces:
    head = b"%x\r\n%s" % (len(data) + 4, struct.pack("<I", prefix))
    pieces: Sequence[Any] = (head, data, b"\r\n")
    return [b"".join(pieces)] if len(data) <= _JOINED_BYTES_MAX else list(pieces)
