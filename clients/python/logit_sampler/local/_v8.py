"""V8, called directly: the library of the package mini-racer exports V8's C++ functions, and ctypes calls them.

mini-racer's own Python face runs each call on a thread of its own, which costs some 100 µs. Here the calling thread enters
V8 itself, as programs that embed V8 do: ``Locker``, ``Isolate::Enter``, a scope of handles, ``Function::Call``. A call costs
2 µs. Any thread may come, one at a time. V8 is started with ``--single-threaded``: it has no helper threads, so that a
forked process has all that it needs.

The names are those of the Itanium C++ ABI (Linux, macOS). Three layouts are relied on, and checked when an engine is made:
``HandleScopeData`` (two pointers and the level), ``v8::Locker`` (at most 64 bytes) and ``MiniRacer::IsolateHolder`` (the
allocator and the isolate).
"""

from __future__ import annotations

import ctypes
import importlib.util
import os
import sys
from ctypes import c_bool, c_char_p, c_int, c_size_t, c_void_p
from typing import Any, Callable

from ._engine import EngineMissing


class _ScopeData(ctypes.Structure):
    """v8::internal::HandleScopeData."""

    _fields_ = [("next", c_void_p), ("limit", c_void_p), ("level", c_int), ("sealed_level", c_int)]


class _Callback(ctypes.Structure):
    """A callback of Context::New and its data: none."""

    _fields_ = [("function", c_void_p), ("data", c_void_p)]


class _Text(ctypes.Structure):
    """v8::String::Utf8Value, and room for what it may become."""

    _fields_ = [("data", c_void_p), ("length", c_size_t), ("spare", c_void_p * 6)]


_NEW_CONTEXT = (
    "_ZN2v87Context3NewEPNS_7IsolateEPNS_22ExtensionConfigurationENS_10MaybeLocalINS_14ObjectTemplateEEE"
    "NS5_INS_5ValueEEENS_33DeserializeInternalFieldsCallbackEPNS_14MicrotaskQueueE"
    "NS_30DeserializeContextDataCallbackENS_29DeserializeAPIWrapperCallbackE"
)

#: Our name → the library's, the type of its result, and those of its arguments.
_FUNCTIONS: "dict[str, tuple[str, Any, list[Any]]]" = {
    "new_isolate": ("_ZN9MiniRacer13IsolateHolderC1Ev", None, [c_void_p]),
    "free_isolate": ("_ZN9MiniRacer13IsolateHolderD1Ev", None, [c_void_p]),
    "lock": ("_ZN2v86Locker10InitializeEPNS_7IsolateE", None, [c_void_p, c_void_p]),
    "unlock": ("_ZN2v86LockerD1Ev", None, [c_void_p]),
    "is_locked": ("_ZN2v86Locker8IsLockedEPNS_7IsolateE", c_bool, [c_void_p]),
    "enter": ("_ZN2v87Isolate5EnterEv", None, [c_void_p]),
    "leave": ("_ZN2v87Isolate4ExitEv", None, [c_void_p]),
    "current": ("_ZN2v87Isolate13TryGetCurrentEv", c_void_p, []),
    "scope_next": ("_ZN2v88internal11HandleScope20current_next_addressEPNS0_7IsolateE", c_void_p, [c_void_p]),
    "scope_limit": ("_ZN2v88internal11HandleScope21current_limit_addressEPNS0_7IsolateE", c_void_p, [c_void_p]),
    "scope_level": ("_ZN2v88internal11HandleScope21current_level_addressEPNS0_7IsolateE", c_void_p, [c_void_p]),
    "free_handles": ("_ZN2v88internal11HandleScope16DeleteExtensionsEPNS0_7IsolateE", None, [c_void_p]),
    "keep": ("_ZN2v812api_internal18GlobalizeReferenceEPNS_8internal7IsolateEm", c_void_p, [c_void_p, c_size_t]),
    "new_context": (_NEW_CONTEXT, c_void_p, [c_void_p, c_void_p, c_void_p, c_void_p, _Callback, c_void_p, _Callback, _Callback]),
    "enter_context": ("_ZN2v87Context5EnterEv", None, [c_void_p]),
    "leave_context": ("_ZN2v87Context4ExitEv", None, [c_void_p]),
    "new_string": (
        "_ZN2v86String11NewFromUtf8EPNS_7IsolateEPKcNS_13NewStringTypeEi",
        c_void_p,
        [c_void_p, c_char_p, c_int, c_int],
    ),
    "compile": (
        "_ZN2v86Script7CompileENS_5LocalINS_7ContextEEENS1_INS_6StringEEEPNS_12ScriptOriginE",
        c_void_p,
        [c_void_p, c_void_p, c_void_p],
    ),
    "run": ("_ZN2v86Script3RunENS_5LocalINS_7ContextEEE", c_void_p, [c_void_p, c_void_p]),
    "new_text": (
        "_ZN2v86String9Utf8ValueC1EPNS_7IsolateENS_5LocalINS_5ValueEEE",
        None,
        [c_void_p, c_void_p, c_void_p],
    ),
    "free_text": ("_ZN2v86String9Utf8ValueD1Ev", None, [c_void_p]),
    "is_function": ("_ZNK2v85Value10IsFunctionEv", c_bool, [c_void_p]),
    "is_buffer": ("_ZNK2v85Value13IsArrayBufferEv", c_bool, [c_void_p]),
    "call": (
        "_ZN2v88Function4CallENS_5LocalINS_7ContextEEENS1_INS_5ValueEEEiPS5_",
        c_void_p,
        [c_void_p, c_void_p, c_void_p, c_int, c_void_p],
    ),
    "buffer_data": ("_ZNK2v811ArrayBuffer4DataEv", c_void_p, [c_void_p]),
    "buffer_length": ("_ZNK2v811ArrayBuffer10ByteLengthEv", c_size_t, [c_void_p]),
}


