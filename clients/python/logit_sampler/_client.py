"""The client of the service: one kept-alive connection."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Mapping, Optional, TypeVar

from . import _calls, _http
from ._calls import Call, Reply
from ._methods import SamplerMethods
from ._problem import SamplerProblem
from ._retries import Attempts
from ._stream import SamplerStream, Wires

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from . import types

T = TypeVar("T")

#: Longest idle time of a connection before a new one is opened instead: services and proxies drop idle ones.
IDLE_S_MAX = 30.0


class SamplerClient(SamplerMethods):
    """One kept-alive connection to the service. It belongs to one thread.

    ``timeout_s`` bounds each attempt as a whole: to connect, to send, and to read the answer, however slowly it comes.
    ``reply_bytes_max`` bounds an answer.

    ``retries`` is how often a request is sent again after a 503 with Retry-After or when its connection is lost, and
    only when that is safe: the service itself said that it never began (its problem ``overloaded`` or
    ``shutting_down``), or the request has a ``seed``, so that the same bytes come again. A 503 of a proxy to a request
    without a seed is not retried: the token may have been drawn, and another would be drawn now. A connection that was
    kept open and has been closed meanwhile is opened again whatever ``retries`` says.
    """

    #: Whether it draws in this process.
    in_process: bool = False

    def __init__(
        self,
        url: str,
        *,
        timeout_s: float = 30.0,
        retries: int = 2,
        headers: Optional[Mapping[str, str]] = None,
        reply_bytes_max: int = _http.REPLY_BYTES_MAX,
    ) -> None:
        self._address = _http.Address(url)
        self._timeout_s = timeout_s
        self._retries = retries
        self._headers = dict(headers or {})
        self._reply_bytes_max = reply_bytes_max
        self._connection: Optional[_http.Connection] = None
        self._used_s = 0.0


    def stream(self, **options: Unpack[types.StreamOptions]) -> SamplerStream:
        """Opens a stream: the service keeps history, step and state, so that a step sends only its logits.

        Rows are sent as float32 unless ``dtype`` says "f16" or "bf16". Use it in a ``with`` statement. Raises
        SamplerProblem when the options are refused.
        """
        wires = Wires(self._address, self._headers, self._timeout_s, self._retries, self._reply_bytes_max)
        return SamplerStream(wires, options)

    def close(self) -> None:
        """Closes the connection. The next call opens another."""
        if self._connection is not None:
            self._connection.close()
        self._connection = None

    def __enter__(self) -> "SamplerClient":
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()

    def _send(self, call: Call[T]) -> T:
        attempts = Attempts(self._retries, call.repeatable)
        while True:
            connection, kept = self._open_connection()
            try:
                return call.read(self._exchange(connection, call))
            except (SamplerProblem, OSError) as error:
                pause_s = attempts.pause_after(error, kept=kept, sent=connection.was_sent)
                if pause_s is None:
                    raise
            time.sleep(pause_s)

    def _open_connection(self) -> "tuple[_http.Connection, bool]":
        """A connection, and whether it was kept open from an earlier call."""
        connection = self._connection
        if connection is not None and time.monotonic() - self._used_s <= IDLE_S_MAX and connection.is_open():
            return connection, True
        self.close()
        self._connection = _http.Connection(self._address, self._timeout_s)
        return self._connection, False

    def _exchange(self, connection: _http.Connection, call: Call[Any]) -> Reply:
        try:
            status, retry_after, body = connection.within(lambda: self._answer(connection, call))
        except BaseException:
            self.close()
            raise
        self._used_s = time.monotonic()
        if status != 200:
            raise _calls.problem_of(status, retry_after, body)
        return _calls.reply_of(body)

    def _answer(self, connection: _http.Connection, call: Call[Any]) -> "tuple[int, Optional[str], bytes]":
        headers = {**self._headers, **call.headers, "Content-Length": str(call.length)}
        response = _http.post(connection, self._address.target(call.path), call.parts, headers)
        if response.status == 200:
            return 200, None, _http.body_of(response, self._reply_bytes_max)
        body = _http.problem_body_of(response)
        if not response.isclosed():
            self.close()  # the rest of it is not read
        return response.status, response.getheader("Retry-After"), body
