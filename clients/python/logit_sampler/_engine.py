"""Running engines as sources of rows: llama-server, vLLM and SGLang tell log-probabilities over HTTP. Standard library only."""

from __future__ import annotations

import http.client
import json
import math
import socket
from array import array
from dataclasses import dataclass, field
from typing import Any, Callable, Dict, Iterable, List, Mapping, Optional, Sequence, Tuple, Union
from urllib.parse import urlsplit

#: What engines write for a probability of 0: JSON has no -inf.
_LEAST = -9999.0
#: A log-probability above this is a logit.
_MOST = 1e-3
_ID_MAX = 2**24 - 1
_FACTS_BYTES_MAX = 4 * 1024 * 1024
_ABSENT = (404, 405, 501)


class EngineError(Exception):
    """An engine refuses, hides what was requested, or sends an unexpected answer. ``status`` is its HTTP status, or
    None."""

    def __init__(self, message: str, status: Optional[int] = None) -> None:
        self.status = status
        super().__init__(message)


@dataclass(frozen=True)
class EngineRow:
    """The distribution of the next token as an engine reports it.

    ``token_ids`` and ``logprobs`` have the same length, the most likely first. ``logits`` is a row that samplers
    accept: a dict with a part of the row and its bounds, or ``array("f")`` with all of it.
    """

    token_ids: Sequence[int]
    logprobs: Sequence[float]
    #: length of the whole row; None: the engine has not reported it
    vocab_size: Optional[int]
    #: ln of the sum of the whole row: 0, or more where rounding makes it so
    logsumexp: float
    #: no token that is left out is likelier than this
    max_omitted: float
    is_whole: bool
    #: the engine cannot report more tokens than these
    is_most: bool

    @property
    def logits(self) -> Any:
        if not self.is_whole:
            # Tokens without probability are masked, like all tokens that are not listed.
            told = [pair for pair in zip(self.token_ids, self.logprobs) if pair[1] > -math.inf]
            part: Dict[str, Any] = {
                "token_ids": [token_id for token_id, _ in told],
                "values": [value for _, value in told],
                "logsumexp": self.logsumexp,
                "max_omitted": self.max_omitted,
            }
            if self.vocab_size is not None:
                part["vocab_size"] = self.vocab_size
            return part
        values = array("f", [-math.inf]) * (self.vocab_size or 0)
        for token_id, value in zip(self.token_ids, self.logprobs):
            values[token_id] = value
        return values


@dataclass
class Engine:
    """A running engine, opened by ``engine(url)``. It belongs to one thread."""

    kind: str
    url: str
    #: the preset that has the order, defaults and rules of its own sampler
    preset: str
    model: str
    vocab_size: Optional[int]
    context_tokens_max: Optional[int]
    _server: "_Server" = field(repr=False)
    _kind: "_Kind" = field(repr=False)
    _most: Optional[int] = field(default=None, repr=False)

    def next(self, token_ids: Iterable[int], count: Optional[int] = None) -> EngineRow:
        """The distribution behind these tokens, before any sampler: ``count`` tokens of it, or with None the whole row."""
        prompt = [int(token_id) for token_id in token_ids]
        if count is not None and count < 1:
            raise ValueError(f"count must be at least 1, or None for the whole row, got {count}")
        most = self._most if self._most is not None else self._kind.most(self)
        wanted = count if most is None else (most if count is None else min(count, most))
        try:
            reply = self._server.post(*self._kind.step(self, prompt, wanted), bytes_max=_bytes_for(wanted, self.vocab_size))
        except EngineError as error:
            refused = self._kind.refusal(error) if self._most is None else None
            if refused is None:
                raise
            self._most = refused
            return self.next(prompt, count)
        row = _row_of(self._kind.pairs(reply), self, wanted, is_most=wanted != count)
        if row.is_whole and self.vocab_size is None:
            self.vocab_size = row.vocab_size
        return row

    def tokenize(self, text: str) -> List[int]:
        """Token ids of a text as a prompt, with the model's token for the beginning."""
        reply = self._server.post("/tokenize", self._kind.tokenize(self, text), bytes_max=_bytes_for(len(text), None))
        token_ids = reply.get("tokens") if isinstance(reply, dict) else None
        if not isinstance(token_ids, list) or not all(isinstance(each, int) for each in token_ids):
            raise EngineError(f"{self.url}/tokenize answered no token ids")
        return token_ids

    def detokenize(self, token_ids: Iterable[int]) -> str:
        """The text of these tokens."""
        tokens = [int(token_id) for token_id in token_ids]
        body, name = self._kind.detokenize(self, tokens)
        reply = self._server.post("/detokenize", body, bytes_max=_bytes_for(len(tokens), None))
        text = reply.get(name) if isinstance(reply, dict) else None
        if not isinstance(text, str):
            raise EngineError(f"{self.url}/detokenize answered no text")
        return text

    def close(self) -> None:
        self._server.close()

    def __enter__(self) -> "Engine":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def engine(
    url: str,
    *,
    timeout_s: float = 60.0,
    headers: Optional[Mapping[str, str]] = None,
    vocab_size: Optional[int] = None,
) -> Engine:
    """Opens the engine at an address such as http://127.0.0.1:8081, and asks for its kind and its model.

    ``vocab_size`` is for engines that do not report it (SGLang: without it a row has at most 1,000 tokens).
    Raises EngineError for an unknown engine.
    """
    server = _Server(url, timeout_s, headers or {})
    try:
        listed = server.get("/v1/models")
        cards = listed.get("data") if isinstance(listed, dict) else None
        card = cards[0] if isinstance(cards, list) and cards and isinstance(cards[0], dict) else {}
        kind = _KINDS.get(str(card.get("owned_by")))
        if kind is None:
            raise EngineError(f"{server.url} is none of {', '.join(each.name for each in _KINDS.values())}")
        size = _at(card, "meta", "n_vocab") or vocab_size
        context = _at(card, "meta", "n_ctx") or card.get("max_model_len")
        return Engine(kind.name, server.url, kind.preset, str(card.get("id", "")), size, context, server, kind)
    except BaseException:
        server.close()
        raise


