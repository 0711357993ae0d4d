"""The suite: lines of questions with their answers. conformance/README.md explains each field."""

import array
import base64
import json
import os
import sys
from pathlib import Path
from typing import Any, Dict, List, Optional, Sequence

#: A line of the suite: a question with its answer.
Case = Dict[str, Any]

#: The fields that answer, by task. Every other field asks.
ANSWERS = {
    "distribution": ["kept", "probabilities"],
    "combine": ["kept", "probabilities"],
    "logprobs": ["logprobs"],
    "ranks": ["ranks"],
    "draw": ["token_id"],
    "verify": ["accepted", "token_id"],
    "philox": ["words"],
    "mark_token": ["word", "u"],
    "mark_score": ["score", "p_value"],
    "structured": ["valid"],
    "stop": ["finish_reason"],
}
_JUDGING = {"tolerance", "ties", "otherwise", "why"}


def folder() -> Path:
    """Where the suite lies: LOGIT_SAMPLER_CONFORMANCE, the package's own copy, or the repository's."""
    here = Path(__file__).resolve().parent
    named = os.environ.get("LOGIT_SAMPLER_CONFORMANCE")
    places = ([Path(named)] if named else []) + [here / "data", *(up / "conformance" for up in here.parents)]
    for place in places:
        if (place / "vectors").is_dir():
            return place
    raise FileNotFoundError("there is no conformance/vectors here: name its folder by LOGIT_SAMPLER_CONFORMANCE")


def load(path: Optional[str] = None, sections: Optional[Sequence[str]] = None) -> List[Case]:
    """All cases, or those of some sections. Every case is a dictionary."""
    cases: List[Case] = []
    root = Path(path) if path else folder()
    for part in ("vectors", "hosts"):
        for file in sorted((root / part).glob("*.ndjson")):
            with open(file, encoding="utf-8") as lines:
                cases += [json.loads(line) for line in lines if line.strip()]
    if not cases:
        raise FileNotFoundError(f"{root} has no vectors/*.ndjson and no hosts/*.ndjson; a checkout of the repository has them in conformance/")
    known = list(dict.fromkeys(case["section"] for case in cases))
    for section in sections or []:
        if section not in known:
            raise ValueError(f"there is no section {section!r}; there are {', '.join(known)}")
    return [case for case in cases if not sections or case["section"] in sections]


def question_of(case: Case) -> Case:
    """The case without its answer: the part that a tested program may see."""
    hidden = _JUDGING.union(ANSWERS[case["task"]])
    return {name: value for name, value in case.items() if name not in hidden}


def row_of(field: Any) -> List[float]:
    """A row in any of its forms as a list of floats."""
    if isinstance(field, list):
        return [float("-inf") if x is None else float(x) for x in field]
    if "f32" in field:
        numbers = array.array("f", base64.b64decode(field["f32"]))
        if sys.byteorder == "big":
            numbers.byteswap()
        return list(numbers)
    row = [float(field["fill"])] * field["length"]
    for token, value in field["values"].items():
        row[int(token)] = float(value)
    return row


def size_of(case: Case) -> int:
    """How many tokens the row of a case has; of several rows, the first."""
    field = case["row"] if "row" in case else case["rows"][0]
    if isinstance(field, list):
        return len(field)
    return len(base64.b64decode(field["f32"])) // 4 if "f32" in field else int(field["length"])
