"""Builds the request of each call and reads its answer. Nothing here waits: both clients send the requests that are
built here."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Callable, Dict, Generic, List, Mapping, Optional, Sequence, TypeVar, Union

from ._json import json_bytes, plain
from ._problem import SamplerProblem, UnreadableReply
from ._rows import Tensor, batch_tensor, is_batch, is_sources, json_sources, row_tensor, sources_tensor, tensor_of

T = TypeVar("T")
Reply = Dict[str, Any]

#: Every reply of a call has one of these names. An answer without them does not come from the service.
_MARKS = {
    "probabilities": ("top_id", "probability", "results"),
    "score": ("rank", "results"),
    "diagnose": ("verdict", "results"),
    "calibrate": ("calibration",),
    "baseline": ("baseline",),
}
ANALYSIS_CALLS = tuple(_MARKS)


@dataclass(frozen=True)
class Call(Generic[T]):
    """One request. ``repeatable``: sent twice it gets the same bytes. ``read`` converts the JSON to the returned value.
    """

    path: str
    headers: Mapping[str, str]
    parts: Sequence[Any]
    repeatable: bool
    read: Callable[[Reply], T]

    @property
    def length(self) -> int:
        return sum(len(part) for part in self.parts)


def sample_call(logits: Any, options: Mapping[str, Any]) -> Call[Any]:
    seeded, read = _is_set(options, "seed"), _reader("token_id")
    if "combine" not in options or not is_sources(logits):
        return _post("/v1/sample", logits, options, seeded, read)
    tensor = sources_tensor(logits)
    if tensor is None:
        return _post_json("/v1/sample", {**options, "sources": json_sources(logits, options)}, seeded, read)
    return _post("/v1/sample", tensor[0], {"shape": tensor[1], **options}, seeded, read)


def sample_batch_call(logits: Any, rows: Optional[Sequence[Mapping[str, Any]]], shared: Mapping[str, Any]) -> Call[Any]:
    tensor, shape = batch_tensor(logits)
    options = {**shared, "shape": shape, **({} if rows is None else {"rows": list(rows)})}
    seeded = _is_set(shared, "seed") or (rows is not None and all(_is_set(row, "seed") for row in rows))
    return _post("/v1/sample/batch", tensor, options, seeded, _results_reader(shape[0], "token_id"))


def verify_call(logits: Any, draft_token_ids: Any, options: Mapping[str, Any]) -> Call[Any]:
    tensor, shape = batch_tensor(logits)
    own = {**options, "draft_token_ids": [int(token_id) for token_id in draft_token_ids], "shape": shape}
    return _post("/v1/verify", tensor, own, _is_set(options, "seed"), _reader("token_ids"))


def verify_batch_call(logits: Any, sequences: Sequence[Mapping[str, Any]], shared: Mapping[str, Any]) -> Call[Any]:
    tensor, shape = batch_tensor(logits)
    sequences = list(sequences)
    seeded = _is_set(shared, "seed") or all(_is_set(sequence, "seed") for sequence in sequences)
    options = {**shared, "shape": shape, "sequences": sequences}
    return _post("/v1/verify/batch", tensor, options, seeded, _results_reader(len(sequences), "token_ids"))


def analysis_call(call: str, logits: Any, options: Mapping[str, Any]) -> Call[Any]:
    """Reading rows twice gives the same answer, so these may always be sent again."""
    if call not in _MARKS:
        raise ValueError(f"call must be one of {', '.join(ANALYSIS_CALLS)}, got {call!r}")
    tensor, shape = batch_tensor(logits) if is_batch(logits) else row_tensor(logits)
    return _post(f"/v1/{call}", tensor, {**options, "shape": shape}, True, _reader(*_MARKS[call]))


def compare_call(logits: Any, compare: Sequence[Any], options: Mapping[str, Any]) -> Call[Any]:
    seeded = _is_set(options, "seed")
    return _post("/v1/compare", logits, {**options, "compare": list(compare)}, seeded, _reader("arms"))


def beam_call(
    logits: Any,
    beam: Mapping[str, Any],
    search: Optional[Mapping[str, Any]],
    rows: Optional[Sequence[Mapping[str, Any]]],
    shared: Mapping[str, Any],
) -> Call[Any]:
    tensor, shape = batch_tensor(logits)
    own = {} if rows is None else {"rows": list(rows)}
    options = {**shared, "shape": shape, "beam": beam, "search": search, **own}
    # After the first step the search has its seed.
    return _post("/v1/beam", tensor, options, search is not None or _is_set(shared, "seed"), _reader("beams"))


def resample_call(log_weights: Any, options: Mapping[str, Any]) -> Call[Any]:
    weights = [None if weight is None or weight == float("-inf") else float(weight) for weight in log_weights]
    body = {**options, "log_weights": weights}
    return _post_json("/v1/resample", body, _is_set(options, "seed"), _reader("parents"))


def replay_call(logits: Any, rows: Sequence[Mapping[str, Any]], shared: Mapping[str, Any]) -> Call[Any]:
    tensor, shape = batch_tensor(logits)
    return _post("/v1/replay", tensor, {**shared, "shape": shape, "rows": list(rows)}, True, _reader("totals"))


def detect_call(token_ids: Any, texts: Optional[Sequence[Any]], options: Mapping[str, Any]) -> Call[Any]:
    one = {} if token_ids is None else {"token_ids": [int(token_id) for token_id in token_ids]}
    many = {} if texts is None else {"texts": [_text_of(text) for text in texts]}
    return _post_json("/v1/watermark/detect", {**options, **one, **many}, True, _reader("p_value", "results"))


def grammar_call(grammar: Mapping[str, Any], vocabulary: Optional[str], text: str, tokens_max: int) -> Call[Any]:
    body: Dict[str, Any] = {"grammar": grammar, "text": text, "tokens_max": tokens_max}
    named = {} if vocabulary is None else {"vocabulary": vocabulary}
    return _post_json("/v1/grammar", {**body, **named}, True, _reader("parts"))


def common_tokens_call(
    draft_vocabulary: str, vocabulary: Optional[str], draft_token_ids: Any, draft_match: Optional[str]
) -> Call[Any]:
    body: Dict[str, Any] = {"draft_vocabulary": draft_vocabulary}
    if vocabulary is not None:
        body["vocabulary"] = vocabulary
    if draft_token_ids is not None:
        body["draft_token_ids"] = [int(token_id) for token_id in draft_token_ids]
    if draft_match is not None:
        body["draft_match"] = draft_match
    return _post_json("/v1/vocabularies/common", body, True, _reader("count"))


def _text_of(text: Any) -> Any:
    return dict(text) if isinstance(text, Mapping) else {"token_ids": [int(token_id) for token_id in text]}


def reply_of(body: bytes) -> Reply:
    """The object in an answer with status 200. Raises UnreadableReply."""
    try:
        reply = json.loads(body)
    except (ValueError, RecursionError):
        raise UnreadableReply(f"the answer is no JSON: {_shown(body)}") from None
    if not isinstance(reply, dict):
        raise UnreadableReply(f"the answer is no object: {_shown(body)}")
    return reply


def problem_of(status: int, retry_after: Optional[str], body: bytes) -> SamplerProblem:
    """The problem in an answer with another status than 200."""
    try:
        parsed = json.loads(body)
    except (ValueError, RecursionError):
        parsed = None
    if not isinstance(parsed, dict) or "detail" not in parsed:
        error = parsed.get("error") if isinstance(parsed, dict) else None
        message = error.get("message") if isinstance(error, dict) else None  # as OpenAI writes it
        said = str(message) if message is not None else body[:500].decode("utf-8", "replace")
        parsed = {**(parsed if isinstance(parsed, dict) else {}), "detail": said}
    after = retry_after if retry_after is not None and retry_after.isascii() and retry_after.isdigit() else None
    return SamplerProblem(status, parsed, None if after is None else float(after[:9]))


def result_of(result: Any, mark: str) -> Union[Reply, SamplerProblem]:
    """A reply, or the problem in its place."""
    if isinstance(result, dict) and mark in result:
        return result
    if isinstance(result, dict) and isinstance(result.get("status"), int):
        return SamplerProblem(result["status"], result)
    raise UnreadableReply(f"a result must have {mark} or a problem's status: {_shown(result)}")


def _post(path: str, logits: Any, options: Mapping[str, Any], repeatable: bool, read: Callable[[Reply], T]) -> Call[T]:
    if isinstance(logits, Mapping):
        return _post_json(path, {**options, "logits": plain(logits)}, repeatable, read)
    tensor = logits if isinstance(logits, Tensor) else tensor_of(logits)
    head = json_bytes({"dtype": tensor.dtype, **options})
    headers = {"Content-Type": "application/octet-stream", "Inference-Header-Content-Length": str(len(head))}
    return Call(path, headers, [head, tensor.data], repeatable, read)


def _post_json(path: str, body: Mapping[str, Any], repeatable: bool, read: Callable[[Reply], T]) -> Call[T]:
    return Call(path, {"Content-Type": "application/json"}, [json_bytes(body)], repeatable, read)


def _reader(*marks: str) -> Callable[[Reply], Reply]:
    def read(reply: Reply) -> Reply:
        if not any(mark in reply for mark in marks):
            raise UnreadableReply(f"a reply must have {' or '.join(marks)}: {_shown(reply)}")
        return reply

    return read


def _results_reader(count: int, mark: str) -> Callable[[Reply], List[Union[Reply, SamplerProblem]]]:
    def read(reply: Reply) -> List[Union[Reply, SamplerProblem]]:
        results = reply.get("results")
        if not isinstance(results, list) or len(results) != count:
            raise UnreadableReply(f"a reply must have {count} results: {_shown(reply)}")
        return [result_of(result, mark) for result in results]

    return read


def _is_set(options: Mapping[str, Any], name: str) -> bool:
    return options.get(name) is not None


def _shown(value: Any) -> str:
    text = value.decode("utf-8", "replace") if isinstance(value, bytes) else repr(value)
    return text if len(text) <= 200 else f"{text[:200]}…"
