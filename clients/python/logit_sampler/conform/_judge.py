# mypy: ignore-errors
"""Holds an answer against that of the suite.

What float32 or an open choice among equal tokens explains is no failure: those are verdicts of their own. A failure is told
with the known mistakes that come to the same answer.
"""

from collections import Counter
from typing import List, NamedTuple, Optional

from ._vectors import ANSWERS

KINDS = ("passed", "tie", "rounding", "failed", "not_supported", "error")

#: Float32 in a long sum.
_ROUNDING = 3e-4
#: A probability below this is 0 in float32, or near it.
_TINY = 1e-7
#: Answers of mistakes have four digits, and differ from the right one by more.
_MISTAKE = 6e-4


class Verdict(NamedTuple):
    kind: str
    #: of a failure: the known mistakes that give this answer
    as_if: List[str] = []
    #: the mistakes that the case tells from the right answer, and that the answer does not have
    not_as: List[str] = []
    #: of an error: its sentence
    detail: Optional[str] = None


def judge(case, answer):
    """The verdict about an answer, a dictionary with the fields of the case's task."""
    kind = _compare(case, case, answer, case.get("tolerance", 0))
    as_if, not_as = [], []
    for other in case.get("otherwise", []):
        is_met = kind == "failed" and _compare(case, other, answer, _MISTAKE) != "failed"
        (as_if if is_met else not_as).extend(other["as"])
    return Verdict(kind, as_if, not_as)


def _compare(case, right, answer, tolerance):
    if case["task"] in ("distribution", "combine"):
        return _compare_sets(_set_of(right), _set_of(answer), _groups_of(case), tolerance)
    fields = [name for name in ANSWERS[case["task"]] if name in right]
    equal = all(_is_equal(right[name], answer.get(name), tolerance) for name in fields)
    return "passed" if equal else "failed"


def _is_equal(right, other, tolerance):
    """Numbers within a tolerance, relative to those above 1; lists place by place; everything else exactly."""
    if isinstance(right, list):
        return (
            isinstance(other, list)
            and len(right) == len(other)
            and all(_is_equal(x, y, tolerance) for x, y in zip(right, other))
        )
    if isinstance(right, bool) or not isinstance(right, (int, float)) or not isinstance(other, (int, float)):
        return right == other
    return abs(right - other) <= tolerance * max(1, abs(right))


def _set_of(answer):
    """Ids with their probabilities; an answer that is a set alone has None for each."""
    kept, probabilities = answer.get("kept"), answer.get("probabilities")
    if kept is None:
        return {i: p for i, p in enumerate(probabilities) if p > 0}
    if kept == "all":
        kept = range(len(probabilities))
    return dict(zip(kept, probabilities if probabilities is not None else [None] * len(kept)))


def _groups_of(case):
    return {token: tuple(ids) for ids in case.get("ties", []) for token in ids}


def _compare_sets(right, other, groups, tolerance):
    if _is_same(right, other, {}, tolerance):
        return "passed"
    if groups and _is_same(right, other, groups, tolerance):
        return "tie"
    large = [{i: p for i, p in each.items() if p is None or p > _TINY} for each in (right, other)]
    return "rounding" if _is_same(*large, groups, max(_ROUNDING, tolerance)) else "failed"


def _is_same(right, other, groups, tolerance):
    """As many of each group, with the same probabilities."""
    counts = [Counter(groups.get(token, token) for token in each) for each in (right, other)]
    if counts[0] != counts[1]:
        return False
    sums = [{}, {}]
    for total, each in zip(sums, (right, other)):
        for token, p in each.items():
            name = groups.get(token, token)
            total[name] = None if p is None else total.get(name, 0) + p
    return all(
        p is None or sums[1][name] is None or abs(p - sums[1][name]) <= tolerance for name, p in sums[0].items()
    )
