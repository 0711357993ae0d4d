"""V8 through mini-racer's own Python face: for builds that do not export V8's functions (Windows, Python 3.9).

Each call runs on a thread of mini-racer's and costs some 100 µs. All else is the same, every bit of the replies among it.
"""

from __future__ import annotations

import ctypes
from typing import Any, Callable

from ._engine import EngineMissing


class MiniRacerEngine:
    """One context of mini-racer."""

    name = "V8 through mini-racer"
    #: Its thread stays after in the process that forks.
    survives_fork = False

    def __init__(self) -> None:
        try:
            from py_mini_racer import MiniRacer
        except ImportError as error:
            raise EngineMissing(f"mini-racer is not installed ({error})") from None
        self._context: Any = MiniRacer()

    def evaluate(self, source: str) -> str:
        try:
            value = self._context.eval(source)
        except Exception as error:
            raise RuntimeError(str(error)) from error
        return str(value)

    def function(self, name: str, *, frees_python: bool = False) -> Callable[[], None]:
        evaluate, source = self._context.eval, f"logit_sampler.{name}(),0"

        def called() -> None:
            evaluate(source)

        return called

    def memory(self) -> memoryview:
        view = self._context.eval("logit_sampler.memory")
        if not isinstance(view, memoryview):
            view = memoryview(view)
        if view.readonly:  # mini-racer shows a buffer of bytes it must not be told to change
            address = ctypes.addressof(ctypes.c_char.from_buffer(view))
            view = memoryview((ctypes.c_char * view.nbytes).from_address(address))
        return view.cast("B") if view.format != "B" else view

    def close(self) -> None:
        self._context.close() if hasattr(self._context, "close") else None
