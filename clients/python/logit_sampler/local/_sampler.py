"""The sampler in this process: the methods, options, replies and errors of ``SamplerClient``, without a service."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, Dict, List, Mapping, Optional, Sequence, Tuple, TypeVar, Union, cast

from .. import _calls
from .._calls import Call, Reply
from .._json import json_bytes
from .._methods import SamplerMethods
from .._problem import SamplerProblem
from .._rows import ELEMENT_BYTES, Row, Rows, Tensor
from ._machine import RESULT, Machine, quick_tensor_of
from ._streams import LocalStream

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from .. import types

T = TypeVar("T")

#: Number of cached plans, and the maximum bytes of their options: longer ones are parsed each time.
_PLANS_MAX = 256
_PLAN_BYTES_MAX = 1024
#: Largest number that JSON's readers take exactly.
_EXACT_MAX = 2**53 - 1
_DTYPE_CODES = {"f32": 0.0, "f16": 1.0, "bf16": 2.0}
#: Bytes at the beginning of a .gguf file, where its vocabulary is.
_GGUF_BYTES = 64 * 1024 * 1024
_KINDS = {".json": "json", ".tiktoken": "tiktoken", ".gguf": "gguf"}

PathLike = Union[str, "os.PathLike[str]"]


class Sampler(SamplerMethods):
    """Draws tokens in this process. The bytes of its replies are those of the service, for the same rows and options.

    ``vocabulary`` is a file (a tokenizer.json, a .tiktoken or a .gguf file, or a directory with a tokenizer.json), which
    every step then uses, or a mapping of names to files, which steps name by ``vocabulary=``; "demo" is built in.
    ``watermark_keys`` maps ids to secrets of 64 bits, or to the lists of SynthID's layers. Rows may have up to
    ``vocab_size_max`` elements.

    Any thread may call; calls of several threads wait for each other, so give each thread a Sampler of its own where they
    shall run at once. It may be used on both sides of a fork. What it cannot do is stop in the middle of a step: there are
    no timeouts. Raises EngineMissing where no engine is installed: ``pip install "logit-sampler[local]"``.
    """

    #: No service stands between: a call costs microseconds.
    in_process = True

    def __init__(
        self,
        vocabulary: "Union[PathLike, Mapping[str, PathLike], None]" = None,
        *,
        watermark_keys: Optional[Mapping[str, Union[int, Sequence[int]]]] = None,
        vocab_size_max: int = 262_144,
    ) -> None:
        if not isinstance(vocab_size_max, int) or not 1 <= vocab_size_max <= 16 * 2**20:
            raise ValueError(f"vocab_size_max must be a whole number from 1 to {16 * 2**20}, got {vocab_size_max!r}")
        keys = {name: _secrets(secret) for name, secret in (watermark_keys or {}).items()}
        self._machine = Machine({"vocab_size_max": vocab_size_max, "watermark_keys": keys})
        self._plans: Dict[Any, float] = {}
        with self._machine.admitted():
            if isinstance(vocabulary, Mapping):
                for name, path in vocabulary.items():
                    self._add_vocabulary(name, path, is_standard=False)
            elif vocabulary is not None:
                self._add_vocabulary(_name_of(vocabulary), vocabulary, is_standard=True)

    def sample(self, logits: Union[Row, Rows], **options: Unpack[types.StepOptions]) -> types.Sampled:
        """Draws one token from one row, as ``SamplerClient.sample`` does."""
        if "combine" in options or isinstance(logits, Mapping):
            return super().sample(logits, **options)
        tensor = quick_tensor_of(logits)
        numbers = _numbers_of(options)
        if numbers is None or len(tensor.data) > self._machine.row_bytes * ELEMENT_BYTES[tensor.dtype] // 4:
            return cast("types.Sampled", self._send(_calls.sample_call(tensor, options)))
        step, seed = numbers
        rest = cast("Dict[str, Any]", options)  # a dict of this call's own
        given: Dict[str, Any] = {name: rest[name] for name in ("seed", "step") if name in rest}
        rest.pop("seed", None)
        rest.pop("step", None)
        try:
            key = (*rest.items(), *map(type, rest.values()))  # 1 and True are one key of a dict, and two options
            plan = self._plans.get(key)
        except TypeError:  # lists and mappings
            return cast("types.Sampled", self._send(_calls.sample_call(tensor, {**given, **rest})))
        machine = self._machine
        with machine.admitted():
            machine.require_open()
            if plan is None:
                plan = self._new_plan(key, rest)
                if plan is None:
                    return cast("types.Sampled", self._sent(_calls.sample_call(tensor, {**given, **rest})))
            return cast("types.Sampled", _step(machine, tensor, plan, step, seed))

    def stream(self, **options: Unpack[types.StreamOptions]) -> LocalStream:
        """Opens a sequence, which keeps history, step and state, as ``SamplerClient.stream`` does."""
        return LocalStream(self._machine, options)

    def close(self) -> None:
        """Frees the engine and its memory. Raises RuntimeError for every later call."""
        self._plans.clear()
        self._machine.close()

    def __enter__(self) -> "Sampler":
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()

    def _send(self, call: Call[T]) -> T:
        with self._machine.admitted():
            self._machine.require_open()
            return self._sent(call)

    def _sent(self, call: Call[T]) -> T:
        is_tensor = call.headers["Content-Type"] == "application/octet-stream"
        return call.read(self._machine.send(call.path, call.parts, is_tensor))

    def _new_plan(self, key: Any, options: Mapping[str, Any]) -> Optional[float]:
        """Has the options read once for many steps. None: they are too long for that. Raises their SamplerProblem."""
        machine = self._machine
        data = json_bytes(options)
        if len(data) > _PLAN_BYTES_MAX:
            return None
        if len(self._plans) >= _PLANS_MAX:
            self._plans.clear()
            machine.call["forget"]()
        machine.desk[0] = machine.put(data)
        machine.call["plan"]()
        machine.text()
        plan = self._plans[key] = machine.desk[RESULT]
        return plan

    def _add_vocabulary(self, name: str, path: PathLike, *, is_standard: bool) -> None:
        kind, data, end_ids = _vocabulary_file(path)
        head = json.dumps({"name": name, "kind": kind, "end_ids": end_ids, "is_standard": is_standard}).encode()
        machine = self._machine
        machine.desk[0] = machine.put(head + data)
        machine.desk[1] = len(head)
        machine.call["vocabulary"]()
        try:
            machine.text()
        except SamplerProblem as problem:
            raise ValueError(f"{os.fspath(path)} is no vocabulary: {problem.detail.splitlines()[0]}") from None


def _numbers_of(options: Mapping[str, Any]) -> "Optional[Tuple[int, int]]":
    """Step and seed as numbers, the seed drawn where none is given; None when they are not plain ones."""
    step, seed = options.get("step"), options.get("seed")
    if step is None:
        step = 0
    elif type(step) is not int or not 0 <= step <= _EXACT_MAX:
        return None
    if seed is None:
        return (step, int.from_bytes(os.urandom(8), "little"))
    return (step, seed) if type(seed) is int and 0 <= seed <= _EXACT_MAX else None


def _step(machine: Machine, tensor: Tensor, plan: float, step: int, seed: int) -> Reply:
    dtype, data = tensor
    desk = machine.desk
    size = len(data)
    if dtype == "f32":
        machine.row[:size] = data
        desk[1] = size >> 2
    else:
        machine.box[:size] = data
        desk[1] = size >> 1
    desk[0] = plan
    desk[2] = _DTYPE_CODES[dtype]
    desk[3] = step
    desk[4] = seed >> 32
    desk[5] = seed & 0xFFFFFFFF
    machine.call["step"]()
    text = machine.text()
    if text:
        reply: Reply = json.loads(text)
        return reply
    return {
        "token_id": int(desk[RESULT]),
        "kept": int(desk[RESULT + 1]),
        "seed": str(seed),
        "step": step,
        "state": None,
        "system_fingerprint": machine.fingerprint,
    }


def _secrets(secret: "Union[int, Sequence[int]]") -> List[str]:
    return [str(secret)] if isinstance(secret, int) else [str(int(each)) for each in secret]


def _name_of(vocabulary: PathLike) -> str:
    path = Path(os.fspath(vocabulary))
    return path.parent.name or "tokenizer" if path.name == "tokenizer.json" else path.stem


def _vocabulary_file(vocabulary: PathLike) -> "Tuple[str, bytes, Optional[List[int]]]":
    """The kind of a vocabulary, its bytes, and the ids that end a text where a file beside it has them."""
    path = Path(os.fspath(vocabulary))
    if path.is_dir():
        path = path / "tokenizer.json"
    if str(vocabulary) == "demo" and not path.exists():
        return "demo", b"", None
    kind = _KINDS.get(path.suffix)
    if kind is None:
        raise ValueError(f"a vocabulary must be a file {', '.join(_KINDS)}, or a directory with a tokenizer.json, got {path}")
    with path.open("rb") as file:
        data = file.read(_GGUF_BYTES if kind == "gguf" else -1)
    return kind, data, _end_ids_in(path.parent) if path.name == "tokenizer.json" else None


def _end_ids_in(folder: Path) -> Optional[List[int]]:
    for name in ("generation_config.json", "config.json"):
        try:
            ids = json.loads((folder / name).read_text(encoding="utf-8")).get("eos_token_id")
        except (OSError, ValueError, AttributeError):
            continue
        known = [each for each in (ids if isinstance(ids, list) else [ids]) if type(each) is int]
        if known:
            return known
    return None
