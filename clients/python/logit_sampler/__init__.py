"""Client for the logit-sampler service: logits in, tokens out. One file without adapters, standard library only.

    from logit_sampler import SamplerClient

    client = SamplerClient("http://127.0.0.1:8080")
    reply = client.sample(logits, temperature=0.8, top_p=0.95, seed=7, step=0)
    reply["token_id"]

    with client.stream(temperature=0.8, seed=7, history=prompt, prompt_length=len(prompt)) as stream:
        token_id = stream.next(logits)["token_id"]

Options are keyword arguments with the names they have on the wire; the service checks them and refuses what it does
not know. Replies are the dictionaries that came. A client, and each of its streams, belongs to one thread.

Rows of logits may be numpy arrays (float32, float16, bfloat16 of ml_dtypes; float64 is rounded to float32), lists or
other sequences of numbers, ``array.array("f")``, a ``Packed`` for bytes that are little-endian already, or a dict
``{"token_ids": [...], "values": [...], ...}`` of the tokens that matter. numpy is used when it is there, never needed.
"""

from __future__ import annotations

import http.client
import json
import struct
import sys
import time
from array import array
from dataclasses import dataclass
from typing import Any, Callable, Dict, List, Mapping, NamedTuple, Optional, Sequence, TypeVar, Union
from urllib.parse import urlsplit

__all__ = ["Packed", "SamplerClient", "SamplerProblem", "SamplerStream"]

Reply = Dict[str, Any]
_T = TypeVar("_T")

#: Longest idle time of a connection before a new one is opened instead: services and proxies drop idle ones.
IDLE_S_MAX = 30.0
#: Longest wait that a Retry-After may ask for.
RETRY_AFTER_S_MAX = 30.0

_DTYPES = {"float32": "f32", "float16": "f16", "bfloat16": "bf16"}
_ELEMENT_BYTES = {"f32": 4, "f16": 2, "bf16": 2}
_ANALYSIS_CALLS = ("probabilities", "score", "diagnose", "calibrate", "baseline")
_TEXT_BIT = 1 << 31
#: Frames up to this size go out in one piece; larger ones are not worth copying.
_JOINED_BYTES_MAX = 65_536


class SamplerProblem(Exception):
    """What the service refused, and why.

    ``status``, ``code`` and ``pointer`` are the machine's part (RFC 9457 and RFC 6901), ``detail`` is the sentence
    with the rule and the value received. ``retry_after_s`` is set when the service asked to come again.
    """

    def __init__(self, status: int, body: Mapping[str, Any], retry_after_s: Optional[float] = None) -> None:
        self.status = status
        self.code = str(body.get("code", ""))
        self.detail = str(body.get("detail", ""))
        self.pointer = str(body.get("pointer", ""))
        self.request_id = str(body.get("request_id", ""))
        self.retry_after_s = retry_after_s
        super().__init__(f"{status} {self.code}: {self.detail} {self.pointer}".rstrip())


@dataclass(frozen=True)
class Packed:
    """One row, or several of one length, as little-endian bytes: ``Packed(buffer, "bf16")``."""

    data: Any
    dtype: str = "f32"


#: What may stand for one row of logits.
Row = Union[Sequence[float], Packed, Mapping[str, Any], Any]


class _Tensor(NamedTuple):
    dtype: str
    data: memoryview


