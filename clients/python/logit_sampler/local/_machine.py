"""The bundle in an engine, and the memory that both sides write to: calls in, texts out. It knows no options."""

from __future__ import annotations

import hashlib
import json
import os
import sys
import threading
import weakref
from pathlib import Path
from typing import Any, Callable, Dict, Mapping, Sequence

from .._calls import reply_of
from .._problem import SamplerProblem
from .._rows import Tensor, tensor_of
from ._engine import Engine, EngineMissing, open_engine

#: Places of the desk, as src/local/desk.ts has them.
RESULT = 8
_TEXT_BYTES, _IS_PROBLEM, _TEXT_LEFT = 13, 14, 15
_HASH_DIGITS = 16

_CREATE = "(() => { try { return logit_sampler.create(%s) } catch (e) { return JSON.stringify({ error: e.message }) } })()"

# : The functions that the host calls. Slow ones let other Python threads run meanwhile.
_QUICK = ("plan", "forget", "step", "more", "openStream", "messageStream", "stepStream", "closeStream", "feed", "randomness")
_LONG = ("request", "begin", "write", "end", "vocabulary")


def bundle_source() -> str:
    """The bundle beside this file, which is named after its hash. Raises EngineMissing without it, ValueError for another."""
    found = sorted(Path(__file__).parent.glob("bundle-*.js"))
    if len(found) != 1:
        raise EngineMissing(
            f"{len(found)} bundles of the sampler stand beside {__file__}: one is made by `npm ci` or `npm run build` in "
            "a clone, before pip installs clients/python; wheels have it"
        )
    data = found[0].read_bytes()
    digest = hashlib.sha256(data).hexdigest()[:_HASH_DIGITS]
    if found[0].name != f"bundle-{digest}.js":
        raise ValueError(f"{found[0]} is not what its name says: its bytes have the hash {digest}")
    return data.decode()


class Machine:
    """One sampler in its engine. ``with machine.admitted():`` admits one thread at a time; all else here needs it."""

    def __init__(self, setup: Mapping[str, Any]) -> None:
        engine = open_engine()
        engine.evaluate(bundle_source() + ";''")
        told = json.loads(engine.evaluate(_CREATE % json.dumps(setup)))
        if "error" in told:
            raise ValueError(told["error"])
        self.engine: Engine = engine
        # The interpreter's own lock: an exception of a signal cannot come between taking it and entering the `with`.
        self._lock = threading.RLock()
        self.refusal = ""
        self.fingerprint: str = told["system_fingerprint"]
        self._calls = {name: index for index, name in enumerate(told["calls"])}
        memory = engine.memory()
        self.desk = memory[told["desk"] : told["desk"] + 128].cast("d")
        self.box = memory[told["box"] : told["box"] + told["box_bytes"]]
        #: values of the row that steps are taken from: float32
        self.row = memory[told["row"] : told["row"] + told["box_bytes"]]
        self.row_bytes: int = told["box_bytes"]
        self.call: Dict[str, Callable[[], None]] = {
            **{name: engine.function(name) for name in _QUICK},
            **{name: engine.function(name, frees_python=True) for name in _LONG},
        }
        self.give_randomness()
        _machines.add(self)

    def give_randomness(self) -> None:
        """Passes 32 random bytes to the engine, from which it draws the seeds of requests without one."""
        self.put(os.urandom(32))
        self.call["randomness"]()

    def put(self, data: Any) -> int:
        """Writes bytes into the shared memory, and keeps the rest aside; returns the number written."""
        view = memoryview(data)
        room = len(self.box)
        begin = 0
        while len(view) - begin > room:
            self.box[:] = view[begin : begin + room]
            self.desk[0] = room
            self.call["feed"]()
            begin += room
        size = len(view) - begin
        self.box[:size] = view[begin:]
        return size

    def text(self) -> bytes:
        """The text that the last call left, b"" for none. Raises its SamplerProblem."""
        desk = self.desk
        if desk[_TEXT_BYTES] == 0:
            return b""
        text = bytes(self.box[: int(desk[_TEXT_BYTES])])
        while desk[_TEXT_LEFT]:
            self.call["more"]()
            text += bytes(self.box[: int(desk[_TEXT_BYTES])])
        if desk[_IS_PROBLEM]:
            problem = json.loads(text)
            raise SamplerProblem(problem["status"], problem)
        return text

    def send(self, path: str, parts: Sequence[Any], is_tensor: bool) -> Dict[str, Any]:
        """One request of the service, by its path: JSON, or a JSON header and a tensor. The reply is that of the service."""
        desk, box, call = self.desk, self.box, self.call
        desk[0] = self._calls[path[len("/v1/") :]]
        desk[1] = len(parts[0]) if is_tensor else -1
        size = sum(len(part) for part in parts)
        if size <= len(box):
            begin = 0
            for part in parts:
                box[begin : begin + len(part)] = part
                begin += len(part)
            desk[2] = size
            call["request"]()
            return reply_of(self.text())
        call["begin"]()
        self.text()
        for part in parts:
            view = memoryview(part)
            for begin in range(0, len(view), len(box)):
                piece = view[begin : begin + len(box)]
                box[: len(piece)] = piece
                desk[0] = len(piece)
                call["write"]()
                self.text()
        call["end"]()
        return reply_of(self.text())

    def admitted(self) -> Any:
        """The lock that one call holds. Raises RuntimeError in the middle of another call of this thread, and when closed."""
        if self._lock._is_owned():  # type: ignore[attr-defined]
            raise RuntimeError("this sampler is in the middle of another call of this thread, which a signal has interrupted")
        self.require_open()
        return self._lock

    def require_open(self) -> None:
        if self.refusal:
            raise RuntimeError(self.refusal)

    def close(self) -> None:
        """Frees the engine and its memory, once no call is in progress."""
        if self.refusal:
            return
        with self.admitted():
            if self.refusal:
                return
            self.refusal = "this sampler is closed"
            _machines.discard(self)
            self.desk.release()
            self.box.release()
            self.row.release()
            self.engine.close()

    def before_fork(self) -> None:
        self._lock.acquire()

    def after_fork(self, *, in_child: bool) -> None:
        if in_child and not self.refusal:
            if self.engine.survives_fork:
                self.give_randomness()  # else both processes would draw the same seeds
            else:
                self.refusal = f"this sampler stayed in the process that forked ({self.engine.name}): make another here"
        self._lock.release()

    def __del__(self) -> None:
        if hasattr(self, "row") and not sys.is_finalizing() and not self._lock._is_owned():  # type: ignore[attr-defined]
            self.close()


def quick_tensor_of(logits: Any) -> Tensor:
    """``tensor_of``, by the buffer alone where it is float32 in one piece, as most rows are: 2 µs of a step of 15."""
    try:
        view = memoryview(logits)
    except TypeError:
        return tensor_of(logits)
    if view.format == "f" and view.ndim == 1 and view.c_contiguous and view.nbytes > 0 and sys.byteorder == "little":
        return Tensor("f32", view.cast("B"))
    return tensor_of(logits)


_machines: "weakref.WeakSet[Machine]" = weakref.WeakSet()
_forking: "list[Machine]" = []


def _before_fork() -> None:
    """A fork waits until no call is in progress, so that the child's memory is whole."""
    _forking[:] = list(_machines)
    for machine in _forking:
        machine.before_fork()


def _after_fork(in_child: bool) -> None:
    for machine in _forking:
        machine.after_fork(in_child=in_child)
    _forking.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(
        before=_before_fork,
        after_in_parent=lambda: _after_fork(False),
        after_in_child=lambda: _after_fork(True),
    )