# ── kinds ───────────────────────────────────────────────────────────────────────────────────────────────────────

Pair = Tuple[int, Optional[float]]


@dataclass(frozen=True)
class _Kind:
    name: str
    preset: str
    step: Callable[[Engine, List[int], Optional[int]], Tuple[str, Dict[str, Any]]]
    pairs: Callable[[Any], List[Pair]]
    tokenize: Callable[[Engine, str], Dict[str, Any]]
    detokenize: Callable[[Engine, List[int]], Tuple[Dict[str, Any], str]]
    # : the maximum number of tokens that may be requested, if it is known; None: any number
    most: Callable[[Engine], Optional[int]] = lambda _: None
    #: the limit that a refusal states; None: the refusal has another reason
    refusal: Callable[[EngineError], Optional[int]] = lambda _: None


def _llama_step(engine: Engine, prompt: List[int], count: Optional[int]) -> Tuple[str, Dict[str, Any]]:
    n_probs = count if count is not None else (engine.vocab_size or 2**24)
    bare = {"n_predict": 1, "samplers": [], "temperature": 1, "cache_prompt": True}
    return "/completion", {"prompt": prompt, "n_probs": n_probs, **bare}


def _llama_pairs(reply: Any) -> List[Pair]:
    told = _at(reply, "completion_probabilities", 0, "top_logprobs")
    return [(_id_of(each.get("id")), each.get("logprob")) for each in told or [] if isinstance(each, dict)]


def _vllm_step(engine: Engine, prompt: List[int], count: Optional[int]) -> Tuple[str, Dict[str, Any]]:
    asked = {"model": engine.model, "prompt": prompt, "max_tokens": 1, "temperature": 1}
    return "/v1/completions", {**asked, "logprobs": -1 if count is None else count, "return_tokens_as_token_ids": True}


def _vllm_pairs(reply: Any) -> List[Pair]:
    told = _at(reply, "choices", 0, "logprobs", "top_logprobs", 0)
    prefix = "token_id:"
    return [(int(name[len(prefix) :]), value) for name, value in (told or {}).items() if name.startswith(prefix)]


def _vllm_refusal(error: EngineError) -> Optional[int]:
    message = str(error)
    if error.status != 400 or "logprobs" not in message:
        return None
    told = message.rpartition("max allowed: ")[2].split(" ")[0].rstrip(".,")
    return int(told) if told.isdigit() else 20


def _sglang_step(_: Engine, prompt: List[int], count: Optional[int]) -> Tuple[str, Dict[str, Any]]:
    asked = {"input_ids": prompt, "sampling_params": {"max_new_tokens": 1, "temperature": 1}}
    return "/generate", {**asked, "return_logprob": True, "logprob_start_len": -1, "top_logprobs_num": count}


def _sglang_pairs(reply: Any) -> List[Pair]:
    told = _at(reply, "meta_info", "output_top_logprobs", 0)
    return [(_id_of(each[1]), each[0]) for each in told or [] if isinstance(each, list) and len(each) > 1]


_KINDS: Dict[str, _Kind] = {
    "llamacpp": _Kind(
        "llama-server",
        "llama.cpp",
        _llama_step,
        _llama_pairs,
        lambda _, text: {"content": text, "add_special": True, "parse_special": True},
        lambda _, tokens: ({"tokens": tokens}, "content"),
    ),
    "vllm": _Kind(
        "vllm",
        "vllm",
        _vllm_step,
        _vllm_pairs,
        lambda engine, text: {"model": engine.model, "prompt": text},
        lambda engine, tokens: ({"model": engine.model, "tokens": tokens}, "prompt"),
        refusal=_vllm_refusal,
    ),
    "sglang": _Kind(
        "sglang",
        "sglang",
        _sglang_step,
        _sglang_pairs,
        lambda engine, text: {"model": engine.model, "prompt": text},
        lambda engine, tokens: ({"model": engine.model, "tokens": tokens, "skip_special_tokens": False}, "text"),
        # More than the model has would end its scheduler.
        most=lambda engine: engine.vocab_size or 1000,
    ),
}


