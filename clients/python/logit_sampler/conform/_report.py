# mypy: ignore-errors
"""What came of the suite: counts by section, the mistakes that explain the failures, and files for other tools."""

import json
from collections import Counter
from typing import List, NamedTuple
from xml.sax.saxutils import quoteattr

from ._judge import KINDS

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
    """The verdict about every case, and what they come to."""

    def __init__(self, judged, name):
        self.judged = judged
        self.name = name
        self.counts = Counter(verdict.kind for _, verdict in judged)
        self.suspects = _suspects(judged)

    @property
    def passed(self):
        """Nothing failed, and something was supported."""
        held = self.counts["passed"] + self.counts["tie"] + self.counts["rounding"]
        return held > 0 and self.counts["failed"] == 0 and self.counts["error"] == 0

    @property
    def sections(self):
        sections = {}
        for case, verdict in self.judged:
            sections.setdefault(case["section"], Counter())[verdict.kind] += 1
        return sections

    @property
    def unexplained(self):
        """Ids of failures that no suspect explains."""
        known = {suspect.says for suspect in self.suspects}
        return [
            case["id"]
            for case, verdict in self.judged
            if verdict.kind == "error" or (verdict.kind == "failed" and not known.intersection(verdict.as_if))
        ]

    def failures(self):
        return [(case, verdict) for case, verdict in self.judged if verdict.kind in ("failed", "error")]

    def text(self):
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
        if self.unexplained:
            shown = ", ".join(self.unexplained[:8])
            lines += ["", f"No known mistake explains {len(self.unexplained)}: {shown}"]
        return "\n".join(lines) + "\n"

    def markdown(self):
        head = ["section", *(kind.replace("_", " ") for kind in KINDS)]
        rows = [[section, *(str(counts[kind]) for kind in KINDS)] for section, counts in self.sections.items()]
        rows.append(["**all**", *(str(self.counts[kind]) for kind in KINDS)])
        table = ["| " + " | ".join(row) + " |" for row in [head, ["---"] * len(head), *rows]]
        notes = [f"- {each.says}: explains {each.explains} failures" for each in self.suspects]
        return "\n".join([f"## {self.name}", "", *table, "", *notes]) + "\n"

    def json(self):
        return json.dumps(
            {
                "name": self.name,
                "passed": self.passed,
                "counts": {kind: self.counts[kind] for kind in KINDS},
                "sections": {
                    section: {kind: counts[kind] for kind in KINDS} for section, counts in self.sections.items()
                },
                "suspects": [each._asdict() for each in self.suspects],
                "unexplained": self.unexplained,
                "failures": [
                    {"id": case["id"], "rule": case["rule"], "as": verdict.as_if, "detail": verdict.detail}
                    for case, verdict in self.failures()
                ],
            },
            indent=2,
        )

    def junit(self):
        """JUnit XML: a test suite for each section. Ties and rounding are passes."""
        suites = []
        for section, counts in self.sections.items():
            tests = []
            for case, verdict in self.judged:
                if case["section"] != section:
                    continue
                inner = ""
                if verdict.kind == "not_supported":
                    inner = "<skipped/>"
                elif verdict.kind == "failed":
                    inner = f"<failure message={quoteattr('; '.join(verdict.as_if) or 'no known mistake')}/>"
                elif verdict.kind == "error":
                    inner = f"<error message={quoteattr(verdict.detail or '')}/>"
                tests.append(
                    f"<testcase classname={quoteattr(case['rule'])} name={quoteattr(case['id'])}>{inner}</testcase>"
                )
            suites.append(
                f'<testsuite name={quoteattr(section)} tests="{len(tests)}" failures="{counts["failed"]}" '
                f'errors="{counts["error"]}" skipped="{counts["not_supported"]}">' + "".join(tests) + "</testsuite>"
            )
        return '<?xml version="1.0" encoding="UTF-8"?>\n<testsuites>' + "".join(suites) + "</testsuites>\n"


def _counts(counts):
    return ", ".join(f"{counts[kind]} {kind.replace('_', ' ')}" for kind in KINDS if counts[kind]) or "no case"


def _suspects(judged):
    """The mistakes that explain most failures, one after the other.

    Each time it is the one that explains most of what is left, less what speaks against it. A mistake that more cases
    contradict than support is no suspect.
    """
    contradicted = Counter(says for _, verdict in judged for says in set(verdict.not_as))
    left = [(case, verdict) for case, verdict in judged if verdict.as_if]
    suspects = []
    while left and len(suspects) < _SUSPECTS_MAX:
        support = Counter(says for _, verdict in left for says in set(verdict.as_if))
        says, explains = max(support.items(), key=lambda item: (item[1] - contradicted[item[0]], item[1]))
        if explains - contradicted[says] < 0:
            break
        own = [case["id"] for case, verdict in left if says in verdict.as_if]
        suspects.append(Suspect(says, explains, contradicted[says], own[:_EXAMPLES]))
        left = [(case, verdict) for case, verdict in left if says not in verdict.as_if]
    return suspects