class SamplerClient:
    """One kept-alive connection to the service.

    ``timeout_s`` bounds each wait for the network. ``retries`` is how often a request is sent again after a 503 with
    Retry-After, and only when that is safe: the service itself said that it never began (its problem ``overloaded`` or
    ``shutting_down``), or the request had a ``seed``, so that the same bytes would come again. A 503 of a proxy on the
    way to a request without a seed is not retried: the token may have been drawn, and another would be drawn now.
    """

    def __init__(
        self,
        url: str,
        *,
        timeout_s: float = 30.0,
        retries: int = 2,
        headers: Optional[Mapping[str, str]] = None,
    ) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or parts.hostname is None:
            raise ValueError(f"url must be http://host:port or https://host:port, got {url!r}")
        self._address = (parts.scheme, parts.hostname, parts.port)
        self._prefix = parts.path.rstrip("/")
        self._timeout_s = timeout_s
        self._retries = retries
        self._headers = dict(headers or {})
        self._connection: Optional[http.client.HTTPConnection] = None
        self._used_s = 0.0

    def sample(self, logits: Row, **options: Any) -> Reply:
        """Draws one token from one row. Raises SamplerProblem.

        With ``combine`` the logits are those of several sources: an array [k, vocab_size], or a sequence of rows in any
        form, which the rule makes one of.
        """
        seeded = "seed" in options
        if "combine" not in options or not _is_sources(logits):
            return self._post("/v1/sample", logits, options, seeded)
        tensor = _sources_tensor(logits)
        if tensor is None:
            return self._post_json("/v1/sample", {**options, "sources": _json_sources(logits, options)}, seeded)
        return self._post("/v1/sample", tensor[0], {"shape": tensor[1], **options}, seeded)

    def sample_batch(
        self, logits: Any, rows: Optional[Sequence[Mapping[str, Any]]] = None, **shared: Any
    ) -> List[Union[Reply, SamplerProblem]]:
        """Draws a token from each of many rows: an array [n, vocab_size], or a sequence of rows of one length.

        ``rows`` has the options of each row, which win over the shared ones. A row that is refused has its
        SamplerProblem in its place and fails alone; a batch that is wrong as a whole raises it.
        """
        tensor, shape = _batch_tensor(logits)
        options = dict(shared, shape=shape) if rows is None else dict(shared, shape=shape, rows=list(rows))
        seeded = "seed" in shared or (rows is not None and all("seed" in row for row in rows))
        results = self._post("/v1/sample/batch", tensor, options, seeded)["results"]
        return [_result(result) for result in results]

    def verify(self, logits: Any, draft_token_ids: Sequence[int], **options: Any) -> Reply:
        """Accepts drafted tokens as far as the target agrees, and draws what follows.

        ``logits`` is an array [k + 1, vocab_size], or a sequence of rows of one length: a row of the target for each token
        drafted and one more, then the rows of the draft where ``draft_rows`` tells of them.
        """
        tensor, shape = _batch_tensor(logits)
        said = {**options, "draft_token_ids": list(draft_token_ids), "shape": shape}
        return self._post("/v1/verify", tensor, said, seeded="seed" in options)

    def verify_batch(
        self, logits: Any, sequences: Sequence[Mapping[str, Any]], **shared: Any
    ) -> List[Union[Reply, SamplerProblem]]:
        """The same for many sequences: the rows of all one behind another, and of each its ``draft_token_ids`` and what
        is its own of the options. One that is refused has its SamplerProblem in its place.
        """
        tensor, shape = _batch_tensor(logits)
        options = dict(shared, shape=shape, sequences=list(sequences))
        seeded = "seed" in shared or all("seed" in sequence for sequence in sequences)
        results = self._post("/v1/verify/batch", tensor, options, seeded)["results"]
        return [_result(result) for result in results]

    def analyze(self, call: str, logits: Any, **options: Any) -> Reply:
        """What logits say before anything is drawn. ``call`` is "probabilities", "score", "diagnose", "calibrate" or
        "baseline"; ``logits`` is one row, or many as an array [n, classes] or a sequence of rows of one length, and then
        the reply has them under ``results``. The classes that came are ``target=`` or ``targets=``.
        """
        if call not in _ANALYSIS_CALLS:
            raise ValueError(f"call must be one of {', '.join(_ANALYSIS_CALLS)}, got {call!r}")
        tensor, shape = _batch_tensor(logits) if _is_batch(logits) else _row_tensor(logits)
        return self._post(f"/v1/{call}", tensor, {**options, "shape": shape}, seeded=True)

    def compare(self, logits: Row, compare: Sequence[Any], **options: Any) -> Reply:
        """One row through several presets or chains: where and why they differ."""
        return self._post("/v1/compare", logits, {**options, "compare": list(compare)}, seeded="seed" in options)

    def stream(self, **options: Any) -> "SamplerStream":
        """Opens a stream: the service keeps history, step and state, so that a step sends only its logits.

        Rows are sent as float32 unless ``dtype`` says "f16" or "bf16". Use it in a ``with`` statement.
        """
        return self._retrying(lambda: SamplerStream(self._connect(), self._target("/v1/stream"), self._headers, options), True)

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
        self._connection = None

    def __enter__(self) -> "SamplerClient":
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()

    def _post(self, path: str, logits: Row, options: Mapping[str, Any], seeded: bool) -> Reply:
        if isinstance(logits, Mapping):
            return self._post_json(path, {**options, "logits": _plain(logits)}, seeded)
        tensor = logits if isinstance(logits, _Tensor) else _tensor(logits)
        head = _json({"dtype": tensor.dtype, **options})
        headers = {
            "Content-Type": "application/octet-stream",
            "Inference-Header-Content-Length": str(len(head)),
        }
        return self._send_parts(path, [head, tensor.data], headers, seeded)

    def _post_json(self, path: str, body: Mapping[str, Any], seeded: bool) -> Reply:
        return self._send_parts(path, [_json(body)], {"Content-Type": "application/json"}, seeded)

    def _send_parts(self, path: str, parts: Sequence[Any], headers: Dict[str, str], seeded: bool) -> Reply:
        headers["Content-Length"] = str(sum(len(part) for part in parts))
        return self._retrying(lambda: self._exchange(path, parts, headers), seeded)

    def _exchange(self, path: str, parts: Sequence[Any], headers: Mapping[str, str]) -> Reply:
        if self._connection is None or time.monotonic() - self._used_s > IDLE_S_MAX:
            self.close()
            self._connection = self._connect()
        try:
            response = self._answer(path, parts, headers)
            body = response.read()
        except BaseException:
            self.close()
            raise
        self._used_s = time.monotonic()
        if response.status != 200:
            raise _problem(response, body)
        reply: Reply = json.loads(body)
        return reply

    def _answer(self, path: str, parts: Sequence[Any], headers: Mapping[str, str]) -> http.client.HTTPResponse:
        """The head of the answer, which may come before the body was taken: a service that refuses a body (413) need
        not read it, and sending then fails."""
        connection = self._connection
        assert connection is not None
        try:
            connection.request("POST", self._target(path), body=iter(parts), headers={**self._headers, **headers})
        except (BrokenPipeError, ConnectionResetError) as unsent:
            try:
                return connection.getresponse()
            except (OSError, http.client.HTTPException):
                raise unsent from None
        return connection.getresponse()

    def _retrying(self, attempt: Callable[[], _T], seeded: bool) -> _T:
        for left in range(self._retries, -1, -1):
            try:
                return attempt()
            except SamplerProblem as problem:
                if left == 0 or not _may_retry(problem, seeded):
                    raise
                time.sleep(min(problem.retry_after_s or 0.0, RETRY_AFTER_S_MAX))
        raise AssertionError("the last attempt returns or raises")

    def _connect(self) -> http.client.HTTPConnection:
        scheme, host, port = self._address
        kind = http.client.HTTPSConnection if scheme == "https" else http.client.HTTPConnection
        return kind(host, port, timeout=self._timeout_s)

    def _target(self, path: str) -> str:
        return self._prefix + path


