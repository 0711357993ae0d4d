"""The place of a sequence: its options, history, seed and states, with which a stream continues after a lost
connection."""

from __future__ import annotations

from typing import Any, Dict, Iterable, List, Mapping, Optional, Tuple

#: States of earlier places that are remembered for rewinding.
STATES_MAX = 4096
#: Stages whose state stays when a stream rewinds.
_OUTLIVING = ("banned_strings",)


class Search:
    """A beam search on a stream: the data that opens it, or continues it after a lost connection."""

    def __init__(self, beam: Mapping[str, Any]) -> None:
        self._beam = dict(beam)
        self._search: Any = None
        #: of each live beam its tokens after the history of the stream, and its state where it has one
        self.live: List[Dict[str, Any]] = [{"token_ids": []}]
        #: the connection that has it
        self.wire: Any = None

    @property
    def message(self) -> Dict[str, Any]:
        """The message that opens it at this very place."""
        begun = {} if self._search is None else {"search": self._search, "live": self.live}
        return {"type": "beam", "beam": self._beam, **begun}

    def took(self, reply: Mapping[str, Any]) -> None:
        self._search = reply["search"]
        self.live = [
            {
                "token_ids": [*self.live[beam["parent"]]["token_ids"], beam["token_id"]],
                **({"state": beam["state"]} if "state" in beam else {}),
            }
            for beam in reply["beams"]
        ]


class Place:
    """The service's state of a stream, kept here as well."""

    def __init__(self, options: Mapping[str, Any]) -> None:
        self.options: Dict[str, Any] = dict(options)
        self.history: List[int] = [int(token_id) for token_id in options.get("history") or []]
        self._first = len(self.history)
        self._seed: Any = None
        #: (length of the history, state after it), where the state changed; the first is that of the opening
        self._states: List[Tuple[int, Any]] = [(self._first, options.get("state"))]
        self._has_forgotten = False
        self._is_lost = False
        #: the search that is open
        self.search: Optional[Search] = None

    @property
    def made(self) -> int:
        """Tokens behind the history of the opening: as many can be rewound."""
        return len(self.history) - self._first

    @property
    def checkpoint(self) -> Dict[str, Any]:
        """The options that open a stream at the same step. Raises ValueError when its state is no longer known."""
        if self._is_lost:
            raise ValueError(f"the state of this place is not known: it was rewound past {STATES_MAX} states")
        options = {name: value for name, value in self.options.items() if value is not None}
        if self.options.get("step") is not None:  # else the service counts by itself
            options["step"] = int(self.options["step"]) + self.made
        if self._seed is not None:
            options["seed"] = self._seed
        options.pop("state", None)
        if self._states[-1][1] is not None:
            options["state"] = self._states[-1][1]
        return {**options, "history": list(self.history)}

    def took(self, reply: Mapping[str, Any]) -> int:
        """Updates the place with the reply to a row or to a draft. Returns the number of tokens that it has moved."""
        self._seed = reply["seed"] if "seed" in reply else self._seed
        positions = reply["positions"] if "positions" in reply else [reply]
        for position in positions:
            self.history.append(position["token_id"])
            self._remember(position.get("state"))
        back = reply.get("rewind", 0)
        if back:
            self._go_back(back, reply.get("state"))
        return len(positions) - int(back)

    def search_of(self, beam: Optional[Mapping[str, Any]], rows: int) -> Search:
        """The search for this number of rows: a new one, or the open one. Raises ValueError."""
        search = self.search if beam is None else Search(beam)
        if search is None:
            raise ValueError("no search is open: beam, with its rule, begins one")
        if rows != len(search.live):
            raise ValueError(f"this step of the search needs {len(search.live)} rows, one for each live beam, got {rows}")
        return search

    def searched(self, search: Search, reply: Mapping[str, Any]) -> None:
        """Updates the place with the reply to a step of a search."""
        search.took(reply)
        self._seed = reply["search"]["seed"]
        self.search = None if reply["finished"] else search

    def require_no_search(self) -> None:
        """Raises ValueError while a search is open, because its beams only move forward."""
        if self.search is not None:
            raise ValueError("a search is open on this stream: end_search gives it up")

    def accept(self, token_ids: Iterable[int]) -> None:
        self.history.extend(token_ids)

    def rewind(self, steps: int) -> None:
        """Raises ValueError for steps that were not made."""
        if not 1 <= steps <= self.made:
            raise ValueError(f"steps must be a whole number from 1 to the {self.made} made on this stream, got {steps}")
        del self.history[len(self.history) - steps :]
        while len(self._states) > 1 and self._states[-1][0] > len(self.history):
            self._states.pop()
        self._is_lost = self._has_forgotten and len(self._states) == 1

    def _remember(self, state: Any) -> None:
        if state is None and self._states[-1][1] is None:
            return
        self._states.append((len(self.history), state))
        if len(self._states) > STATES_MAX:
            del self._states[1]
            self._has_forgotten = True

    def _go_back(self, steps: int, state: Any) -> None:
        """The service has turned down tokens and gone back to where they began."""
        self.rewind(min(steps, self.made))
        kept = {name: state[name] for name in _OUTLIVING if isinstance(state, dict) and name in state}
        before = self._states[-1][1]
        self._states[-1] = (self._states[-1][0], {**(before or {}), **kept} or None)
