"""One connection to the service by the standard library's http.client, with bounds on the time and size of answers."""

from __future__ import annotations

import http.client
import io
import socket
import time
from typing import Any, Callable, Iterable, List, Mapping, Optional, TypeVar
from urllib.parse import urlsplit

from ._problem import UnreadableReply

T = TypeVar("T")

#: Default maximum of the bytes of an answer.
REPLY_BYTES_MAX = 1 << 28
#: What is read of an answer that is a problem.
PROBLEM_BYTES_MAX = 1 << 16
_PIECE_BYTES = 1 << 16


class Address:
    """The address of the service, parsed from a URL."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or parts.hostname is None:
            raise ValueError(f"url must be http://host:port or https://host:port, got {url!r}")
        self.is_tls = parts.scheme == "https"
        self.host: str = parts.hostname
        self.port: Optional[int] = parts.port
        self._prefix = parts.path.rstrip("/")
        self._shown = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{self._prefix}"

    def target(self, path: str) -> str:
        return self._prefix + path

    def __str__(self) -> str:
        return self._shown


class Connection:
    """A connection, and whether it was used before. Every wait ends at ``deadline``; each attempt has one."""

    def __init__(self, address: Address, timeout_s: float) -> None:
        self._address = address
        self._timeout_s = timeout_s
        kind = http.client.HTTPSConnection if address.is_tls else http.client.HTTPConnection
        self.http: http.client.HTTPConnection = kind(address.host, address.port, timeout=timeout_s)
        self._deadline = _Deadline()
        self._guard: Optional[_Guarded] = None
        #: whether something of the last attempt may have arrived
        self.was_sent = False

    def within(self, action: Callable[[], T]) -> T:
        """Does what waits, within the time of one attempt. What fails names the address."""
        self._deadline.at_s = time.monotonic() + self._timeout_s
        self.was_sent = False
        try:
            if self.http.sock is None:
                self.http.connect()
                self._guard = _Guarded(self.http.sock, self._deadline)
                self.http.sock = self._guard
            self.was_sent = True
            return action()
        except (socket.timeout, TimeoutError):
            raise TimeoutError(f"{self._address} did not answer within {self._timeout_s:g} s") from None
        except http.client.HTTPException as error:
            told = f"{type(error).__name__} {error}".rstrip()
            raise ConnectionError(f"{self._address} closed the connection or sent no HTTP: {told}") from error
        except OSError as error:
            if error.errno is None or error.filename is not None:
                raise
            raise OSError(error.errno, error.strerror, str(self._address)) from error

    def is_open(self) -> bool:
        """Whether it can take another request: it is connected, and the other side has neither closed it nor sent more."""
        return self.http.sock is not None and self._guard is not None and not self._guard.has_something()

    def send(self, data: Any) -> None:
        self.http.send(data)

    def close(self) -> None:
        self.http.close()


class _Deadline:
    """When the current attempt must end, by time.monotonic()."""

    def __init__(self) -> None:
        self.at_s = 0.0

    def left_s(self) -> float:
        left_s = self.at_s - time.monotonic()
        if left_s <= 0:
            raise TimeoutError
        return left_s


class _Guarded:
    """A socket whose reads and writes end at a deadline, however slowly bytes trickle. What http.client uses of one."""

    def __init__(self, sock: Any, deadline: _Deadline) -> None:
        self._sock = sock
        self._deadline = deadline
        self._readers = 0
        self._is_closed = False

    def sendall(self, data: Any) -> None:
        view = memoryview(data).cast("B")
        while len(view) > 0:
            self._sock.settimeout(self._deadline.left_s())
            view = view[self._sock.send(view) :]

    def recv_into(self, buffer: Any) -> int:
        self._sock.settimeout(self._deadline.left_s())
        count: int = self._sock.recv_into(buffer)
        return count

    def has_something(self) -> bool:
        """Whether there is something to read, or the end, without waiting for it."""
        self._sock.settimeout(0.0)
        try:
            self._sock.recv(1)
            return True
        except (BlockingIOError, InterruptedError):
            return False
        except OSError as error:  # of ssl: nothing to read is an error of its own
            return "Want" not in type(error).__name__

    def makefile(self, mode: str) -> io.BufferedReader:
        self._readers += 1
        return io.BufferedReader(_Reads(self), _PIECE_BYTES)

    def close(self) -> None:
        """Closes it once its last reader is closed: http.client closes a connection before its last answer is read."""
        self._is_closed = True
        if self._readers == 0:
            self._sock.close()

    def reader_closed(self) -> None:
        self._readers -= 1
        if self._is_closed:
            self.close()


class _Reads(io.RawIOBase):
    def __init__(self, guarded: _Guarded) -> None:
        super().__init__()
        self._guarded = guarded

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        return self._guarded.recv_into(buffer)

    def close(self) -> None:
        if not self.closed:
            super().close()
            self._guarded.reader_closed()


def post(
    connection: Connection, target: str, parts: Iterable[Any], headers: Mapping[str, str]
) -> http.client.HTTPResponse:
    """Sends a request and gives the head of its answer, which may come before the body was taken: a service that refuses
    a body (413) need not read it, and sending then fails."""
    parts = list(parts)
    if sum(len(part) for part in parts) <= _PIECE_BYTES:
        parts = [b"".join(parts)]
    try:
        connection.http.request("POST", target, body=iter(parts), headers=dict(headers))
    except (BrokenPipeError, ConnectionResetError) as unsent:
        try:
            return connection.http.getresponse()
        except (OSError, http.client.HTTPException):
            raise unsent from None
    return connection.http.getresponse()


def body_of(response: http.client.HTTPResponse, bytes_max: int) -> bytes:
    """The whole body. Raises UnreadableReply when it is longer."""
    length = response.length
    if length is not None and length <= bytes_max:
        return response.read()
    pieces: List[bytes] = []
    size = 0
    while length is None and size <= bytes_max:
        piece = response.read(_PIECE_BYTES)
        if not piece:
            return b"".join(pieces)
        pieces.append(piece)
        size += len(piece)
    told = "more" if length is None else f"{length} bytes"
    raise UnreadableReply(f"an answer may have at most {bytes_max} bytes (reply_bytes_max), got {told}")


def problem_body_of(response: http.client.HTTPResponse) -> bytes:
    """The beginning of a body, which is enough to show the problem. The connection must be closed afterwards."""
    return response.read(PROBLEM_BYTES_MAX)