# ── rows ────────────────────────────────────────────────────────────────────────────────────────────────────────


def _row_of(pairs: List[Pair], engine: Engine, asked: Optional[int], is_most: bool) -> EngineRow:
    if not pairs:
        raise EngineError(f"{engine.url} hides its log-probabilities: it told none")
    ranked = sorted((_checked(pair, engine.url) for pair in pairs), key=lambda pair: (-pair[1], pair[0]))
    if len({token_id for token_id, _ in ranked}) < len(ranked):
        raise EngineError(f"{engine.url} tells a token twice in one distribution")
    taken = ranked if asked is None else ranked[:asked]
    length = max(token_id for token_id, _ in taken) + 1
    size = engine.vocab_size
    is_whole = asked is None if size is None else len(taken) >= size >= length
    return EngineRow(
        token_ids=[token_id for token_id, _ in taken],
        logprobs=[value for _, value in taken],
        vocab_size=size if size is not None else (length if is_whole else None),
        logsumexp=max(0.0, math.log(math.fsum(math.exp(value) for _, value in taken))),
        max_omitted=-math.inf if is_whole else taken[-1][1],
        is_whole=is_whole,
        is_most=is_whole or is_most or asked is None or len(taken) < asked,
    )


def _checked(pair: Pair, url: str) -> Tuple[int, float]:
    token_id, told = pair
    value = -math.inf if told is None or told <= _LEAST else float(told)
    if not 0 <= token_id <= _ID_MAX:
        raise EngineError(f"{url} tells a token id that is none: {token_id}")
    if math.isnan(value) or value > _MOST:
        raise EngineError(f"{url} tells {value} as the log-probability of token {token_id}: these are logits, or not of a whole distribution")
    return token_id, value


def _id_of(value: Any) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else -1


def _at(value: Any, *path: Union[str, int]) -> Any:
    for step in path:
        if isinstance(step, int):
            value = value[step] if isinstance(value, list) and len(value) > step else None
        else:
            value = value.get(step) if isinstance(value, dict) else None
    return value


def _bytes_for(count: Optional[int], vocab_size: Optional[int]) -> int:
    size = vocab_size if vocab_size is not None else _ID_MAX
    return 1_048_576 + 640 * (size if count is None else min(count, size))


# ── HTTP ────────────────────────────────────────────────────────────────────────────────────────────────────────


class _Server:
    """One connection, kept open; one that the engine closed meanwhile is opened once more."""

    def __init__(self, given: str, timeout_s: float, headers: Mapping[str, str]) -> None:
        url = given.rstrip("/")
        self.url = url[: -len("/v1")] if url.endswith("/v1") else url
        parts = urlsplit(self.url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise EngineError(f"an engine needs an address such as http://127.0.0.1:8081, got {given[:80]}")
        kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        self._connection = kind(parts.hostname, parts.port, timeout=timeout_s)
        self._timeout_s = timeout_s
        self._path = parts.path
        self._headers = {**headers, "content-type": "application/json"}

    def get(self, path: str) -> Any:
        status, body = self._ask("GET", path, None, _FACTS_BYTES_MAX)
        return None if status in _ABSENT else self._json(path, status, body)

    def post(self, path: str, body: Dict[str, Any], *, bytes_max: int) -> Any:
        status, answer = self._ask("POST", path, json.dumps(body).encode(), bytes_max)
        return self._json(path, status, answer)

    def _ask(self, method: str, path: str, body: Optional[bytes], bytes_max: int) -> Tuple[int, bytes]:
        for attempt in (1, 2):
            was_open = self._connection.sock is not None
            try:
                self._connection.request(method, self._path + path, body, self._headers)
                response = self._connection.getresponse()
                answer = response.read(bytes_max + 1)
                if len(answer) > bytes_max:
                    self.close()
                    raise EngineError(f"{self.url}{path} answered more than the {bytes_max} bytes that it may")
                return response.status, answer
            except (TimeoutError, socket.timeout):
                self.close()
                raise EngineError(f"{self.url}{path} did not answer within {self._timeout_s} s") from None
            except (OSError, http.client.HTTPException) as error:
                self.close()
                if attempt == 1 and was_open:
                    continue
                raise EngineError(f"no answer from {self.url}{path}: {error}") from error
        raise AssertionError("unreachable")

    def _json(self, path: str, status: int, answer: bytes) -> Any:
        try:
            value = json.loads(answer)
        except ValueError:
            value = None
        if not 200 <= status <= 299:
            error = value.get("error", value) if isinstance(value, dict) else None
            told = error.get("message", error.get("detail")) if isinstance(error, dict) else error
            sentence = told if isinstance(told, str) else answer[:300].decode("utf-8", "replace") or "nothing"
            raise EngineError(f"{self.url}{path} answered {status}: {sentence[:300]}", status)
        if value is None:
            raise EngineError(f"{self.url}{path} answered something else than JSON: {answer[:300]!r}")
        return value

    def close(self) -> None:
        self._connection.close()