class _Library:
    """V8's functions. ``held`` keeps Python's lock during a call, which is quicker; ``free`` lets other threads run."""

    def __init__(self, path: str) -> None:
        self.held = _bound(ctypes.PyDLL(path))
        self.free = _bound(ctypes.CDLL(path))


class _Bound:
    """One C++ function an attribute."""

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(name)


def _bound(library: ctypes.CDLL) -> Any:
    bound = _Bound()
    for name, (symbol, result, arguments) in _FUNCTIONS.items():
        try:
            function = library[symbol]  # a separate object, so that no other code sets its types
        except AttributeError:
            raise EngineMissing(f"this build of mini-racer does not export {symbol}") from None
        function.restype, function.argtypes = result, arguments
        setattr(bound, name, function)
    return bound


_library: "_Library | None" = None
#: No helper threads, which a fork would lose. WebAssembly is compiled by the optimising compiler at once: without helper
#: threads V8 does not get to it otherwise, and kernels run at half their speed. Young objects have 1 MB: a step leaves some
#: hundred bytes, and V8 would take up to 64 MB before it collects them.
_FLAGS = b"--single-threaded --no-liftoff --max-semi-space-size=1"


def _load() -> _Library:
    """Loads V8 and starts it. mini-racer starts V8 once per process; other code may use mini-racer at the same time."""
    global _library
    if _library is None:
        folder = _folder_of("py_mini_racer")
        path = os.path.join(folder, "libmini_racer.dylib" if sys.platform == "darwin" else "libmini_racer.so")
        if sys.platform == "win32" or not os.path.exists(path):
            raise EngineMissing(f"there is no {path}")
        library = _Library(path)
        start = ctypes.CDLL(path).mr_init_v8
        start.argtypes, start.restype = [c_char_p, c_char_p], None
        start(_FLAGS, os.path.join(folder, "icudtl.dat").encode())
        _library = library
    return _library


def _folder_of(package: str) -> str:
    """Where a package is. Importing mini-racer's takes longer than all else here: it brings asyncio along."""
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        raise EngineMissing("mini-racer is not installed")
    return os.path.dirname(spec.origin)


