"""The asynchronous client, by asyncio of the standard library: the calls of ``SamplerClient``, to be awaited."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any, Awaitable, Callable, List, Mapping, Optional, Sequence, TypeVar, Union, cast

from . import _calls, _frames, _http
from ._async_http import AsyncConnection, request_head
from ._calls import Call, Reply
from ._place import Place, Search
from ._problem import SamplerProblem
from ._retries import Attempts
from ._rows import Row, Rows
from ._stream import ENDS, stream_reply, to_follow

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from . import types

T = TypeVar("T")

#: Longest idle time of a connection before a new one is opened instead.
IDLE_S_MAX = 30.0
#: Connections of one client at most; calls beyond them wait for one.
CONNECTIONS_MAX = 64


class AsyncSamplerClient:
    """Connections to the service, for any number of tasks of one event loop.

    Options, retries and bounds are those of ``SamplerClient``. ``connections_max`` bounds the calls in progress at
    once; streams have connections of their own.
    """

    def __init__(
        self,
        url: str,
        *,
        timeout_s: float = 30.0,
        retries: int = 2,
        headers: Optional[Mapping[str, str]] = None,
        reply_bytes_max: int = _http.REPLY_BYTES_MAX,
        connections_max: int = CONNECTIONS_MAX,
    ) -> None:
        self._address = _http.Address(url)
        self._timeout_s = timeout_s
        self._retries = retries
        self._headers = dict(headers or {})
        self._reply_bytes_max = reply_bytes_max
        self._connections_max = connections_max
        self._idle: List[AsyncConnection] = []
        self._turns: Optional[asyncio.Semaphore] = None

    async def sample(self, logits: Union[Row, Rows], **options: Unpack[types.StepOptions]) -> types.Sampled:
        """Draws one token from one row [vocab_size]. As ``SamplerClient.sample``."""
        return cast("types.Sampled", await self._send(_calls.sample_call(logits, options)))

    async def sample_batch(
        self, logits: Rows, rows: Optional[Sequence[types.StepOptions]] = None, **shared: Unpack[types.StepOptions]
    ) -> List[Union[types.Sampled, SamplerProblem]]:
        """Draws a token from each of n rows [n, vocab_size]. As ``SamplerClient.sample_batch``."""
        replies: List[Union[types.Sampled, SamplerProblem]] = await self._send(
            _calls.sample_batch_call(logits, rows, shared)
        )
        return replies

    async def verify(
        self, logits: Rows, draft_token_ids: Sequence[int], **options: Unpack[types.VerifyOptions]
    ) -> types.Verified:
        """Verifies a draft of k tokens with rows [k + 1, vocab_size]. As ``SamplerClient.verify``."""
        return cast("types.Verified", await self._send(_calls.verify_call(logits, draft_token_ids, options)))

    async def verify_batch(
        self, logits: Rows, sequences: Sequence[types.VerifySequence], **shared: Unpack[types.VerifyOptions]
    ) -> List[Union[types.Verified, SamplerProblem]]:
        """Verifies the drafts of many sequences. As ``SamplerClient.verify_batch``."""
        replies: List[Union[types.Verified, SamplerProblem]] = await self._send(
            _calls.verify_batch_call(logits, sequences, shared)
        )
        return replies

    async def probabilities(
        self, logits: Union[Row, Rows], **options: Unpack[types.ProbabilitiesOptions]
    ) -> types.ProbabilitiesReply:
        """The softmax of rows, with decisions and sets of classes. As ``SamplerClient.probabilities``."""
        return cast("types.ProbabilitiesReply", await self.analyze("probabilities", logits, **options))

    async def score(self, logits: Union[Row, Rows], **options: Unpack[types.ScoreOptions]) -> types.ScoreReply:
        """Log-probability, rank and cross-entropy of the true classes. As ``SamplerClient.score``."""
        return cast("types.ScoreReply", await self.analyze("score", logits, **options))

    async def diagnose(
        self, logits: Union[Row, Rows], **options: Unpack[types.DiagnoseOptions]
    ) -> types.DiagnoseReply:
        """Margin, entropy, energy and a verdict of rows. As ``SamplerClient.diagnose``."""
        return cast("types.DiagnoseReply", await self.analyze("diagnose", logits, **options))

    async def calibrate(self, logits: Rows, **options: Unpack[types.CalibrateOptions]) -> types.CalibrateReply:
        """The calibration with the smallest cross-entropy on labelled rows. As ``SamplerClient.calibrate``."""
        return cast("types.CalibrateReply", await self.analyze("calibrate", logits, **options))

    async def baseline(self, logits: Rows, **options: Unpack[types.BaselineOptions]) -> types.BaselineReply:
        """Computes the statistics of clean rows, for ``diagnose``. As ``SamplerClient.baseline``."""
        return cast("types.BaselineReply", await self.analyze("baseline", logits, **options))

    async def analyze(self, call: str, logits: Union[Row, Rows], **options: Any) -> Any:
        """The five calls above by name."""
        return await self._send(_calls.analysis_call(call, logits, options))

    async def compare(
        self, logits: Row, compare: Sequence[Union[str, Mapping[str, Any]]], **options: Unpack[types.CompareOptions]
    ) -> types.CompareReply:
        """One row through several presets or chains. As ``SamplerClient.compare``."""
        return cast("types.CompareReply", await self._send(_calls.compare_call(logits, compare, options)))

    async def beam(
        self,
        logits: Rows,
        beam: Mapping[str, Any],
        search: Optional[Mapping[str, Any]] = None,
        rows: Optional[Sequence[types.StepOptions]] = None,
        **shared: Unpack[types.StepOptions],
    ) -> types.BeamReply:
        """Takes one step of a beam search. As ``SamplerClient.beam``."""
        reply: types.BeamReply = await self._send(_calls.beam_call(logits, beam, search, rows, shared))
        return reply

    async def resample(
        self, log_weights: Sequence[Optional[float]], *, threshold: float = 1.0, **key: Any
    ) -> types.ResampleReply:
        """Chooses which of N weighted sequences continue. As ``SamplerClient.resample``."""
        reply: types.ResampleReply = await self._send(
            _calls.resample_call(log_weights, {"threshold": threshold, **key})
        )
        return reply

    async def replay(
        self, logits: Rows, rows: Sequence[types.ReplayStep], **shared: Unpack[types.ReplayStep]
    ) -> types.ReplayReply:
        """Takes steps again. As ``SamplerClient.replay``."""
        reply: types.ReplayReply = await self._send(_calls.replay_call(logits, rows, shared))
        return reply

    async def detect(
        self,
        token_ids: Optional[Sequence[int]] = None,
        *,
        texts: Optional[Sequence[Union[Sequence[int], Mapping[str, Any]]]] = None,
        **options: Unpack[types.DetectOptions],
    ) -> types.DetectReply:
        """Looks for a watermark. As ``SamplerClient.detect``."""
        reply: types.DetectReply = await self._send(_calls.detect_call(token_ids, texts, options))
        return reply

    async def grammar(
        self, grammar: Mapping[str, Any], vocabulary: Optional[str] = None, text: str = "", tokens_max: int = 20
    ) -> types.GrammarReply:
        """Looks at a grammar. As ``SamplerClient.grammar``."""
        reply: types.GrammarReply = await self._send(_calls.grammar_call(grammar, vocabulary, text, tokens_max))
        return reply

    async def common_tokens(
        self,
        draft_vocabulary: str,
        vocabulary: Optional[str] = None,
        *,
        draft_token_ids: Optional[Sequence[int]] = None,
        draft_match: Optional[str] = None,
    ) -> types.CommonTokensReply:
        """The tokens that two vocabularies have in common. As ``SamplerClient.common_tokens``."""
        reply: types.CommonTokensReply = await self._send(
            _calls.common_tokens_call(draft_vocabulary, vocabulary, draft_token_ids, draft_match)
        )
        return reply

    async def stream(self, **options: Unpack[types.StreamOptions]) -> "AsyncSamplerStream":
        """Opens a stream: ``async with await client.stream(seed=7) as stream: await stream.next(logits)``. Raises
        SamplerProblem when the options are refused."""
        stream = AsyncSamplerStream(self._open_stream, self._retries, self._timeout_s, self._reply_bytes_max, options)
        await stream.open()
        return stream

    async def close(self) -> None:
        """Closes the connections. The next call opens others."""
        idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()

    async def __aenter__(self) -> "AsyncSamplerClient":
        return self

    async def __aexit__(self, *_: Any) -> None:
        await self.close()

    async def _send(self, call: Call[T]) -> T:
        if self._turns is None:  # made where the loop runs
            self._turns = asyncio.Semaphore(self._connections_max)
        attempts = Attempts(self._retries, call.repeatable)
        while True:
            async with self._turns:
                connection, kept = await self._connection()
                try:
                    return call.read(await self._exchange(connection, call))
                except (SamplerProblem, OSError) as error:
                    pause_s = attempts.pause_after(error, kept=kept, sent=connection.was_sent)
                    if pause_s is None:
                        raise
            await asyncio.sleep(pause_s)

    async def _connection(self) -> "tuple[AsyncConnection, bool]":
        """A connection, and whether it was kept open from an earlier call."""
        while self._idle:
            connection = self._idle.pop()
            if time.monotonic() - connection.used_s <= IDLE_S_MAX and await connection.is_open():
                return connection, True
            connection.close()
        return AsyncConnection(self._address), False

    async def _exchange(self, connection: AsyncConnection, call: Call[Any]) -> Reply:
        try:
            answer = await within(self._answer(connection, call), self._timeout_s, self._address)
        except BaseException:
            connection.close()
            raise
        status, retry_after, body, ends = answer
        if ends:
            connection.close()
        else:
            connection.used_s = time.monotonic()
            self._idle.append(connection)
        if status != 200:
            raise _calls.problem_of(status, retry_after, body)
        return _calls.reply_of(body)

    async def _answer(self, connection: AsyncConnection, call: Call[Any]) -> "tuple[int, Optional[str], bytes, bool]":
        connection.was_sent = False
        await connection.open()
        connection.was_sent = True
        headers = {**self._headers, **call.headers, "Content-Length": str(call.length)}
        try:
            await connection.send([request_head(self._address, call.path, headers), *call.parts])
        except (BrokenPipeError, ConnectionResetError) as unsent:
            try:
                answer = await connection.head()  # a service that refuses a body (413) need not read it
            except OSError:
                raise unsent from None
        else:
            answer = await connection.head()
        if answer.status == 200:
            return 200, None, await answer.body(self._reply_bytes_max), answer.ends_connection
        return answer.status, answer.retry_after, await answer.problem(), answer.ends_connection

    async def _open_stream(self, options: Mapping[str, Any]) -> "_AsyncWire":
        connection = AsyncConnection(self._address)
        headers = {**self._headers, "Content-Type": "application/octet-stream", "Transfer-Encoding": "chunked"}
        try:
            await connection.open()
            await connection.send([request_head(self._address, "/v1/stream", headers), *_frames.text_frame(options)])
            answer = await connection.head()
            if answer.status != 200:
                raise _calls.problem_of(answer.status, answer.retry_after, await answer.problem())
        except BaseException:
            connection.close()
            raise
        return _AsyncWire(connection, answer, self._address)


class _AsyncWire:
    """One open connection of a stream: frames up, lines down."""

    def __init__(self, connection: AsyncConnection, answer: Any, address: _http.Address) -> None:
        self.connection = connection
        self.answer = answer
        self.address = address


class AsyncSamplerStream:
    """A sequence whose history, step and state the service keeps; its calls are made one after another. Open it with
    ``AsyncSamplerClient.stream``. A lost connection is opened again as ``SamplerStream`` does it."""

    def __init__(
        self,
        open_wire: Callable[[Mapping[str, Any]], Awaitable[_AsyncWire]],
        retries: int,
        timeout_s: float,
        reply_bytes_max: int,
        options: Mapping[str, Any],
    ) -> None:
        self._open_wire = open_wire
        self._retries = retries
        self._timeout_s = timeout_s
        self._reply_bytes_max = reply_bytes_max
        self._place = Place(options)
        self._wire: Any = None
        self._made_here = 0
        self._turn = asyncio.Lock()

    @property
    def history(self) -> List[int]:
        """The token ids so far, the prompt first."""
        return list(self._place.history)

    @property
    def checkpoint(self) -> types.StreamOptions:
        """The options that open a stream that continues at this place."""
        return cast("types.StreamOptions", self._place.checkpoint)

    async def open(self) -> None:
        """Opens the connection, which ``AsyncSamplerClient.stream`` has done."""
        async with self._turn:
            await self._attempt([], "")

    async def next(self, logits: Union[Row, Rows], **own: Unpack[types.OptionChanges]) -> types.Sampled:
        """Sends a row [vocab_size] and waits for its token. As ``SamplerStream.next``."""
        async with self._turn:
            self._place.require_no_search()
            pieces = _frames.row_frames(logits, own, self._place.options)
            return cast("types.Sampled", await self._answered(pieces, "token_id"))

    async def verify(
        self, logits: Rows, draft_token_ids: Sequence[int], **draft: Unpack[types.DraftOptions]
    ) -> types.Verified:
        """Sends a draft of k tokens with the target's rows [k + 1, vocab_size]. As ``SamplerStream.verify``."""
        async with self._turn:
            self._place.require_no_search()
            own = {**draft, "draft_token_ids": [int(token_id) for token_id in draft_token_ids]}
            pieces = _frames.verify_frames(logits, own, self._place.options)
            return cast("types.Verified", await self._answered(pieces, "token_ids"))

    async def beam(self, logits: Rows, beam: Optional[Mapping[str, Any]] = None) -> types.BeamReply:
        """Takes one step of a beam search with rows [beams, vocab_size]. As ``SamplerStream.beam``."""
        async with self._turn:
            rows = _frames.beam_frames(logits, self._place.options)
            search = self._place.search_of(beam, len(rows))
            pieces = [piece for row in rows for piece in row]
            reply = await self._attempt(pieces, "beams", search)
            self._place.searched(search, reply)
            return cast("types.BeamReply", reply)

    async def end_search(self) -> None:
        """Abandons the open search."""
        async with self._turn:
            self._place.search = None
            await self._tell({"type": "beam", "beam": None})

    async def update(self, **options: Unpack[types.OptionChanges]) -> None:
        """Changes options from the next step on; None takes one back."""
        async with self._turn:
            await self._tell({**options, "type": "update"})
            self._place.options.update(options)

    async def accept(self, token_ids: Sequence[int]) -> None:
        """Puts forced tokens behind the history. Each counts as a step."""
        async with self._turn:
            await self._accept([int(token_id) for token_id in token_ids])

    async def rewind(self, steps: int) -> None:
        """Takes back the last tokens, drawn or accepted. Raises ValueError for more than were made on this stream."""
        async with self._turn:
            await self._rewind(int(steps))

    async def follow(self, token_ids: Sequence[int]) -> None:
        """Makes the history these ids, by rewinding and accepting."""
        async with self._turn:
            back, forth = to_follow(self._place.history, [int(token_id) for token_id in token_ids])
            if back > 0:
                await self._rewind(back)
            if forth:
                await self._accept(forth)

    async def close(self) -> None:
        """Ends the stream and its connection."""
        wire, self._wire = self._wire, None
        if wire is None:
            return
        try:
            await within(wire.connection.send([_frames.END]), self._timeout_s, wire.address)
        except OSError:
            pass  # the service has ended it already
        finally:
            wire.connection.close()

    async def __aenter__(self) -> "AsyncSamplerStream":
        return self

    async def __aexit__(self, *_: Any) -> None:
        await self.close()

    async def _accept(self, ids: List[int]) -> None:
        self._place.require_no_search()
        await self._tell({"type": "accept", "token_ids": ids})
        self._place.accept(ids)
        self._made_here += len(ids)

    async def _rewind(self, steps: int) -> None:
        self._place.require_no_search()
        self._place.rewind(steps)
        if steps > self._made_here:
            self._drop()  # made before it was opened again: the next opening tells the place
        else:
            await self._tell({"type": "rewind", "steps": steps})
            self._made_here -= steps

    async def _answered(self, pieces: _frames.Pieces, mark: str) -> Reply:
        reply = await self._attempt(pieces, mark)
        self._made_here += self._place.took(reply)
        return reply

    async def _attempt(self, pieces: _frames.Pieces, mark: str, search: Optional[Search] = None) -> Reply:
        """Asks on an open stream, and opens it first, and again, where it is not. Without a mark it only opens. With
        ``search`` the pieces are rows of that."""
        attempts = Attempts(self._retries, repeatable=True)
        while True:
            kept = was_open = self._wire is not None
            try:
                if self._wire is None:
                    opening = self._open_wire(self._place.checkpoint)
                    self._wire, self._made_here = await within(opening, self._timeout_s, None), 0
                    was_open = True
                asking = self._ask(pieces, mark) if search is None else self._searched(pieces, mark, search)
                return await within(asking, self._timeout_s, self._wire.address)
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
            await asyncio.sleep(pause_s)

    async def _searched(self, rows: _frames.Pieces, mark: str, search: Search) -> Reply:
        wire = self._wire
        pieces = rows if search.wire is wire else [*_frames.text_frame(search.message), *rows]
        search.wire = None  # what is refused is opened anew
        reply = await self._ask(pieces, mark)
        search.wire = wire
        return reply

    async def _ask(self, pieces: _frames.Pieces, mark: str) -> Reply:
        if mark == "":
            return {}
        wire = self._wire
        try:
            await wire.connection.send(pieces)
        except (BrokenPipeError, ConnectionResetError):
            line = await wire.answer.line(self._reply_bytes_max)  # that says why the service ended the stream
            if not line:
                raise
        else:
            line = await wire.answer.line(self._reply_bytes_max)
        return stream_reply(line, mark, self._reply_bytes_max)

    async def _tell(self, message: Mapping[str, Any]) -> None:
        """Sends a message that gets no answer. If the connection is lost, the next opening of the stream repeats it."""
        try:
            if self._wire is not None:
                sending = self._wire.connection.send(_frames.text_frame(message))
                await within(sending, self._timeout_s, self._wire.address)
        except ConnectionError:
            self._drop()
        except BaseException:
            self._drop()
            raise

    def _drop(self) -> None:
        wire, self._wire = self._wire, None
        if wire is not None:
            wire.connection.close()


async def within(action: Awaitable[T], timeout_s: float, address: Optional[_http.Address]) -> T:
    """Waits for an operation up to the deadline. An error names the address."""
    try:
        return await asyncio.wait_for(action, timeout_s)
    except (asyncio.TimeoutError, TimeoutError):
        where = "the service" if address is None else str(address)
        raise TimeoutError(f"{where} did not answer within {timeout_s:g} s") from None
    except OSError as error:
        if address is None or error.filename is not None:
            raise
        if error.errno is None:
            raise type(error)(f"{error} ({address})") from error
        raise OSError(error.errno, error.strerror, str(address)) from error
