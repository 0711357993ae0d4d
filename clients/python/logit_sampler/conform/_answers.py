"""Whether an answer has the form that its task asks for. The runner in TypeScript has the same sentences (src/conform/answers.ts)."""

import math
import re
from typing import Any, List, Mapping, Optional, Tuple

from ._vectors import ANSWERS, Case, size_of


def wrong_with(case: Case, answer: Mapping[str, Any]) -> Optional[str]:
    """The error in the form of an answer, as a sentence; None when the answer can be judged."""
    if case["task"] in ("distribution", "combine"):
        if answer.get("counts") is not None:
            return _wrong_with_counts(answer)
        return _wrong_with_set(case, answer.get("kept"), answer.get("probabilities"))
    missing = [name for name in ANSWERS[case["task"]] if name in case and name not in answer]
    return f"the answer lacks {', '.join(missing)}" if missing else None


#: Largest number of draws of an answer.
_DRAWS_MAX = 1_000_000_000


def _wrong_with_counts(answer: Mapping[str, Any]) -> Optional[str]:
    counts = answer["counts"]
    if answer.get("kept") is not None or answer.get("probabilities") is not None:
        return "an answer with counts has neither kept nor probabilities"
    if not isinstance(counts, dict) or not all(map(_is_count, counts.items())):
        return "counts is no object of token ids with a number of draws each"
    return f"counts has more than {_DRAWS_MAX} draws" if sum(counts.values()) > _DRAWS_MAX else None


def _is_count(entry: Tuple[str, Any]) -> bool:
    token, n = entry
    if not re.fullmatch("0|[1-9][0-9]{0,8}", token) or isinstance(n, bool):
        return False
    return isinstance(n, (int, float)) and 0 <= n < 2**53 and n == int(n)


def _wrong_with_set(case: Case, kept: Any, probabilities: Any) -> Optional[str]:
    if kept is None and probabilities is None:
        return "the answer has neither kept nor probabilities"
    if probabilities is not None and not (isinstance(probabilities, list) and all(map(_is_number, probabilities))):
        return "probabilities is no list of numbers"
    if kept is None or kept == "all":
        if probabilities is None:
            return 'kept is "all", and there are no probabilities'
        return wrong_with_size(len(probabilities), size_of(case))
    if not (isinstance(kept, list) and all(map(_is_id, kept))):
        return 'kept is neither a list of token ids nor "all"'
    return _wrong_with_ids(kept, probabilities)


def _wrong_with_ids(kept: List[int], probabilities: Optional[List[float]]) -> Optional[str]:
    if probabilities is not None and len(kept) != len(probabilities):
        return f"kept has {len(kept)} ids, and probabilities has {len(probabilities)} numbers"
    seen = set()
    for token in kept:
        if token in seen:
            return f"kept has token {int(token)} twice"
        seen.add(token)
    return None


def wrong_with_size(given: int, size: int) -> Optional[str]:
    """The error for a wrong number of probabilities."""
    if given == size:
        return None
    return f"a sampler gives the probability of each of the {size} tokens, got {given} numbers"


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def _is_id(value: Any) -> bool:
    return _is_number(value) and value >= 0 and value == int(value)