class SamplerStream:
    """A sequence whose history, step and state the service keeps. Open it with ``SamplerClient.stream``."""

    def __init__(
        self, connection: http.client.HTTPConnection, target: str, headers: Mapping[str, str], options: Mapping[str, Any]
    ) -> None:
        self._connection = connection
        self._dtype = str(options.get("dtype", "f32"))
        self._options = dict(options)
        self._history: List[int] = [int(token_id) for token_id in options.get("history", [])]
        self._last: Reply = {}
        try:
            connection.putrequest("POST", target)
            for name, value in {**headers, "Content-Type": "application/octet-stream"}.items():
                connection.putheader(name, value)
            connection.putheader("Transfer-Encoding", "chunked")
            connection.endheaders()
            self._send_text(options)
            self._response = connection.getresponse()
        except BaseException:
            connection.close()
            raise
        if self._response.status != 200:
            problem = _problem(self._response, self._response.read())
            connection.close()
            raise problem

    @property
    def history(self) -> List[int]:
        """The token ids so far, the prompt first."""
        return list(self._history)

    @property
    def checkpoint(self) -> Dict[str, Any]:
        """The options that open a stream which goes on at this very place: ``client.stream(**checkpoint)``.

        Steps that were rewound take their state along, so a chain with a state (mirostat, adaptive_p) is to be
        reopened right after a reply.
        """
        carried = {name: self._last[name] for name in ("seed", "state") if self._last.get(name) is not None}
        options = {name: value for name, value in self._options.items() if value is not None and name != "step"}
        return {**options, **carried, "history": self.history, **self._step()}

    def next(self, logits: Row, **own: Any) -> Reply:
        """Sends a row and waits for its token. ``own`` options hold for this step only; they cost a JSON message.

        Raises SamplerProblem when the row is refused; the stream is then where it was, and another row may follow.
        """
        if ("combine" in own or "combine" in self._options) and _is_sources(logits):
            self._send_sources(logits, own)
        elif isinstance(logits, Mapping):
            self._send_text({**own, "logits": _plain(logits)})
        elif own:
            tensor = _tensor(logits)
            self._send_text({**own, "logits": {"dtype": tensor.dtype, "data": _base64(tensor.data)}})
        else:
            self._send_row(_as_dtype(_tensor(logits), self._dtype))
        reply = self._read()
        self._last = reply
        self._history.append(reply["token_id"])
        return reply

    def update(self, **options: Any) -> None:
        """Changes options from the next step on; None takes one back."""
        self._send_text({**options, "type": "update"})
        self._options.update(options)

    def accept(self, token_ids: Sequence[int]) -> None:
        """Puts forced tokens behind the history. Each counts as a step."""
        ids = [int(token_id) for token_id in token_ids]
        self._send_text({"type": "accept", "token_ids": ids})
        self._history.extend(ids)

    def rewind(self, steps: int) -> None:
        """Takes back the last tokens, drawn or accepted."""
        self._send_text({"type": "rewind", "steps": int(steps)})
        del self._history[len(self._history) - int(steps) :]

    def follow(self, token_ids: Sequence[int]) -> None:
        """Makes the history these ids, by rewinding and accepting: for hosts that tell the whole sequence each time."""
        ids = [int(token_id) for token_id in token_ids]
        if ids == self._history:
            return
        pairs = zip(ids, self._history)
        same = next((at for at, (one, other) in enumerate(pairs) if one != other), min(len(ids), len(self._history)))
        if same < len(self._history):
            self.rewind(len(self._history) - same)
        if same < len(ids):
            self.accept(ids[same:])

    def close(self) -> None:
        """Ends the stream and its connection."""
        try:
            if self._connection.sock is not None:
                self._connection.send(b"0\r\n\r\n")
        except OSError:
            pass  # the service has ended it already
        finally:
            self._connection.close()

    def __enter__(self) -> "SamplerStream":
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()

    def _step(self) -> Dict[str, int]:
        """A first step that was given has moved on with the history; else the service counts by itself."""
        if "step" not in self._options:
            return {}
        return {"step": self._options["step"] + len(self._history) - len(self._options.get("history", []))}

    def _send_sources(self, logits: Any, own: Mapping[str, Any]) -> None:
        tensor = None if own else _sources_tensor(logits)
        if tensor is None:
            self._send_text({**own, "sources": _json_sources(logits, {**self._options, **own})})
        else:
            self._send_row(_as_dtype(tensor[0], self._dtype))

    def _send_text(self, message: Mapping[str, Any]) -> None:
        data = _json(message)
        self._send(len(data) | _TEXT_BIT, memoryview(data))

    def _send_row(self, tensor: _Tensor) -> None:
        self._send(len(tensor.data), tensor.data)

    def _send(self, prefix: int, data: memoryview) -> None:
        """One frame as one chunk of the request's body."""
        head = b"%x\r\n%s" % (len(data) + 4, struct.pack("<I", prefix))
        try:
            if len(data) <= _JOINED_BYTES_MAX:
                self._connection.send(b"".join((head, data, b"\r\n")))
                return
            self._connection.send(head)
            self._connection.send(data)
            self._connection.send(b"\r\n")
        except (BrokenPipeError, ConnectionResetError):
            self._read()  # the line that says why the service ended the stream, if it came through
            raise

    def _read(self) -> Reply:
        line = self._response.readline()
        if not line:
            raise ConnectionError("the service ended the stream")
        reply: Reply = json.loads(line)
        if "token_id" not in reply:
            raise SamplerProblem(int(reply.get("status", 0)), reply)
        return reply


