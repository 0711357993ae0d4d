"""The results of the suite: counts by section, the mistakes that explain the failures, and files for other tools."""

import json
import re
from collections import Counter
from typing import Counter as Counts
from typing import Dict, List, NamedTuple, Sequence
from xml.sax.saxutils import escape

from ._cases import Judged, case_lines, shortest_of
from ._judge import KINDS, Choice

_EXAMPLES = 3
_SUSPECTS_MAX = 12


class Suspect(NamedTuple):
    """A mistake that explains failures."""

    says: str
    explains: int
    #: cases that would have failed by it, and did not, or otherwise
    contradicted: int
    #: ids of some of the failures
    examples: List[str]


class Report:
    """The verdict on every case, and the summary."""

    def __init__(self, judged: Sequence[Judged], name: str) -> None:
        self.judged = list(judged)
        self.name = name
        self.counts: Counts[str] = Counter(verdict.kind for _, verdict in judged)
        self.suspects = _suspects(judged)

    @property
    def passed(self) -> bool:
        """Nothing failed, and something was supported."""
        held = sum(self.counts[kind] for kind in ("passed", "tie", "rounding", "choice"))
        return held > 0 and self.counts["failed"] == 0 and self.counts["error"] == 0

    @property
    def choices(self) -> "Dict[Choice, int]":
        """The host's documented choices that explain another answer, with how many cases."""
        return dict(Counter(verdict.choice for _, verdict in self.judged if verdict.choice is not None))

    @property
    def sections(self) -> Dict[str, Counts[str]]:
        """Counts of verdicts by section, in the order of the suite."""
        sections: Dict[str, Counts[str]] = {}
        for case, verdict in self.judged:
            sections.setdefault(case["section"], Counter())[verdict.kind] += 1
        return sections

    @property
    def unexplained(self) -> List[str]:
        """Ids of failures that no suspect explains."""
        known = {suspect.says for suspect in self.suspects}
        return [
            case["id"]
            for case, verdict in self.judged
            if verdict.kind == "error" or (verdict.kind == "failed" and not known.intersection(verdict.as_if))
        ]

    def failures(self) -> List[Judged]:
        """The cases with another answer or an error."""
        return [(case, verdict) for case, verdict in self.judged if verdict.kind in ("failed", "error")]

    def text(self) -> str:
        """Counts by section and what would explain the failures, for a terminal."""
        lines = [f"{self.name}: {_counts(self.counts)}", ""]
        width = max(len(section) for section in self.sections)
        lines += [f"  {section:<{width}}  {_counts(counts)}" for section, counts in self.sections.items()]
        if self.suspects:
            lines += ["", "What would explain the failures:"]
            lines += [
                f"  {each.says}: explains {each.explains}"
                + (f", {each.contradicted} cases speak against it" if each.contradicted else "")
                + f" (such as {', '.join(each.examples)})"
                for each in self.suspects
            ]
        if self.choices:
            lines += ["", "Documented choices of the host:"]
            lines += [f"  {each.says} ({each.where}): {count}" for each, count in self.choices.items()]
        if self.unexplained:
            shown = ", ".join(self.unexplained[:8])
            lines += ["", f"No known mistake explains {len(self.unexplained)}: {shown}"]
        few = [(case, verdict) for case, verdict in self.judged if verdict.kind == "not_supported" and verdict.detail]
        if few:
            lines += ["", f"Too few draws in {len(few)} cases. {few[0][0]['id']}: {few[0][1].detail}"]
        return "\n".join(lines) + "\n"

    def markdown(self) -> str:
        """A table of the sections in Markdown, and for each explanation the shortest case: a bug report, ready to send."""
        head = ["section", *(kind.replace("_", " ") for kind in KINDS)]
        rows = [[section, *(str(counts[kind]) for kind in KINDS)] for section, counts in self.sections.items()]
        rows.append(["**all**", *(str(self.counts[kind]) for kind in KINDS)])
        table = ["| " + " | ".join(row) + " |" for row in [head, ["---"] * len(head), *rows]]
        return "\n".join([f"## {self.name}", "", *table, *self._explained(), *self._not_explained(), *self._chosen()]) + "\n"

    def _explained(self) -> List[str]:
        lines: List[str] = []
        for each in self.suspects:
            against = f"; cases that speak against it: {each.contradicted}" if each.contradicted else ""
            told = f"Explains {each.explains} of {self.counts['failed']} failures{against}. The shortest:"
            lines += ["", f"### {each.says}", "", told, ""]
            shortest = shortest_of([judged for judged in self.judged if each.says in judged[1].as_if])
            lines += case_lines(shortest) if shortest else []
        return lines

    def _chosen(self) -> List[str]:
        if not self.choices:
            return []
        return ["", "### Documented choices", "", *(f"- {each.says} ({each.where}): {count}" for each, count in self.choices.items())]

    def _not_explained(self) -> List[str]:
        unexplained = set(self.unexplained)
        if not unexplained:
            return []
        told = f"Failures and errors without a known mistake: {len(self.unexplained)}. The shortest:"
        shortest = shortest_of([judged for judged in self.judged if judged[0]["id"] in unexplained])
        return ["", "### Not explained", "", told, "", *(case_lines(shortest) if shortest else [])]

    def json(self) -> str:
        """Counts, suspects and failures as JSON."""
        return json.dumps(
            {
                "name": self.name,
                "passed": self.passed,
                "counts": {kind: self.counts[kind] for kind in KINDS},
                "sections": {
                    section: {kind: counts[kind] for kind in KINDS} for section, counts in self.sections.items()
                },
                "choices": [{"says": each.says, "where": each.where, "cases": n} for each, n in self.choices.items()],
                "suspects": [each._asdict() for each in self.suspects],
                "unexplained": self.unexplained,
                "failures": [
                    {"id": case["id"], "rule": case["rule"], "as": verdict.as_if, "detail": verdict.detail}
                    for case, verdict in self.failures()
                ],
            },
            indent=2,
            ensure_ascii=False,
        )

    def junit(self) -> str:
        """JUnit XML: a test suite for each section. Ties, rounding and documented choices are passes."""
        suites = []
        for section, counts in self.sections.items():
            tests = []
            for case, verdict in self.judged:
                if case["section"] != section:
                    continue
                inner = ""
                if verdict.kind == "not_supported":
                    inner = f"<skipped message={_attribute(verdict.detail)}/>" if verdict.detail else "<skipped/>"
                elif verdict.kind == "failed":
                    inner = f"<failure message={_attribute('; '.join(verdict.as_if) or 'no known mistake')}/>"
                elif verdict.kind == "error":
                    inner = f"<error message={_attribute(verdict.detail or '')}/>"
                tests.append(
                    f"<testcase classname={_attribute(case['rule'])} name={_attribute(case['id'])}>{inner}</testcase>"
                )
            suites.append(
                f'<testsuite name={_attribute(section)} tests="{len(tests)}" failures="{counts["failed"]}" '
                f'errors="{counts["error"]}" skipped="{counts["not_supported"]}">' + "".join(tests) + "</testsuite>"
            )
        return '<?xml version="1.0" encoding="UTF-8"?>\n<testsuites>' + "".join(suites) + "</testsuites>\n"


