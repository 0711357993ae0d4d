"""Where a sequence stands: its options, history, seed and states, with which a stream goes on after a cut."""

from __future__ import annotations

from typing import Any, Dict, Iterable, List, Mapping, Tuple

#: States of earlier places that are remembered for rewinding.
STATES_MAX = 4096
#: Stages whose state stays when a stream goes back by itself.
_OUTLIVING = ("banned_strings",)


class Place:
    """What the service keeps of a stream, kept here as well."""

    def __init__(self, options: Mapping[str, Any]) -> None:
        self.options: Dict[str, Any] = dict(options)
        self.history: List[int] = [int(token_id) for token_id in options.get("history") or []]
        self._first = len(self.history)
        self._seed: Any = None
        #: (length of the history, state behind it), where the state changed; the first is that of the opening
        self._states: List[Tuple[int, Any]] = [(self._first, options.get("state"))]
        self._has_forgotten = False
        self._is_lost = False

    @property
    def made(self) -> int:
        """Tokens behind the history of the opening: as many can be rewound."""
        return len(self.history) - self._first

    @property
    def checkpoint(self) -> Dict[str, Any]:
        """The options that open a stream at this very place. Raises ValueError when its state is no longer known."""
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
        """Goes on by a reply to a row or to a draft. Answers how many tokens the place has moved."""
        self._seed = reply["seed"] if "seed" in reply else self._seed
        positions = reply["positions"] if "positions" in reply else [reply]
        for position in positions:
            self.history.append(position["token_id"])
            self._remember(position.get("state"))
        back = reply.get("rewind", 0)
        if back:
            self._go_back(back, reply.get("state"))
        return len(positions) - int(back)

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
