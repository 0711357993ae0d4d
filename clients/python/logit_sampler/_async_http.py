"""Connections of the asynchronous client: asyncio's streams, with heads read by http.client and bounds on every read."""

from __future__ import annotations

import asyncio
import http.client
import io
from typing import Any, Dict, Iterable, List, Mapping, Optional

from ._http import PROBLEM_BYTES_MAX, Address
from ._problem import UnreadableReply

#: Longest head of an answer, and longest line of a chunk's size.
_HEAD_BYTES_MAX = 1 << 16


class _Head:
    """The head of an answer, in the place of a socket: what http.client.HTTPResponse reads."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def makefile(self, _: str) -> io.BytesIO:
        return io.BytesIO(self._data)


class AsyncConnection:
    """One connection. Who calls it bounds the time."""

    def __init__(self, address: Address) -> None:
        self._address = address
        self._reader: Any = None
        self._writer: Any = None
        #: whether something of the last attempt may have arrived
        self.was_sent = False
        #: time of the last answer, by time.monotonic(); 0 before the first
        self.used_s = 0.0

    async def open(self) -> None:
        if self._writer is not None:
            return
        port = self._address.port or (443 if self._address.is_tls else 80)
        self._reader, self._writer = await asyncio.open_connection(
            self._address.host, port, ssl=True if self._address.is_tls else None, limit=_HEAD_BYTES_MAX
        )

    async def is_open(self) -> bool:
        """Whether it can take another request. The end that has arrived is read by two turns of the loop."""
        for _ in range(2):
            await asyncio.sleep(0)
        return self._writer is not None and not self._writer.is_closing() and not self._reader.at_eof()

    async def send(self, pieces: Iterable[Any]) -> None:
        for piece in pieces:
            self._writer.write(piece)
        await self._writer.drain()

    async def head(self) -> "Answer":
        """The head of the answer, after those that are interim."""
        while True:
            try:
                data = await self._reader.readuntil(b"\r\n\r\n")
            except asyncio.LimitOverrunError:
                raise ConnectionError(f"the head of an answer may have at most {_HEAD_BYTES_MAX} bytes") from None
            except asyncio.IncompleteReadError as error:
                raise ConnectionResetError(f"the connection was closed, {len(error.partial)} bytes into an answer") from None
            if data.split(b" ", 2)[1:2] and data.split(b" ", 2)[1].startswith(b"1"):
                continue
            response = http.client.HTTPResponse(_Head(data), method="POST")  # type: ignore[arg-type]
            try:
                response.begin()
            except http.client.HTTPException as error:
                raise ConnectionError(f"the answer is no HTTP: {type(error).__name__} {error}") from None
            return Answer(self._reader, response)

    def close(self) -> None:
        if self._writer is not None:
            self._writer.close()
        self._reader = self._writer = None


class Answer:
    """The answer to a request: its head was read, its body is read in pieces."""

    def __init__(self, reader: asyncio.StreamReader, response: http.client.HTTPResponse) -> None:
        self._reader = reader
        self._response = response
        self._is_chunked = bool(response.chunked)
        self._left: Optional[int] = None if self._is_chunked else response.length
        self._lines = bytearray()
        self.status = response.status
        self.ends_connection = bool(response.will_close)

    @property
    def retry_after(self) -> Optional[str]:
        return self._response.getheader("Retry-After")

    async def body(self, bytes_max: int) -> bytes:
        """The whole body. Raises UnreadableReply when it is longer."""
        pieces: List[bytes] = []
        size = 0
        while True:
            if self._left is not None and self._left > bytes_max:
                size = self._left
            if size > bytes_max:
                raise UnreadableReply(f"an answer may have at most {bytes_max} bytes (reply_bytes_max), got {size} or more")
            piece = await self._piece()
            if not piece:
                return b"".join(pieces)
            pieces.append(piece)
            size += len(piece)

    async def problem(self) -> bytes:
        """The beginning of a body, which is enough to show the problem."""
        data = b""
        while len(data) < PROBLEM_BYTES_MAX:
            piece = await self._piece()
            if not piece:
                break
            data += piece
        else:
            self.ends_connection = True  # the rest of it is not read
        return data

    async def line(self, bytes_max: int) -> bytes:
        """The next line with its end; less at the end of the body."""
        while True:
            at = self._lines.find(b"\n")
            if at >= 0 or len(self._lines) > bytes_max:
                end = at + 1 if at >= 0 else len(self._lines)
                line = bytes(self._lines[:end])
                del self._lines[:end]
                return line
            piece = await self._piece()
            if not piece:
                line, self._lines = bytes(self._lines), bytearray()
                return line
            self._lines += piece

    async def _piece(self) -> bytes:
        """The next bytes of the body; none at its end."""
        if self._is_chunked and not self._left:
            self._left = await self._chunk_size()
            if self._left == 0:
                return b""
        if self._left == 0:
            return b""
        piece = await self._reader.read(65536 if self._left is None else min(65536, self._left))
        if self._left is not None:
            if not piece:
                raise ConnectionResetError(f"the connection was closed with {self._left} bytes of an answer to come")
            self._left -= len(piece)
            if self._is_chunked and self._left == 0:
                await self._chunk_line()
        return piece

    async def _chunk_size(self) -> int:
        text = (await self._chunk_line()).split(b";")[0].strip()
        try:
            size = int(text, 16)
        except ValueError:
            raise ConnectionError(f"a chunk of an answer must begin with its size, got {text[:40]!r}") from None
        if size == 0:
            while await self._chunk_line() != b"\r\n":
                pass
            self._is_chunked, self._left = False, 0
        return size

    async def _chunk_line(self) -> bytes:
        try:
            return await self._reader.readuntil(b"\n")
        except asyncio.LimitOverrunError:
            raise ConnectionError("a line between chunks of an answer is too long") from None
        except asyncio.IncompleteReadError:
            raise ConnectionResetError("the connection was closed within an answer") from None


def request_head(address: Address, path: str, headers: Mapping[str, str]) -> bytes:
    """The head of a POST. Raises ValueError for an invalid header."""
    shown = f"[{address.host}]" if ":" in address.host else address.host
    host = shown if address.port is None else f"{shown}:{address.port}"
    every: Dict[str, str] = {"Host": host, "Accept-Encoding": "identity", **headers}
    lines = [f"POST {address.target(path)} HTTP/1.1", *(f"{name}: {value}" for name, value in every.items())]
    for line in lines:
        if "\r" in line or "\n" in line:
            raise ValueError(f"a header may not hold a line's end, got {line!r}")
    return "".join(f"{line}\r\n" for line in [*lines, ""]).encode("latin-1")
