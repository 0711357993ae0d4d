"""Compares an answer with that of the suite.

Differences that float32, an arbitrary choice among equal tokens or a documented choice of the host explains are no
failures; they have their own verdicts. A failure is reported with the known mistakes that give the same answer.
"""

from collections import Counter
from typing import Any, Dict, Hashable, Iterable, List, Mapping, NamedTuple, Optional, Sequence

from ._counts import counts_in, draws_wanted, merged_by, unexplained_by
from ._vectors import ANSWERS, Case

#: Probabilities by token id; None for an answer that is a set alone.
_Left = Dict[int, Optional[float]]
_Groups = Dict[int, Hashable]

KINDS = ("passed", "tie", "rounding", "choice", "failed", "not_supported", "error")

#: Float32 in a long sum.
_ROUNDING = 3e-4
#: A probability below this is 0 in float32, or near it.
_TINY = 1e-7
#: Answers of mistakes have four digits, and differ from the right one by more.
_MISTAKE = 6e-4


class Choice(NamedTuple):
    """A difference that a host's own code or documentation explains: not a failure."""

    says: str
    #: its own line
    where: str
    # : the sentence of the suite that describes it
    as_if: str


class Verdict(NamedTuple):
    kind: str
    #: of a failure: the known mistakes that give this answer
    as_if: List[str] = []
    #: mistakes that the case can detect, and that the answer does not show
    not_as: List[str] = []
    #: of an error: its sentence; of counts: why they failed, or how many draws are missing
    detail: Optional[str] = None
    #: of a failure: the answer
    answer: Optional[Mapping[str, Any]] = None
    #: of another answer that is a choice of the host
    choice: Optional[Choice] = None


def judge(case: Case, answer: Mapping[str, Any], choices: Sequence[Choice] = ()) -> Verdict:
    """The verdict about an answer, a dictionary with the fields of the case's task.

    A failure that one of the host's choices explains is a verdict of its own.
    """
    kind = _compare(case, case, answer, case.get("tolerance", 0))
    drawn = _drawn_in(case, answer)
    few = None if kind == "failed" or drawn is None else _too_few_draws(case, drawn)
    if few is not None:
        return Verdict("not_supported", detail=few)
    as_if: List[str] = []
    not_as: List[str] = []
    for other in case.get("otherwise", []):
        # Counts that pass may fit a mistake too: the case does not distinguish it.
        is_met = (kind == "failed" or drawn is not None) and _compare(case, other, answer, _MISTAKE) != "failed"
        if not is_met:
            not_as.extend(other["as"])
        elif kind == "failed":
            as_if.extend(other["as"])
    choice = next((each for each in choices if each.as_if in as_if), None)
    if choice is not None:
        return Verdict("choice", not_as=not_as, choice=choice)
    if kind != "failed":
        return Verdict(kind, as_if, not_as)
    detail = None if drawn is None else unexplained_by(_law_of(case), drawn)
    return Verdict(kind, as_if, not_as, detail=detail, answer=answer)


def _drawn_in(case: Case, answer: Mapping[str, Any]) -> Optional[Dict[int, int]]:
    """The counts of an answer that has them instead of probabilities."""
    is_set = case["task"] in ("distribution", "combine")
    return counts_in(answer["counts"]) if is_set and answer.get("counts") is not None else None


def _too_few_draws(case: Case, drawn: Mapping[int, int]) -> Optional[str]:
    """A pass of fewer draws than the test wants says nothing. A failure holds for any number of draws."""
    wanted, draws = draws_wanted(len(_law_of(case))), sum(drawn.values())
    return f"{wanted} draws wanted, got {draws}" if draws < wanted else None


def _law_of(right: Mapping[str, Any]) -> Dict[int, float]:
    """The probabilities of the suite's answer, which has them in every case."""
    return {token: p for token, p in set_of(right).items() if p is not None}


def _compare(case: Case, right: Mapping[str, Any], answer: Mapping[str, Any], tolerance: float) -> str:
    drawn = _drawn_in(case, answer)
    if drawn is not None:
        return _compare_counts(case, _law_of(right), drawn)
    if case["task"] in ("distribution", "combine"):
        return _compare_sets(set_of(right), set_of(answer), _groups_of(case), tolerance)
    fields = [name for name in ANSWERS[case["task"]] if name in right]
    equal = all(_is_equal(right[name], answer.get(name), tolerance) for name in fields)
    return "passed" if equal else "failed"


def _compare_counts(case: Case, law: Mapping[int, float], drawn: Mapping[int, int]) -> str:
    if unexplained_by(law, drawn) is None:
        return "passed"
    names = {token: ids[0] for ids in case.get("ties", []) for token in ids}
    merged = unexplained_by(merged_by(law, names), merged_by(drawn, names))
    return "tie" if names and merged is None else "failed"


def _is_equal(right: Any, other: Any, tolerance: float) -> bool:
    """Numbers within a tolerance, relative to those above 1; lists place by place; everything else exactly."""
    if isinstance(right, list):
        return (
            isinstance(other, list)
            and len(right) == len(other)
            and all(_is_equal(x, y, tolerance) for x, y in zip(right, other))
        )
    if not _is_number(right) or not _is_number(other):
        return type(right) is type(other) and bool(right == other)
    return bool(abs(right - other) <= tolerance * max(1, abs(right)))


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def set_of(answer: Mapping[str, Any]) -> _Left:
    """The ids of an answer of the right form, with their probabilities; an answer that is a set alone has None for each."""
    if answer.get("counts") is not None:
        drawn = counts_in(answer["counts"])
        draws = sum(drawn.values())
        return {token: n / draws for token, n in drawn.items()}
    kept: Any = answer.get("kept")
    probabilities: Any = answer.get("probabilities")
    if kept is None:
        return {i: p for i, p in enumerate(probabilities or []) if p > 0}
    ids: Iterable[int] = range(len(probabilities)) if kept == "all" else kept
    return dict(zip(ids, probabilities)) if probabilities is not None else dict.fromkeys(ids)


def _groups_of(case: Case) -> _Groups:
    return {token: tuple(ids) for ids in case.get("ties", []) for token in ids}


def _compare_sets(right: _Left, other: _Left, groups: _Groups, tolerance: float) -> str:
    if _is_same(right, other, {}, tolerance):
        return "passed"
    if groups and _is_same(right, other, groups, tolerance):
        return "tie"
    large = [{i: p for i, p in each.items() if p is None or p > _TINY} for each in (right, other)]
    return "rounding" if _is_same(large[0], large[1], groups, max(_ROUNDING, tolerance)) else "failed"


def _is_same(right: _Left, other: _Left, groups: _Groups, tolerance: float) -> bool:
    """Equally many tokens of each group, with the same probabilities."""
    if Counter(groups.get(token, token) for token in right) != Counter(groups.get(token, token) for token in other):
        return False
    ours, theirs = _sums(right, groups), _sums(other, groups)
    return all(_is_near(p, theirs[name], tolerance) for name, p in ours.items())


def _sums(left: _Left, groups: _Groups) -> Dict[Hashable, Optional[float]]:
    total: Dict[Hashable, Optional[float]] = {}
    for token, p in left.items():
        name = groups.get(token, token)
        total[name] = None if p is None else (total.get(name) or 0) + p
    return total


def _is_near(one: Optional[float], two: Optional[float], tolerance: float) -> bool:
    return one is None or two is None or abs(one - two) <= tolerance