def _attribute(text: str) -> str:
    """Quoted, with characters replaced that XML does not allow."""
    held = re.sub("[^\\t\\n\\r\\x20-\\ud7ff\\ue000-\\ufffd\\U00010000-\\U0010ffff]", "\ufffd", text)
    return f'"{escape(held, _ENTITIES)}"'


_ENTITIES = {'"': "&quot;", "\n": "&#10;", "\r": "&#13;", "\t": "&#9;"}


def _counts(counts: Counts[str]) -> str:
    return ", ".join(f"{counts[kind]} {kind.replace('_', ' ')}" for kind in KINDS if counts[kind]) or "no case"


def _suspects(judged: Sequence[Judged]) -> List[Suspect]:
    """The mistakes that explain most failures, in order.

    Each round picks the mistake that explains most of the remaining failures, minus the cases that contradict it. A
    mistake that more cases contradict than support is never picked.
    """
    contradicted: Counts[str] = Counter(says for _, verdict in judged for says in dict.fromkeys(verdict.not_as))
    left = [(case, verdict) for case, verdict in judged if verdict.as_if]
    suspects: List[Suspect] = []
    while left and len(suspects) < _SUSPECTS_MAX:
        support: Counts[str] = Counter(says for _, verdict in left for says in dict.fromkeys(verdict.as_if))
        says, explains = max(support.items(), key=lambda item: (item[1] - contradicted[item[0]], item[1]))
        if explains - contradicted[says] < 0:
            break
        own = [case["id"] for case, verdict in left if says in verdict.as_if]
        suspects.append(Suspect(says, explains, contradicted[says], own[:_EXAMPLES]))
        left = [(case, verdict) for case, verdict in left if says not in verdict.as_if]
    return suspects
