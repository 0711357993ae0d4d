"""The interface of a JavaScript engine for the local sampler, and the list of engines.

An engine runs the bundle in this process. It evaluates a text once, calls functions without arguments and results, and
exposes the memory that the bundle shares with Python. All data goes through that memory.
"""

from __future__ import annotations

import os
from typing import Callable, List, Protocol


class EngineMissing(ImportError):
    """No supported JavaScript engine is installed; the message says how to install one."""


class Engine(Protocol):
    """One JavaScript world of its own. Every method may be called from any thread, but only from one at a time."""

    #: How it is called in messages.
    name: str
    #: Whether it works in a forked process as well.
    survives_fork: bool

    def evaluate(self, source: str) -> str:
        """Evaluates a script whose value is a string. Raises RuntimeError with the error's text when it throws."""

    def function(self, name: str, *, frees_python: bool = False) -> Callable[[], None]:
        """The function ``logit_sampler.<name>`` of the bundle. It throws nothing.

        ``frees_python``: other Python threads run during the call, which is worth it for long ones.
        """

    def memory(self) -> memoryview:
        """The bytes of ``logit_sampler.memory``, writable, valid until ``close``."""

    def close(self) -> None:
        """Frees the world. No function of it may be called again."""


def open_engine() -> Engine:
    """The quickest engine that is installed. ``LOGIT_SAMPLER_ENGINE`` names another: v8, mini_racer."""
    wanted = os.environ.get("LOGIT_SAMPLER_ENGINE", "")
    refusals: List[str] = []
    for name, make in _MAKERS.items():
        if wanted in ("", name):
            try:
                return make()
            except EngineMissing as refusal:
                refusals.append(f"{name}: {refusal}")
    if not refusals:
        raise EngineMissing(f"LOGIT_SAMPLER_ENGINE must be one of {', '.join(_MAKERS)}, got {wanted!r}")
    raise EngineMissing(
        "the local sampler needs a JavaScript engine: pip install 'logit-sampler[local]' (" + "; ".join(refusals) + ")"
    )


def _v8() -> Engine:
    from ._v8 import V8Engine

    return V8Engine()


def _mini_racer() -> Engine:
    from ._mini_racer import MiniRacerEngine

    return MiniRacerEngine()


_MAKERS = {"v8": _v8, "mini_racer": _mini_racer}