def _may_retry(problem: SamplerProblem, seeded: bool) -> bool:
    if problem.status != 503 or problem.retry_after_s is None:
        return False
    return seeded or problem.code in ("overloaded", "shutting_down")


def _problem(response: http.client.HTTPResponse, body: bytes) -> SamplerProblem:
    try:
        parsed = json.loads(body)
    except ValueError:
        parsed = {"detail": body.decode("utf-8", "replace")[:500]}
    after = response.getheader("Retry-After")
    seconds = float(after) if after is not None and after.isdigit() else None
    return SamplerProblem(response.status, parsed if isinstance(parsed, dict) else {}, seconds)


def _result(result: Mapping[str, Any]) -> Union[Reply, SamplerProblem]:
    is_reply = "token_id" in result or "token_ids" in result
    return dict(result) if is_reply else SamplerProblem(int(result.get("status", 0)), result)


def _tensor(logits: Row) -> _Tensor:
    """The bytes of a row, without a copy where its form allows."""
    if isinstance(logits, _Tensor):
        return logits
    if isinstance(logits, Packed):
        if logits.dtype not in _ELEMENT_BYTES:
            raise ValueError(f"dtype must be f32, f16 or bf16, got {logits.dtype!r}")
        return _Tensor(logits.dtype, memoryview(logits.data).cast("B"))
    if hasattr(logits, "dtype") and hasattr(logits, "astype"):
        return _numpy_tensor(logits)
    values = logits if isinstance(logits, array) and logits.typecode == "f" else array("f", logits)
    if sys.byteorder == "big":
        values = array("f", values)
        values.byteswap()
    return _Tensor("f32", memoryview(values).cast("B"))