class V8Engine:
    """A V8 isolate with one context, entered by whichever thread calls."""

    name = "V8, called directly"
    survives_fork = True

    def __init__(self) -> None:
        library = _load()
        self._v8 = v8 = library.held
        self._free = library.free
        self._holder = (c_void_p * 8)()
        v8.new_isolate(ctypes.addressof(self._holder))
        if not self._holder[1]:
            raise EngineMissing("this build of mini-racer keeps its isolates otherwise")
        self._isolate = c_void_p(self._holder[1])
        address = v8.scope_next(self._isolate)
        if v8.scope_limit(self._isolate) != address + 8 or v8.scope_level(self._isolate) != address + 16:
            raise EngineMissing("this build of mini-racer has scopes of another layout")
        self._scope = _ScopeData.from_address(address)
        self._locker_memory = (c_void_p * 8)()
        self._locker = c_void_p(ctypes.addressof(self._locker_memory))
        none = _Callback()
        self._context = c_void_p(
            self._inside(lambda: self._kept(v8.new_context(self._isolate, None, None, None, none, None, none, none)))
        )
        self._undefined = c_void_p(self._value("undefined"))

    def evaluate(self, source: str) -> str:
        text: str = self._inside(lambda: self._text(self._run(source)))
        return text

    def function(self, name: str, *, frees_python: bool = False) -> Callable[[], None]:
        kept = self._value(f"logit_sampler.{name}", self._v8.is_function)
        function, context, undefined = c_void_p(kept), self._context, self._undefined
        isolate, locker, scope, v8 = self._isolate, self._locker, self._scope, self._v8
        lock, unlock, enter, leave, free_handles = v8.lock, v8.unlock, v8.enter, v8.leave, v8.free_handles
        call = self._free.call if frees_python else v8.call

        def called() -> None:
            try:
                lock(locker, isolate)
                enter(isolate)
                next_handle, limit = scope.next, scope.limit
                scope.level += 1
                returned = call(function, context, undefined, 0, None)
                scope.next = next_handle
                scope.level -= 1
                if scope.limit != limit:
                    scope.limit = limit
                    free_handles(isolate)
                leave(isolate)
                unlock(locker)
            except BaseException:  # a signal's, between two of these lines
                self._leave()
                raise
            if returned is None:
                raise RuntimeError(f"logit_sampler.{name} was ended by the engine")

        return called

    def memory(self) -> memoryview:
        kept = c_void_p(self._value("logit_sampler.memory", self._v8.is_buffer))
        address = self._v8.buffer_data(kept)
        length = self._v8.buffer_length(kept)
        return memoryview((ctypes.c_char * length).from_address(address)).cast("B")

    def close(self) -> None:
        self._v8.free_isolate(ctypes.addressof(self._holder))

    def _value(self, source: str, has_kind: "Callable[[Any], bool]" = lambda _: True) -> int:
        """Evaluates, and keeps the value for good."""

        def kept() -> int:
            value = self._run(source)
            if not has_kind(value):
                raise RuntimeError(f"{source} is of another kind")
            return self._kept(value)

        handle: int = self._inside(kept)
        return handle

    def _inside(self, work: Callable[[], Any]) -> Any:
        v8, scope = self._v8, self._scope
        v8.lock(self._locker, self._isolate)
        v8.enter(self._isolate)
        next_handle, limit = scope.next, scope.limit
        scope.level += 1
        try:
            return work()
        finally:
            scope.next = next_handle
            scope.level -= 1
            if scope.limit != limit:
                scope.limit = limit
                v8.free_handles(self._isolate)
            v8.leave(self._isolate)
            v8.unlock(self._locker)

    def _leave(self) -> None:
        """Leaves V8 from wherever a call was interrupted."""
        v8, scope = self._v8, self._scope
        if v8.current() == self._isolate.value:
            if scope.level > 0:
                scope.next = scope.limit = None
                scope.level = 0
                v8.free_handles(self._isolate)
            v8.leave(self._isolate)
        if v8.is_locked(self._isolate):
            v8.unlock(self._locker)

    def _kept(self, handle: int) -> int:
        """The value of a handle under one that outlives its scope."""
        kept: int = self._v8.keep(self._isolate, c_size_t.from_address(handle).value)
        return kept

    def _run(self, source: str) -> int:
        v8, context = self._v8, self._context
        text = source.encode()
        v8.enter_context(context)
        try:
            string = v8.new_string(self._isolate, text, 0, len(text))
            script = string and v8.compile(context, string, None)
            value = script and v8.run(script, context)
        finally:
            v8.leave_context(context)
        if not value:
            raise RuntimeError(f"a script of {len(text)} bytes cannot be run by {type(self).__name__}")
        handle: int = value
        return handle

    def _text(self, value: int) -> str:
        text = _Text()
        self._v8.new_text(ctypes.addressof(text), self._isolate, value)
        try:
            return ctypes.string_at(text.data, text.length).decode()
        finally:
            self._v8.free_text(ctypes.addressof(text))
