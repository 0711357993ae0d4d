"""The client of the service: one kept-alive connection."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, List, Mapping, Optional, Sequence, TypeVar, Union

from . import _calls, _http
from ._calls import Call, Reply
from ._problem import SamplerProblem
from ._retries import Attempts
from ._rows import Row, Rows
from ._stream import SamplerStream, Wires

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from . import types

T = TypeVar("T")

#: Longest idle time of a connection before a new one is opened instead: services and proxies drop idle ones.
IDLE_S_MAX = 30.0


class SamplerClient:
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

    def sample(self, logits: Union[Row, Rows], **options: Unpack[types.StepOptions]) -> types.Sampled:
        """Draws one token from one row.

        ``logits`` is a row [vocab_size] in any form of ``Row``. With ``combine`` it is the rows of several sources: an
        array [k, vocab_size], or a sequence of rows, which the rule makes one of. Options are those of the service
        (docs/samplers.md); ``types.StepOptions`` has the range and the default of each.

        The reply has ``token_id``, ``seed``, ``step``, ``state`` and what was asked for. Raises SamplerProblem when the
        service refuses, ValueError or TypeError for what is no row, TimeoutError and ConnectionError of the network.
        """
        reply: types.Sampled = self._send(_calls.sample_call(logits, options))
        return reply

    def sample_batch(
        self, logits: Rows, rows: Optional[Sequence[types.StepOptions]] = None, **shared: Unpack[types.StepOptions]
    ) -> List[Union[types.Sampled, SamplerProblem]]:
        """Draws a token from each of n rows: an array [n, vocab_size], or a sequence of rows of one length.

        ``rows`` has the options of each row, which win over the shared ones. A row that is refused has its
        SamplerProblem in its place and fails alone; a batch that is wrong as a whole raises it.
        """
        replies: List[Union[types.Sampled, SamplerProblem]] = self._send(_calls.sample_batch_call(logits, rows, shared))
        return replies

    def verify(
        self, logits: Rows, draft_token_ids: Sequence[int], **options: Unpack[types.VerifyOptions]
    ) -> types.Verified:
        """Accepts drafted tokens as far as the target agrees, and draws what follows.

        ``logits`` is an array [k + 1, vocab_size], or a sequence of rows of one length: a row of the target for each of
        the k tokens drafted and one more, then the rows of the draft where ``draft_rows`` names them. The reply has
        ``accepted`` and ``token_ids``. Raises as ``sample`` does.
        """
        reply: types.Verified = self._send(_calls.verify_call(logits, draft_token_ids, options))
        return reply

    def verify_batch(
        self, logits: Rows, sequences: Sequence[types.VerifySequence], **shared: Unpack[types.VerifyOptions]
    ) -> List[Union[types.Verified, SamplerProblem]]:
        """The same for many sequences: the rows of all one behind another, and of each its ``draft_token_ids`` and the
        options of its own. A sequence that is refused has its SamplerProblem in its place.
        """
        replies: List[Union[types.Verified, SamplerProblem]] = self._send(
            _calls.verify_batch_call(logits, sequences, shared)
        )
        return replies

    def probabilities(
        self, logits: Union[Row, Rows], **options: Unpack[types.ProbabilitiesOptions]
    ) -> types.ProbabilitiesReply:
        """The softmax of each row with its entropy and log-odds in nats; with ``threshold`` a decision, with
        ``conformal`` a set of classes.

        ``logits`` is one row [classes], and the reply is of it; or many, an array [n, classes] or a sequence of rows of
        one length, and the reply has them under ``results``. One class alone is the binary case. Raises as ``sample``.
        """
        reply: types.ProbabilitiesReply = self.analyze("probabilities", logits, **options)
        return reply

    def score(self, logits: Union[Row, Rows], **options: Unpack[types.ScoreOptions]) -> types.ScoreReply:
        """Log-probability (nats), rank (1 is the likeliest) and cross-entropy of the class that came: ``target`` for one
        row [classes], ``targets`` for many rows [n, classes]. Raises as ``sample``."""
        reply: types.ScoreReply = self.analyze("score", logits, **options)
        return reply

    def diagnose(self, logits: Union[Row, Rows], **options: Unpack[types.DiagnoseOptions]) -> types.DiagnoseReply:
        """Margin, entropy, energy and a verdict of one row [classes], or of each of [n, classes] under ``results``; with
        ``baseline`` whether it is suspicious. Raises as ``sample``."""
        reply: types.DiagnoseReply = self.analyze("diagnose", logits, **options)
        return reply

    def calibrate(self, logits: Rows, **options: Unpack[types.CalibrateOptions]) -> types.CalibrateReply:
        """The calibration with the smallest cross-entropy on rows [n, classes] with their ``targets``. Raises as
        ``sample``."""
        reply: types.CalibrateReply = self.analyze("calibrate", logits, **options)
        return reply

    def baseline(self, logits: Rows, **options: Unpack[types.BaselineOptions]) -> types.BaselineReply:
        """What clean rows [n, classes] look like, for ``diagnose``. Raises as ``sample``."""
        reply: types.BaselineReply = self.analyze("baseline", logits, **options)
        return reply

    def analyze(self, call: str, logits: Union[Row, Rows], **options: Any) -> Any:
        """The five calls above by name: "probabilities", "score", "diagnose", "calibrate" or "baseline"."""
        return self._send(_calls.analysis_call(call, logits, options))

    def compare(
        self, logits: Row, compare: Sequence[Union[str, Mapping[str, Any]]], **options: Unpack[types.CompareOptions]
    ) -> types.CompareReply:
        """One row [vocab_size] through several presets or chains: where and why they differ. ``compare`` has their names,
        or objects of options such as ``{"preset": "vllm", "top_k": 5}``. Raises as ``sample``."""
        reply: types.CompareReply = self._send(_calls.compare_call(logits, compare, options))
        return reply

    def replay(
        self, logits: Rows, rows: Sequence[types.ReplayStep], **shared: Unpack[types.ReplayStep]
    ) -> types.ReplayReply:
        """Takes steps again and holds them to what was claimed of them. ``logits`` is [n, vocab_size]; ``rows`` has of each
        its options and its claim, ``token_id`` at least. The reply has ``results`` in order, and ``totals``."""
        reply: types.ReplayReply = self._send(_calls.replay_call(logits, rows, shared))
        return reply

    def detect(
        self,
        token_ids: Optional[Sequence[int]] = None,
        *,
        texts: Optional[Sequence[Union[Sequence[int], Mapping[str, Any]]]] = None,
        **options: Unpack[types.DetectOptions],
    ) -> types.DetectReply:
        """Looks for a watermark in one text of token ids, or in each of ``texts``: lists of ids, or objects with
        ``token_ids`` and ``prompt_length``. The reply has ``p_value`` and ``score``, or ``results`` in order."""
        reply: types.DetectReply = self._send(_calls.detect_call(token_ids, texts, options))
        return reply

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
