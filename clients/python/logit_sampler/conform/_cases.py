"""Failed cases in Markdown, ready for a bug report. The runner in TypeScript writes the same bytes (src/conform/report-cases.ts)."""

import json
import math
import re
from decimal import Decimal
from typing import Any, Dict, List, Mapping, Optional, Sequence, Tuple

from ._judge import Verdict, set_of
from ._vectors import ANSWERS, Case, question_of, row_of

Judged = Tuple[Case, Verdict]

_TOKENS_MAX = 12
#: A longer question is not quoted: the id of the case finds it. In bytes of UTF-8.
_QUESTION_LENGTH_MAX = 1500
_DETAIL_LENGTH_MAX = 500
#: Fields that the report has elsewhere.
_ELSEWHERE = {"id", "section", "task", "rule", "about", "row"}


def shortest_of(judged: Sequence[Judged]) -> Optional[Judged]:
    """The case with the shortest question; of equals, the first."""
    return min(judged, key=lambda each: _byte_length(_json(question_of(each[0]))), default=None)


def case_lines(judged: Judged) -> List[str]:
    """The lines about a case that failed or ended with an error."""
    case, verdict = judged
    entries = {name: value for name, value in question_of(case).items() if name not in _ELSEWHERE}
    question = _json(entries)
    quoted = ["", "```json", question, "```"] if _byte_length(question) <= _QUESTION_LENGTH_MAX else []
    head = f"`{case['id']}`: {case['about']}. The rule: {case['why']}."
    return [head, *quoted, "", *_outcome_lines(case, verdict)]


def _outcome_lines(case: Case, verdict: Verdict) -> List[str]:
    if verdict.kind == "error":
        return [f"Got an error: {_SPACE.sub(' ', verdict.detail or '')}"]
    answer = verdict.answer or {}
    if case["task"] in ("distribution", "combine"):
        return [*([] if verdict.detail is None else [verdict.detail, ""]), *_token_lines(case, answer)]
    fields = [name for name in ANSWERS[case["task"]] if name in case]
    expected, got = (
        ", ".join(f"`{name}` {_value_text(each.get(name))}" for name in fields) for each in (case, answer)
    )
    return [f"Expected: {expected}. Got: {got}."]


def _token_lines(case: Case, answer: Mapping[str, Any]) -> List[str]:
    row = row_of(case["row"]) if "row" in case else None
    right, given = set_of(case), set_of(answer)
    ids = sorted({*right, *given}) if row is None else range(len(row))
    cells = [(token, _cell(right, token), _cell(given, token)) for token in ids]
    told = cells if len(cells) <= _TOKENS_MAX else [each for each in cells if each[1] != each[2]]
    head = ["token", "expected", "got"] if row is None else ["token", "logit", "expected", "got"]
    lines = [" | ".join(head), " | ".join("---" for _ in head)]
    for token, expected, got in told[:_TOKENS_MAX]:
        logit = [] if row is None else [_logit_text(row, token)]
        lines.append(" | ".join([str(token), *logit, expected, got]))
    more = len(told) - _TOKENS_MAX
    return [*(f"| {line} |" for line in lines), *(["", f"{more} more tokens differ."] if more > 0 else [])]


def _cell(answer: Dict[int, Optional[float]], token: int) -> str:
    if token not in answer:
        return "–"
    p = answer[token]
    return "kept" if p is None else _four_digits(p)


def _four_digits(p: float) -> str:
    """Rounded in the same way in both runners, which format() is not."""
    if not 0 <= p < 1e6:
        return _json(p)
    units = math.floor(p * 1e4 + 0.5)
    return f"{units // 10_000}.{units % 10_000:04d}"


def _logit_text(row: Sequence[float], token: int) -> str:
    if token >= len(row):
        return "null"
    return _json(row[token]) if math.isfinite(row[token]) else "-inf"


def _value_text(value: Any) -> str:
    """A scalar or the head of a list of scalars."""
    if not isinstance(value, (list, dict)):
        return f"`{_json(value)[:_DETAIL_LENGTH_MAX]}`"
    if isinstance(value, dict) or any(isinstance(each, (list, dict)) for each in value):
        return "of another form"
    more = len(value) - _TOKENS_MAX
    return f"`{_json(value[:_TOKENS_MAX])}`" + (f" and {more} more" if more > 0 else "")


#: What JavaScript takes for space.
_SPACE = re.compile("[\t\n\v\f\r \u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff]+")
_SURROGATE = re.compile("[\ud800-\udfff]")


def _json(value: Any) -> str:
    """JSON without spaces, with numbers as JavaScript writes them."""
    if isinstance(value, dict):
        return "{" + ",".join(f"{_json(name)}:{_json(each)}" for name, each in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(_json, value)) + "]"
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return _number(value)
    text = json.dumps(value, ensure_ascii=False)
    return _SURROGATE.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def _number(value: float) -> str:
    try:
        number = float(value)
    except OverflowError:
        return "null"
    if not math.isfinite(number):
        return "null"
    if number == int(number) and abs(number) < 2**53:
        return str(int(number))
    text = repr(number)
    if 1e-6 <= abs(number) < 1e21:
        return format(Decimal(text), "f").split(".0")[0] if abs(number) >= 2**53 else format(Decimal(text), "f")
    return re.sub("e([+-])0*", r"e\1", text)


def _byte_length(text: str) -> int:
    return len(text.encode())
