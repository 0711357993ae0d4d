"""Runs cases through a host's own code: cases as JSON lines on stdin, answers as JSON lines on stdout.

The first line describes the host: its version, and the code that runs. A case has logits, options (in the preset's
short form), history and prompt_length; an answer has the tokens that can be drawn and their probabilities, or an error.
Usage: python harness.py HOST
"""

import importlib
import json
import math
import sys

import clients  # noqa: F401
import numpy as np


def answer_of(probabilities):
    """The tokens with a probability above 0, ascending, and their probabilities."""
    p = np.asarray(probabilities, dtype=np.float64).reshape(-1)
    if not np.all(np.isfinite(p)):
        return {"error": "a probability is not a number"}
    kept = np.flatnonzero(p > 0)
    if kept.size == 0:
        return {"error": "no token is left"}
    return {"kept": kept.tolist(), "p": (p[kept] / p[kept].sum()).tolist()}


def case_of(line):
    case = json.loads(line)
    case["logits"] = [-math.inf if x is None else x for x in case["logits"]]
    return case


def main():
    tell, sys.stdout = sys.stdout, sys.stderr  # what hosts print is none of the answers
    host = importlib.import_module(f"hosts.{sys.argv[1]}")
    print(json.dumps(host.about()), file=tell, flush=True)
    for line in sys.stdin:
        case = case_of(line)
        try:
            told = host.run(case)
            answer = told if isinstance(told, dict) else answer_of(told)
        except Exception as error:  # a host that raises is an answer too
            answer = {"error": f"{type(error).__name__}: {error}"[:300]}
        answer["id"] = case["id"]
        print(json.dumps(answer), file=tell, flush=True)


if __name__ == "__main__":
    main()
