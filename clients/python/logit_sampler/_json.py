"""Options as JSON text."""

from __future__ import annotations

import json
from typing import Any, Mapping

from ._rows import base64_of

#: Options that JSON cannot say as Python does: biases of -inf, keys and masks of numpy. Others, which may be long, stay as they are.
_REWRITTEN = ("logit_bias", "sequence_bias", "chain", "compare", "token_bitmask", "rows")


def json_bytes(options: Mapping[str, Any]) -> bytes:
    """Options as JSON text."""
    rewritten = _rewritten({name: options[name] for name in _REWRITTEN if name in options})
    return json.dumps({**options, **rewritten}, default=plain).encode()


def plain(value: Any) -> Any:
    """Numbers and arrays of numpy, as JSON takes them."""
    if isinstance(value, Mapping):
        return {name: plain(each) for name, each in value.items()}
    if hasattr(value, "tolist"):
        return value.tolist()
    if isinstance(value, (list, tuple, str, int, float, bool)) or value is None:
        return value
    return list(value)


def _rewritten(value: Any) -> Any:
    """-inf as the ban that it is, token ids of numpy as keys, the bytes and words of a mask in base64."""
    if isinstance(value, Mapping):
        return {_key(name): _mask(each) if name == "token_bitmask" else _rewritten(each) for name, each in value.items()}
    if isinstance(value, (list, tuple)):
        ids = len(value) > 0 and isinstance(value[0], int)  # a history, perhaps: long, and right as it is
        return value if ids else [_rewritten(each) for each in value]
    if hasattr(value, "tolist"):
        return _rewritten(value.tolist())
    return "-inf" if isinstance(value, float) and value == float("-inf") else value


def _key(name: Any) -> Any:
    return int(name) if hasattr(name, "__index__") else name


def _mask(value: Any) -> Any:
    """A mask of tokens as bytes, or as numpy's 32-bit words; a text is base64 already."""
    if hasattr(value, "astype"):
        value = value.astype("<i4").tobytes()
    return base64_of(memoryview(value)) if isinstance(value, (bytes, bytearray, memoryview)) else value
