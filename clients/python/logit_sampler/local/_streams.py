"""Streams of the local sampler: the interface of ``SamplerStream``."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any, Callable, List, Mapping, Optional, Sequence, Tuple, TypeVar, Union, cast

from .._calls import Reply
from .._json import json_bytes, plain
from .._place import Place
from .._rows import (
    ELEMENT_BYTES,
    Row,
    Rows,
    Tensor,
    as_dtype,
    base64_of,
    batch_tensor,
    is_sources,
    json_sources,
    sources_tensor,
)
from .._stream import to_follow
from ._machine import RESULT, Machine, quick_tensor_of

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from .. import types

T = TypeVar("T")

_DTYPE_CODES = {"f32": 0.0, "f16": 1.0, "bf16": 2.0}


class LocalStream:
    """A sequence whose history, step and state the sampler keeps. Open it with ``Sampler.stream``."""

    def __init__(self, machine: Machine, options: Mapping[str, Any]) -> None:
        self._machine = machine
        self._place = Place(options)
        self._dtype = str(options.get("dtype") or "f32")
        with machine.admitted():
            machine.require_open()
            machine.desk[0] = machine.put(json_bytes({name: each for name, each in options.items() if each is not None}))
            machine.call["openStream"]()
            self._seed = machine.text().decode()
            self._id: float = machine.desk[RESULT]
        self._lost = ""

    @property
    def history(self) -> List[int]:
        """The token ids so far, the prompt first."""
        return list(self._place.history)

    @property
    def checkpoint(self) -> types.StreamOptions:
        """The options that open a stream that continues at this place: ``sampler.stream(**checkpoint)``, or a client's.
        """
        return cast("types.StreamOptions", self._place.checkpoint)

    def next(self, logits: Union[Row, Rows], **own: Unpack[types.OptionChanges]) -> types.Sampled:
        """Draws the next token from a row [vocab_size]. ``own`` options hold for this step only. Where the options have
        ``combine``, ``logits`` may be the rows [k, vocab_size] of its sources.

        Raises SamplerProblem when the row is refused: the stream is then where it was.
        """
        self._place.require_no_search()
        return cast("types.Sampled", self._next(logits, own))

    def _next(self, logits: Any, own: Mapping[str, Any]) -> Reply:
        combines = bool(own.get("combine") or self._place.options.get("combine"))
        if combines and is_sources(logits):
            tensor = None if own else sources_tensor(logits)
            if tensor is None:
                sources = json_sources(logits, {**self._place.options, **own})
                return self._said({**own, "sources": sources})
            return self._messaged(as_dtype(tensor[0], self._dtype).data, is_text=False)
        if isinstance(logits, Mapping):
            return self._said({**own, "logits": plain(logits)})
        row = quick_tensor_of(logits)
        if own:
            return self._said({**own, "logits": {"dtype": row.dtype, "data": base64_of(row.data)}})
        row = as_dtype(row, self._dtype)
        if len(row.data) > self._machine.row_bytes * ELEMENT_BYTES[row.dtype] // 4 or "shape" in self._place.options:
            return self._messaged(row.data, is_text=False)
        return self._stepped(row)

    def verify(
        self, logits: Rows, draft_token_ids: Sequence[int], **draft: Unpack[types.DraftOptions]
    ) -> types.Verified:
        """Verifies a draft of k tokens with the target's rows [k + 1, vocab_size], then those of the draft where
        ``draft_rows`` names them. Each token of the reply is a step."""
        self._place.require_no_search()
        tensor, (rows, elements) = batch_tensor(logits)
        data = as_dtype(tensor, self._dtype).data
        own = {**draft, "draft_token_ids": [int(token_id) for token_id in draft_token_ids], "type": "verify"}
        size = elements * ELEMENT_BYTES[tensor.dtype]

        def verified() -> Reply:
            self._message(json_bytes(own), is_text=True)
            text = b""
            for row in range(rows):
                text = text or self._message(data[row * size : (row + 1) * size], is_text=False)
            if not text:
                self._lost = f"a draft needed more than the {rows} rows that came: open the stream again"
                raise ValueError(self._lost)
            return self._took(json.loads(text))

        return cast("types.Verified", self._alone(verified))

    def beam(self, logits: Rows, beam: Optional[Mapping[str, Any]] = None) -> types.BeamReply:
        """Takes one step of a beam search with rows [beams, vocab_size], one in the first step. ``beam`` begins a
        search; without it the open search continues. The stream keeps the search, and the history and state of each
        beam."""
        messages: List[Tuple[Union[bytes, memoryview], bool]]
        if isinstance(logits, (list, tuple)) and any(isinstance(row, Mapping) for row in logits):
            messages = [(json_bytes({"logits": plain(row)}), True) for row in logits]
        else:
            tensor, (rows, elements) = batch_tensor(logits)
            tensor = as_dtype(tensor, self._dtype)
            size = elements * ELEMENT_BYTES[tensor.dtype]
            messages = [(tensor.data[row * size : (row + 1) * size], False) for row in range(rows)]
        search = self._place.search_of(beam, len(messages))

        def searched() -> Reply:
            if search.wire is not self:
                self._message(json_bytes(search.message), is_text=True)
            search.wire = None  # what is refused is opened anew
            text = b""
            for data, is_text in messages:
                text = self._message(data, is_text=is_text)
            reply: Reply = json.loads(text)
            search.wire = self
            self._place.searched(search, reply)
            return reply

        return cast("types.BeamReply", self._alone(searched))

    def end_search(self) -> None:
        """Abandons the open search."""

        def ended() -> None:
            self._place.search = None
            self._message(json_bytes({"type": "beam", "beam": None}), is_text=True)

        self._alone(ended)

    def update(self, **options: Unpack[types.OptionChanges]) -> None:
        """Changes options from the next step on; None takes one back."""

        def updated() -> None:
            self._message(json_bytes({**options, "type": "update"}), is_text=True)
            self._place.options.update(options)

        self._alone(updated)

    def accept(self, token_ids: Sequence[int]) -> None:
        """Puts forced tokens behind the history. Each counts as a step."""
        self._place.require_no_search()
        ids = [int(token_id) for token_id in token_ids]

        def accepted() -> None:
            self._message(json_bytes({"type": "accept", "token_ids": ids}), is_text=True)
            self._place.accept(ids)

        self._alone(accepted)

    def rewind(self, steps: int) -> None:
        """Takes back the last tokens, drawn or accepted. Raises ValueError for more than were made on this stream."""
        self._place.require_no_search()
        steps = int(steps)

        def rewound() -> None:
            self._place.rewind(steps)
            self._message(json_bytes({"type": "rewind", "steps": steps}), is_text=True)

        self._alone(rewound)

    def follow(self, token_ids: Sequence[int]) -> None:
        """Makes the history these ids, by rewinding and accepting: for hosts that tell the whole sequence each time."""
        back, forth = to_follow(self._place.history, [int(token_id) for token_id in token_ids])
        if back > 0:
            self.rewind(back)
        if forth:
            self.accept(forth)

    def close(self) -> None:
        """Forgets the stream."""
        if self._lost:
            return
        self._lost = "this stream is closed"
        if not self._machine.refusal:
            with self._machine.admitted():
                if not self._machine.refusal:
                    self._machine.desk[0] = self._id
                    self._machine.call["closeStream"]()

    def __enter__(self) -> "LocalStream":
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()

    def __del__(self) -> None:
        if hasattr(self, "_lost") and not sys.is_finalizing():
            try:
                self.close()
            except RuntimeError:  # a call of this thread is under way, in which the collector has found this stream
                pass

    def _alone(self, work: Callable[[], T]) -> T:
        """Does one exchange while no other thread is admitted. One that is interrupted, as by Ctrl-C, leaves a stream
        whose place is not known."""
        if self._lost:
            raise RuntimeError(self._lost)
        try:
            with self._machine.admitted():
                self._machine.require_open()
                return work()
        except Exception:
            raise
        except BaseException:
            self._lost = "this stream was interrupted in the middle of a step: open it again from its checkpoint"
            raise

    def _stepped(self, row: Tensor) -> Reply:
        machine, (dtype, data) = self._machine, row
        desk, size = machine.desk, len(data)

        def stepped() -> Reply:
            if dtype == "f32":
                machine.row[:size] = data
                desk[1] = size >> 2
            else:
                machine.box[:size] = data
                desk[1] = size >> 1
            desk[0] = self._id
            desk[2] = _DTYPE_CODES[dtype]
            machine.call["stepStream"]()
            text = machine.text()
            reply: Reply = json.loads(text) if text else {
                "token_id": int(desk[RESULT]),
                "kept": int(desk[RESULT + 1]),
                "seed": self._seed,
                "step": int(desk[RESULT + 2]),
                "state": None,
                "system_fingerprint": machine.fingerprint,
            }
            return self._took(reply)

        return self._alone(stepped)

    def _said(self, message: Mapping[str, Any]) -> Reply:
        return self._messaged(json_bytes(message), is_text=True)

    def _messaged(self, data: Any, *, is_text: bool) -> Reply:
        return self._alone(lambda: self._took(json.loads(self._message(data, is_text=is_text))))

    def _message(self, data: Any, *, is_text: bool) -> bytes:
        machine = self._machine
        machine.desk[1] = machine.put(data)
        machine.desk[0] = self._id
        machine.desk[2] = is_text
        machine.call["messageStream"]()
        return machine.text()

    def _took(self, reply: Reply) -> Reply:
        self._seed = reply.get("seed", self._seed)
        self._place.took(reply)
        return reply
