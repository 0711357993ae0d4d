"""Rows of logits: the accepted types, and their bytes. No copy is made where the form allows it."""

from __future__ import annotations

import base64
import sys
from array import array
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Dict, Iterable, List, Mapping, NamedTuple, Optional, Sequence, Tuple, Union

if TYPE_CHECKING:
    from typing import Protocol

    class ArrayLike(Protocol):
        """An array of numpy, torch, JAX or another library: it has a shape and a dtype."""

        @property
        def shape(self) -> Any: ...
        @property
        def dtype(self) -> Any: ...

    #: One row of logits, in any accepted type.
    Row = Union[Iterable[float], ArrayLike, "Packed", Mapping[str, Any]]
    #: Many rows of one length: an array of two dimensions, or a sequence of rows.
    Rows = Union[Sequence[Row], ArrayLike, "Packed"]
else:
    Row = Rows = Any

#: Bytes of an element, by its dtype.
ELEMENT_BYTES = {"f32": 4, "f16": 2, "bf16": 2}
_DTYPES = {"float32": "f32", "float16": "f16", "bfloat16": "bf16"}
# : The same, by known dtype objects, because computing their names takes 6 µs each time.
_DTYPES_MET: Dict[Any, str] = {}


@dataclass(frozen=True)
class Packed:
    """Little-endian bytes: of one row, or of several where ``data`` is an array of two dimensions.

    ``data`` is any buffer; ``dtype`` is "f32", "f16" or "bf16": ``Packed(buffer, "bf16")``.
    """

    data: Any
    dtype: str = "f32"


class Tensor(NamedTuple):
    """The dtype of elements and their little-endian bytes."""

    dtype: str
    data: memoryview


def tensor_of(logits: Any) -> Tensor:
    """The bytes of one row. Raises ValueError or TypeError for anything but a row of numbers."""
    if isinstance(logits, Tensor):
        return logits
    if isinstance(logits, Packed):
        return _packed_tensor(logits)
    if _is_array(logits):
        return _array_tensor(_one_row(_numpy_of(logits)))
    return _values_tensor(logits)


