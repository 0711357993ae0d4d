"""A stream of steps over one full-duplex POST, which is opened again at the same place when its connection is lost."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any, List, Mapping, Optional, Sequence, Union, cast

from . import _frames, _http
from ._calls import Reply, problem_of, reply_of
from ._place import Place, Search
from ._problem import SamplerProblem, UnreadableReply
from ._retries import Attempts
from ._rows import Row, Rows

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from . import types

#: Problems with which the service ends a stream although nothing is wrong with it.
ENDS = ("shutting_down", "body_timeout")


class SamplerStream:
    """A sequence whose history, step and state the service keeps. Open it with ``SamplerClient.stream``.

    A connection that is lost (a restart, a proxy, a pause longer than the service waits) is opened again at the same
    place, with the seed, history and state of the last reply: the same tokens come as if nothing had happened.
    """

    def __init__(self, wires: "Wires", options: Mapping[str, Any]) -> None:
        self._wires = wires
        self._place = Place(options)
        self._wire: Any = None
        #: tokens that this connection has seen: as many it can take back
        self._made_here = 0
        self._attempt(lambda: None)

    @property
    def history(self) -> List[int]:
        """The token ids so far, the prompt first."""
        return list(self._place.history)

    @property
    def checkpoint(self) -> types.StreamOptions:
        """The options that open a stream that continues at this place: ``client.stream(**checkpoint)``."""
        return cast("types.StreamOptions", self._place.checkpoint)

    def next(self, logits: Union[Row, Rows], **own: Unpack[types.OptionChanges]) -> types.Sampled:
        """Sends a row [vocab_size] and waits for its token. ``own`` options apply to this step only; they cost a JSON
        message. When the options have ``combine``, ``logits`` may be the rows [k, vocab_size] of its sources.

        Raises SamplerProblem when the row is refused: the state of the stream does not change, and another row may
        follow.
        Raises ValueError or TypeError for an invalid row, TimeoutError and ConnectionError of the network.
        """
        self._place.require_no_search()
        pieces = _frames.row_frames(logits, own, self._place.options)
        return cast("types.Sampled", self._answered(pieces, "token_id"))

    def verify(
        self, logits: Rows, draft_token_ids: Sequence[int], **draft: Unpack[types.DraftOptions]
    ) -> types.Verified:
        """Sends a draft of k tokens with the target's rows [k + 1, vocab_size], then those of the draft where
        ``draft_rows`` names them. Each token of the reply is a step. Raises as ``next`` does."""
        self._place.require_no_search()
        own = {**draft, "draft_token_ids": [int(token_id) for token_id in draft_token_ids]}
        pieces = _frames.verify_frames(logits, own, self._place.options)
        return cast("types.Verified", self._answered(pieces, "token_ids"))

    def beam(self, logits: Rows, beam: Optional[Mapping[str, Any]] = None) -> types.BeamReply:
        """Takes one step of a beam search: ``logits`` is [beams, vocab_size], a row for each live beam, one in the
        first step.

        ``beam``, with its rule, begins a search (docs/beams.md); without it the open search continues. The stream keeps
        the search, and the history and state of each beam. Its own history stays. Raises as ``next`` does.
        """
        rows = _frames.beam_frames(logits, self._place.options)
        search = self._place.search_of(beam, len(rows))
        reply: Reply = self._attempt(lambda: self._searched(search, rows))
        self._place.searched(search, reply)
        return cast("types.BeamReply", reply)

    def _searched(self, search: Search, rows: List[_frames.Pieces]) -> Reply:
        pieces = [] if search.wire is self._wire else list(_frames.text_frame(search.message))
        search.wire = None  # what is refused is opened anew
        reply: Reply = self._wire.ask([*pieces, *(piece for row in rows for piece in row)], "beams")
        search.wire = self._wire
        return reply

    def end_search(self) -> None:
        """Abandons the open search: the stream takes rows, drafts and tokens again."""
        self._place.search = None
        self._tell({"type": "beam", "beam": None})

    def update(self, **options: Unpack[types.OptionChanges]) -> None:
        """Changes options from the next step on; None takes one back."""
        self._tell({**options, "type": "update"})
        self._place.options.update(options)

    def accept(self, token_ids: Sequence[int]) -> None:
        """Puts forced tokens behind the history. Each counts as a step."""
        self._place.require_no_search()
        ids = [int(token_id) for token_id in token_ids]
        self._tell({"type": "accept", "token_ids": ids})
        self._place.accept(ids)
        self._made_here += len(ids)

    def rewind(self, steps: int) -> None:
        """Takes back the last tokens, drawn or accepted. Raises ValueError for more than were made on this stream."""
        self._place.require_no_search()
        steps = int(steps)
        self._place.rewind(steps)
        if steps > self._made_here:
            self._drop()  # made before it was opened again: the next opening tells the place
        else:
            self._tell({"type": "rewind", "steps": steps})
            self._made_here -= steps

    def follow(self, token_ids: Sequence[int]) -> None:
        """Makes the history these ids, by rewinding and accepting: for hosts that tell the whole sequence each time."""
        ids = [int(token_id) for token_id in token_ids]
        back, forth = to_follow(self._place.history, ids)
        if back > 0:
            self.rewind(back)
        if forth:
            self.accept(forth)

    def close(self) -> None:
        """Ends the stream and its connection."""
        wire, self._wire = self._wire, None
        if wire is not None:
            wire.end()

    def __enter__(self) -> "SamplerStream":
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()

    def _answered(self, pieces: _frames.Pieces, mark: str) -> Reply:
        reply: Reply = self._attempt(lambda: self._wire.ask(pieces, mark))
        self._made_here += self._place.took(reply)
        return reply

    def _attempt(self, action: Any) -> Any:
        """Does what needs an open stream, and opens it first, and again, where it is not."""
        attempts = Attempts(self._wires.retries, repeatable=True)
        while True:
            kept, was_open = self._wire is not None, self._wire is not None
            try:
                if self._wire is None:
                    self._wire, self._made_here = self._wires.open(self._place.checkpoint), 0
                    was_open = True
                return action()
            except SamplerProblem as problem:
                ends = was_open and problem.code in ENDS
                if ends:
                    self._drop()
                reason: Exception = ConnectionResetError(str(problem)) if ends else problem
                pause_s = attempts.pause_after(reason, kept=kept, sent=True)
                if pause_s is None:
                    raise
            except BaseException as error:
                self._drop()
                pause_s = attempts.pause_after(error, kept=kept, sent=True) if isinstance(error, Exception) else None
                if pause_s is None:
                    raise
            time.sleep(pause_s)

    def _tell(self, message: Mapping[str, Any]) -> None:
        """Sends a message that gets no answer. If the connection is lost, the next opening of the stream repeats it."""
        pieces = _frames.text_frame(message)
        try:
            if self._wire is not None:
                self._wire.send(pieces)
        except ConnectionError:
            self._drop()
        except BaseException:
            self._drop()
            raise

    def _drop(self) -> None:
        wire, self._wire = self._wire, None
        if wire is not None:
            wire.close()


class Wires:
    """Opens connections for streams: holds the address, headers and options."""

    def __init__(
        self, address: _http.Address, headers: Mapping[str, str], timeout_s: float, retries: int, reply_bytes_max: int
    ) -> None:
        self._address = address
        self._headers = headers
        self._timeout_s = timeout_s
        self._reply_bytes_max = reply_bytes_max
        self.retries = retries

    def open(self, options: Mapping[str, Any]) -> "_Wire":
        """Raises SamplerProblem when the options are refused."""
        connection = _http.Connection(self._address, self._timeout_s)
        target = self._address.target("/v1/stream")
        pieces = _frames.text_frame(options)
        try:
            response = connection.within(lambda: _opened(connection, target, self._headers, pieces))
            if response.status != 200:
                body = connection.within(lambda: _http.problem_body_of(response))
                raise problem_of(response.status, response.getheader("Retry-After"), body)
        except BaseException:
            connection.close()
            raise
        return _Wire(connection, response, self._reply_bytes_max)


class _Wire:
    """One open connection: frames up, lines down."""

    def __init__(self, connection: _http.Connection, response: Any, reply_bytes_max: int) -> None:
        self._connection = connection
        self._response = response
        self._reply_bytes_max = reply_bytes_max

    def send(self, pieces: _frames.Pieces) -> None:
        self._connection.within(lambda: self._send(pieces))

    def ask(self, pieces: _frames.Pieces, mark: str) -> Reply:
        """Sends a message that one line answers. Raises SamplerProblem when that line is a problem."""
        return stream_reply(self._connection.within(lambda: self._line_for(pieces)), mark, self._reply_bytes_max)

    def end(self) -> None:
        try:
            self._connection.within(lambda: self._connection.send(_frames.END))
        except OSError:
            pass  # the service has ended it already
        finally:
            self.close()

    def close(self) -> None:
        self._response.close()
        self._connection.close()

    def _send(self, pieces: _frames.Pieces) -> None:
        for piece in pieces:
            self._connection.send(piece)

    def _line_for(self, pieces: _frames.Pieces) -> bytes:
        try:
            self._send(pieces)
        except (BrokenPipeError, ConnectionResetError):
            line = self._line()  # that says why the service ended the stream, if it came through
            if line:
                return line
            raise
        return self._line()

    def _line(self) -> bytes:
        line: bytes = self._response.readline(self._reply_bytes_max + 1)
        return line


def _opened(connection: _http.Connection, target: str, headers: Mapping[str, str], pieces: _frames.Pieces) -> Any:
    request = connection.http
    request.putrequest("POST", target)
    for name, value in {**headers, "Content-Type": "application/octet-stream"}.items():
        request.putheader(name, value)
    request.putheader("Transfer-Encoding", "chunked")
    request.endheaders()
    for piece in pieces:
        connection.send(piece)
    return request.getresponse()


def stream_reply(line: bytes, mark: str, bytes_max: int) -> Reply:
    """The reply in a line of a stream. Raises SamplerProblem for a problem, ConnectionError at the end of the stream."""
    if not line:
        raise ConnectionResetError("the service ended the stream")
    if len(line) > bytes_max:
        raise UnreadableReply(f"an answer may have at most {bytes_max} bytes (reply_bytes_max), got more")
    if not line.endswith(b"\n"):
        raise ConnectionResetError("the connection ended within an answer")
    reply = reply_of(line)
    if mark in reply:
        return reply
    if isinstance(reply.get("status"), int):
        raise SamplerProblem(reply["status"], reply)
    raise UnreadableReply(f"a reply must have {mark} or a problem's status: {json.dumps(reply)[:200]}")


def to_follow(history: Sequence[int], ids: List[int]) -> "tuple[int, List[int]]":
    """The number of tokens to remove, and the tokens to append, to get from one history to another."""
    if ids == history:
        return 0, []
    pairs = zip(ids, history)
    same = next((at for at, (one, other) in enumerate(pairs) if one != other), min(len(ids), len(history)))
    return len(history) - same, ids[same:]
