# mypy: ignore-errors
"""Puts the suite's questions to a function, or to a program that reads and writes lines."""

import json
import math
import shlex
import subprocess
import threading

from ._judge import Verdict, judge
from ._report import Report
from ._vectors import load, question_of, row_of


class NotSupported(Exception):
    """Raised by a sampler for a question that it does not take: the case is counted as not supported."""


class Options(dict):
    """The options of all stages of a case by name, without the stages."""

    #: the stages in the order in which they run, each with its options
    chain: list
    #: how many ids of the history are the prompt
    prompt_length: int

    @classmethod
    def of(cls, case):
        options = cls()
        options.chain = case.get("chain", [])
        options.prompt_length = case.get("prompt_length", 0)
        for entry in options.chain:
            for name, value in entry.items():
                if name != "stage":
                    options[name] = value
        return options


def run(sampler=None, *, vectors=None, sections=None, array=False, name=None, **tasks):
    """Runs the suite against a sampler, and gives a Report.

    ``sampler(row, options, history)`` answers the cases whose task is ``distribution``. Functions for other tasks are given by
    name: ``run(my_sampler, draw=my_draw)``. Each gets the question as a dictionary and gives the answer's fields, or for a
    task with one field its value. ``array`` gives rows as numpy arrays. Tasks without a function are not supported.
    """
    judged = []
    for case in load(vectors, sections):
        judged.append((case, _verdict(case, sampler, tasks, array)))
    return Report(judged, name or getattr(sampler, "__name__", "sampler"))


def _verdict(case, sampler, tasks, array):
    try:
        if case["task"] == "distribution" and sampler is not None:
            answer = _distribution(case, sampler, array)
        elif case["task"] in tasks:
            answer = _fields(case, tasks[case["task"]](question_of(case)))
        else:
            raise NotSupported
        return judge(case, answer)
    except NotSupported:
        return Verdict("not_supported")
    except Exception as error:  # noqa: BLE001  whatever a tested sampler raises is told of
        return Verdict("error", detail=f"{type(error).__name__}: {error}")


def _distribution(case, sampler, array):
    row = row_of(case["row"])
    if array:
        import numpy

        row = numpy.array(row, dtype=numpy.float32)
    return _answer(sampler(row, Options.of(case), case.get("history", [])), len(row))


def _answer(given, size):
    if given is None:
        raise NotSupported
    if isinstance(given, (set, frozenset)):
        return {"kept": sorted(int(token) for token in given)}
    if isinstance(given, dict):
        ids = sorted(token for token, p in given.items() if p > 0)
        return {"kept": ids, "probabilities": [float(given[token]) for token in ids]}
    probabilities = [float(p) for p in given]
    if len(probabilities) != size:
        raise ValueError(f"a sampler gives the probability of each of the {size} tokens, got {len(probabilities)} numbers")
    if any(math.isnan(p) for p in probabilities):
        raise ValueError("a probability is not a number (nan)")
    return {"probabilities": probabilities}


def _fields(case, given):
    if given is None and case["task"] != "stop":
        raise NotSupported
    if isinstance(given, dict):
        return given
    from ._vectors import ANSWERS

    return {ANSWERS[case["task"]][0]: given}


def program(command, *, vectors=None, sections=None, timeout_s=600, name=None):
    """Runs the suite against a program: it reads a question a line, and writes an answer a line.

    A question is the case without its answer. An answer has the question's ``id`` and the fields of its task, or
    ``"not_supported": true``, or ``"error"`` with a sentence. The order does not matter; a case that is not answered
    is an error.
    """
    cases = load(vectors, sections)
    words = shlex.split(command) if isinstance(command, str) else list(command)
    child = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8")
    killer = threading.Timer(timeout_s, child.kill)
    killer.start()

    def write():
        try:
            for case in cases:
                child.stdin.write(json.dumps(question_of(case)) + "\n")
            child.stdin.close()
        except (BrokenPipeError, ValueError):
            pass  # the program ended: what it did not answer is told of

    writer = threading.Thread(target=write, daemon=True)
    writer.start()
    answers = {}
    try:
        for line in child.stdout:
            if line.strip():
                answer = json.loads(line)
                answers[answer.pop("id")] = answer
        child.wait()
    finally:
        killer.cancel()
        child.kill()
        child.wait()
        writer.join()
    return Report([(case, _told(case, answers.get(case["id"]))) for case in cases], name or words[0])


def _told(case, answer):
    if answer is None:
        return Verdict("error", detail="the program gave no answer")
    if answer.get("not_supported"):
        return Verdict("not_supported")
    if "error" in answer:
        return Verdict("error", detail=str(answer["error"]))
    try:
        return judge(case, answer)
    except (TypeError, KeyError, AttributeError) as error:
        return Verdict("error", detail=f"the answer lacks a field of its task: {error!r}")