def batch_tensor(logits: Any) -> Tuple[Tensor, List[int]]:
    """All rows one after another, and the shape [n, vocab_size]."""
    shaped = logits.data if isinstance(logits, Packed) else logits
    if _is_array(shaped):
        shape = [int(size) for size in shaped.shape]
        if len(shape) != 2:
            raise ValueError(f"the logits of a batch must have the shape [n, vocab_size], got {shape}")
        tensor = _packed_tensor(logits) if isinstance(logits, Packed) else _array_tensor(_numpy_of(logits))
        return tensor, shape
    if isinstance(logits, (str, bytes, bytearray, memoryview, Mapping, Packed)) or not hasattr(logits, "__iter__"):
        raise TypeError(f"the logits of a batch must be an array [n, vocab_size] or a sequence of rows, got {_kind(logits)}")
    tensors = [tensor_of(row) for row in logits]
    if not tensors:
        raise ValueError("a batch must have at least one row, got none")
    first = tensors[0]
    for index, tensor in enumerate(tensors):
        if tensor.dtype != first.dtype or len(tensor.data) != len(first.data):
            raise ValueError(f"rows of a batch must be of one length and dtype, got another at row {index}")
    data = memoryview(b"".join(tensor.data for tensor in tensors))
    return Tensor(first.dtype, data), [len(tensors), len(first.data) // ELEMENT_BYTES[first.dtype]]


def row_tensor(logits: Any) -> Tuple[Tensor, List[int]]:
    """One row, and the shape [classes]."""
    tensor = tensor_of(logits)
    return tensor, [len(tensor.data) // ELEMENT_BYTES[tensor.dtype]]


def is_batch(logits: Any) -> bool:
    """Whether logits are many rows."""
    if _is_array(logits):
        return len(logits.shape) == 2
    return isinstance(logits, (list, tuple)) and len(logits) > 0 and not isinstance(logits[0], (int, float))


def is_sources(logits: Any) -> bool:
    """Whether logits are the rows of several sources."""
    return not isinstance(logits, Mapping) and is_batch(logits)


def sources_tensor(logits: Any) -> Optional[Tuple[Tensor, List[int]]]:
    """All sources one after another, and the shape [k, vocab_size]; None where they are not all alike."""
    if _is_array(logits):
        return batch_tensor(logits)
    if any(isinstance(row, Mapping) for row in logits):
        return None
    tensors = [tensor_of(row) for row in logits]
    alike = len({(tensor.dtype, len(tensor.data)) for tensor in tensors}) == 1
    return batch_tensor(tensors) if alike else None


def json_sources(logits: Any, options: Mapping[str, Any]) -> List[Dict[str, Any]]:
    """Each source with its options."""
    own = options.get("sources") or [{}] * len(logits)
    return [{**source, "logits": json_row(row)} for source, row in zip(own, logits)]


def json_row(row: Any) -> Any:
    """A row in the notation of a JSON text."""
    if isinstance(row, Mapping):
        return {name: each.tolist() if hasattr(each, "tolist") else each for name, each in row.items()}
    tensor = tensor_of(row)
    return {"dtype": tensor.dtype, "data": base64_of(tensor.data)}


def as_dtype(tensor: Tensor, dtype: str) -> Tensor:
    """The tensor, whose dtype must be that of its stream."""
    if tensor.dtype == dtype:
        return tensor
    raise ValueError(f"this stream was opened for rows of {dtype}, got {tensor.dtype}: open it with dtype={tensor.dtype!r}")


def base64_of(data: Any) -> str:
    return base64.b64encode(data).decode("ascii")


def _packed_tensor(packed: Packed) -> Tensor:
    if packed.dtype not in ELEMENT_BYTES:
        raise ValueError(f"dtype must be f32, f16 or bf16, got {packed.dtype!r}")
    try:
        data = memoryview(packed.data).cast("B")
    except TypeError as error:
        raise TypeError(f"Packed takes a contiguous buffer of bytes, got {_kind(packed.data)}: {error}") from None
    if len(data) % ELEMENT_BYTES[packed.dtype]:
        raise ValueError(f"Packed of {packed.dtype} takes {ELEMENT_BYTES[packed.dtype]} bytes an element, got {len(data)} bytes")
    return Tensor(packed.dtype, data)


def _values_tensor(logits: Any) -> Tensor:
    """The bytes of a sequence of numbers, rounded to float32."""
    if isinstance(logits, (bytes, bytearray)) or (isinstance(logits, memoryview) and logits.format not in ("f", "d")):
        raise TypeError(f"logits must be a row of numbers, got {_kind(logits)}: use Packed(buffer, dtype) for little-endian bytes")
    if isinstance(logits, (str, Mapping)) or not hasattr(logits, "__iter__"):
        raise TypeError(f"logits must be a row of numbers, got {_kind(logits)}")
    values = logits
    if not (isinstance(logits, array) and logits.typecode == "f"):
        if isinstance(logits, memoryview) and logits.ndim != 1:
            raise ValueError(f"logits has shape {logits.shape}: one row is needed")
        if not isinstance(logits, (list, tuple, array, memoryview)):
            logits = list(logits)
        if len(logits) > 0 and hasattr(logits[0], "__len__") and not isinstance(logits[0], str):
            raise ValueError("logits has rows within it: one row is needed, e.g. logits[-1]; sample_batch takes many")
        try:
            values = array("f", logits)
        except TypeError as error:
            raise TypeError(f"logits must be a row of numbers: {error}") from None
    if sys.byteorder == "big":
        values = array("f", values)
        values.byteswap()
    return Tensor("f32", memoryview(values).cast("B"))


def _is_array(logits: Any) -> bool:
    return hasattr(logits, "shape") and not isinstance(logits, memoryview)


def _numpy_of(logits: Any) -> Any:
    """An array of numpy for one of another library."""
    if hasattr(logits, "astype") and hasattr(logits, "flags"):
        return logits
    if hasattr(logits, "detach"):  # torch
        logits = logits.detach().cpu()
        if str(logits.dtype) == "torch.bfloat16":
            return _Bfloat16(logits)
        return logits.numpy()
    import numpy

    return numpy.asarray(logits)


class _Bfloat16:
    """A tensor of torch in bfloat16, which numpy does not have: its bits, under the name of the dtype."""

    def __init__(self, tensor: Any) -> None:
        import torch

        self.bits = tensor.contiguous().view(torch.int16).numpy()
        self.shape = self.bits.shape
        self.size = self.bits.size


def _one_row(values: Any) -> Any:
    """Checks that an array is one row: all dimensions before the last are 1."""
    shape = tuple(int(size) for size in values.shape)
    if len(shape) > 0 and values.size == shape[-1]:
        return values
    row = {0: "an array", 1: "logits", 2: "logits[-1]"}.get(len(shape), f"logits[{'0, ' * (len(shape) - 2)}-1]")
    many = "; sample_batch takes many" if len(shape) == 2 else ""
    raise ValueError(f"logits has shape {shape}: one row is needed, e.g. {row}{many}")


def _array_tensor(values: Any) -> Tensor:
    if values.size == 0:
        return Tensor("f32", memoryview(b""))
    if isinstance(values, _Bfloat16):
        return Tensor("bf16", memoryview(values.bits).cast("B"))
    dtype = _DTYPES_MET.get(values.dtype) or _met(values.dtype)
    if dtype == "f64":
        values, dtype = values.astype("float32"), "f32"
    elif dtype == "foreign":
        values = values.astype(values.dtype.newbyteorder("="))
        dtype = _DTYPES_MET.get(values.dtype) or _met(values.dtype)
        return _array_tensor(values)
    if not values.flags.c_contiguous:
        values = values.copy(order="C")
    bits = values.view("u4" if dtype == "f32" else "u2")
    little = bits.byteswap() if sys.byteorder == "big" else bits
    return Tensor(dtype, memoryview(little).cast("B"))


def _met(dtype: Any) -> str:
    """The wire's name of a dtype of numpy; "f64" is rounded and "foreign" is of the other byte order."""
    name = "f64" if dtype.name == "float64" else _DTYPES.get(dtype.name)
    if name is None:
        raise ValueError(f"logits must be float32, float16, bfloat16 or float64, got {dtype.name}")
    if not dtype.isnative:
        name = "foreign"
    _DTYPES_MET[dtype] = name
    return name


def _kind(value: Any) -> str:
    return "None" if value is None else type(value).__name__