def _numpy_tensor(values: Any) -> _Tensor:
    name = values.dtype.name  # made anew each time it is asked for, in 6 µs
    if name == "float64":
        values, name = values.astype("float32"), "float32"
    dtype = _DTYPES.get(name)
    if dtype is None:
        raise ValueError(f"logits must be float32, float16, bfloat16 or float64, got {name}")
    if not values.flags.c_contiguous:
        values = values.copy()
    bits = values.view(f"u{_ELEMENT_BYTES[dtype]}")
    little = bits.byteswap() if sys.byteorder == "big" else bits
    return _Tensor(dtype, memoryview(little).cast("B"))


def _batch_tensor(logits: Any) -> "tuple[_Tensor, List[int]]":
    """All rows one after another, and the shape [rows, vocab_size]."""
    if hasattr(logits, "shape"):
        if len(logits.shape) != 2:
            raise ValueError(f"the logits of a batch must have the shape [n, vocab_size], got {list(logits.shape)}")
        return _numpy_tensor(logits), [int(size) for size in logits.shape]
    tensors = [_tensor(row) for row in logits]
    if not tensors:
        raise ValueError("a batch must have at least one row, got none")
    first = tensors[0]
    for index, tensor in enumerate(tensors):
        if tensor.dtype != first.dtype or len(tensor.data) != len(first.data):
            raise ValueError(f"rows of a batch must be of one length and dtype, got another at row {index}")
    data = memoryview(b"".join(tensor.data for tensor in tensors))
    return _Tensor(first.dtype, data), [len(tensors), len(first.data) // _ELEMENT_BYTES[first.dtype]]


def _is_batch(logits: Any) -> bool:
    if hasattr(logits, "shape"):
        return len(logits.shape) == 2
    return isinstance(logits, (list, tuple)) and len(logits) > 0 and not isinstance(logits[0], (int, float))


def _is_sources(logits: Any) -> bool:
    """Whether logits are the rows of several sources."""
    return not isinstance(logits, Mapping) and _is_batch(logits)


def _sources_tensor(logits: Any) -> "Optional[tuple[_Tensor, List[int]]]":
    """All sources one after another, and the shape [k, vocab_size]; None where they are not all alike."""
    if hasattr(logits, "shape"):
        return _batch_tensor(logits)
    if any(isinstance(row, Mapping) for row in logits):
        return None
    tensors = [_tensor(row) for row in logits]
    alike = len({(tensor.dtype, len(tensor.data)) for tensor in tensors}) == 1
    return _batch_tensor(tensors) if alike else None


def _json_sources(logits: Any, options: Mapping[str, Any]) -> List[Dict[str, Any]]:
    """Each source with what the options say of it."""
    said = options.get("sources") or [{}] * len(logits)
    return [{**source, "logits": _json_row(row)} for source, row in zip(said, logits)]


def _json_row(row: Row) -> Any:
    if isinstance(row, Mapping):
        return _plain(row)
    tensor = _tensor(row)
    return {"dtype": tensor.dtype, "data": _base64(tensor.data)}


def _row_tensor(logits: Row) -> "tuple[_Tensor, List[int]]":
    """One row, and the shape [classes]."""
    tensor = _tensor(logits)
    return tensor, [len(tensor.data) // _ELEMENT_BYTES[tensor.dtype]]


def _as_dtype(tensor: _Tensor, dtype: str) -> _Tensor:
    """A stream's rows are all of the dtype that it was opened with."""
    if tensor.dtype == dtype:
        return tensor
    raise ValueError(f"this stream was opened for rows of {dtype}, got {tensor.dtype}: open it with dtype={tensor.dtype!r}")


def _base64(data: memoryview) -> str:
    import base64

    return base64.b64encode(data).decode("ascii")


#: Options that JSON cannot say as Python does: biases of -inf, keys and masks of numpy. Others, which may be long, stay as they are.
_REWRITTEN = ("logit_bias", "sequence_bias", "chain", "compare", "token_bitmask", "rows")


def _json(options: Mapping[str, Any]) -> bytes:
    """Options as JSON text."""
    rewritten = _rewritten({name: options[name] for name in _REWRITTEN if name in options})
    return json.dumps({**options, **rewritten}, default=_plain).encode()


def _rewritten(value: Any) -> Any:
    """-inf as the ban that it is, token ids of numpy as keys, the bytes and words of a mask in base64."""
    if isinstance(value, Mapping):
        return {_key(name): _mask(each) if name == "token_bitmask" else _rewritten(each) for name, each in value.items()}
    if isinstance(value, (list, tuple)):
        ids = len(value) > 0 and isinstance(value[0], int)  # a history, perhaps: long, and right as it is
        return value if ids else [_rewritten(each) for each in value]
    if hasattr(value, "tolist"):
        return _rewritten(value.tolist())
    return "-inf" if isinstance(value, float) and value == float("-inf") else value


def _key(name: Any) -> Any:
    return int(name) if hasattr(name, "__index__") else name


def _mask(value: Any) -> Any:
    """A mask of tokens as bytes, or as numpy's 32-bit words; a text is base64 already."""
    if hasattr(value, "astype"):
        value = value.astype("<i4").tobytes()
    return _base64(memoryview(value)) if isinstance(value, (bytes, bytearray, memoryview)) else value


def _plain(value: Any) -> Any:
    """Numbers and arrays of numpy, as JSON takes them."""
    if isinstance(value, Mapping):
        return {name: _plain(each) for name, each in value.items()}
    if hasattr(value, "tolist"):
        return value.tolist()
    if isinstance(value, (list, tuple, str, int, float, bool)) or value is None:
        return value
    return list(value)
