"""Puts the suite's questions to a function, or to a program that reads and writes lines."""

import json
import math
import re
import shlex
import subprocess
import threading
from typing import IO, Any, Callable, Dict, List, Mapping, NoReturn, Optional, Sequence, Union

from ._answers import wrong_with, wrong_with_size
from ._judge import Choice, Verdict, judge
from ._report import Report
from ._vectors import ANSWERS, Case, load, question_of, row_of

#: A function (row, options, history). It gives probabilities, a dictionary of id to probability, a set of
#: ids, or {"counts": ...} with the number of draws by id.
Sampler = Callable[[Any, "Options", List[int]], Any]

#: Maximum length of a reported message of a tested sampler, and of a program's line.
_DETAIL_LENGTH_MAX = 500
_LINE_LENGTH_MAX = 64 * 1024 * 1024


class NotSupported(Exception):
    """Raised by a sampler for a question that it does not take: the case is counted as not supported."""


class Options(Dict[str, Any]):
    """The options of all stages of a case by name, without the stages."""

    #: the stages in the order in which they run, each with its options
    chain: List[Dict[str, Any]]
    #: how many ids of the history are the prompt
    prompt_length: int

    @classmethod
    def of(cls, case: Case) -> "Options":
        options = cls()
        options.chain = case.get("chain", [])
        options.prompt_length = case.get("prompt_length", 0)
        for entry in options.chain:
            for name, value in entry.items():
                if name != "stage":
                    options[name] = value
        return options


def run(
    sampler: Optional[Sampler] = None,
    *,
    vectors: Optional[str] = None,
    sections: Optional[Sequence[str]] = None,
    array: bool = False,
    name: Optional[str] = None,
    choices: Sequence[Choice] = (),
    recorded_as: Optional[str] = None,
    **tasks: Callable[[Case], Any],
) -> Report:
    """Runs the suite against a sampler, and gives a Report.

    ``sampler(row, options, history)`` answers the cases whose task is ``distribution``. Functions for other tasks are given by
    name: ``run(my_sampler, draw=my_draw)``. Each gets the question as a dictionary and gives the answer's fields, or for a
    task with one field its value. ``array`` gives rows as numpy arrays. Tasks without a function are not supported.

    ``choices`` are what the sampler does otherwise by its own documentation. ``recorded_as`` is the rule of a
    host's recorded answers, such as "vllm pytorch": those of other hosts are then not supported, since they are no rule for it.
    """
    judged = []
    for case in load(vectors, sections):
        is_other = recorded_as is not None and "host" in case and case["rule"] != recorded_as
        verdict = Verdict("not_supported") if is_other else _verdict(case, sampler, tasks, array, choices)
        judged.append((case, verdict))
    return Report(judged, name or str(getattr(sampler, "__name__", "sampler")))


def _verdict(
    case: Case,
    sampler: Optional[Sampler],
    tasks: Mapping[str, Callable[[Case], Any]],
    array: bool,
    choices: Sequence[Choice],
) -> Verdict:
    try:
        if case["task"] == "distribution" and sampler is not None:
            answer = _distribution(case, sampler, array)
        elif case["task"] in tasks:
            answer = _fields(case, tasks[case["task"]](question_of(case)))
        else:
            raise NotSupported
        return _judged(case, answer, choices)
    except NotSupported:
        return Verdict("not_supported")
    except Exception as error:  # noqa: BLE001  whatever a tested sampler raises is told of
        return Verdict("error", detail=_shortened(f"{type(error).__name__}: {error}"))


def _judged(case: Case, answer: Mapping[str, Any], choices: Sequence[Choice] = ()) -> Verdict:
    wrong = wrong_with(case, answer)
    return judge(case, answer, choices) if wrong is None else Verdict("error", detail=wrong)


def _shortened(text: str) -> str:
    """Without halves of surrogate pairs, which UTF-8 does not hold, and no longer than a sentence."""
    return re.sub("[\ud800-\udfff]", "\ufffd", text[:_DETAIL_LENGTH_MAX])


def _distribution(case: Case, sampler: Sampler, array: bool) -> Dict[str, Any]:
    row: Any = row_of(case["row"])
    if array:
        import numpy

        row = numpy.array(row, dtype=numpy.float32)
    return _answer(sampler(row, Options.of(case), case.get("history", [])), len(row))


def _answer(given: Any, size: int) -> Dict[str, Any]:
    if given is None:
        raise NotSupported
    if isinstance(given, (set, frozenset)):
        return {"kept": sorted(int(token) for token in given)}
    if isinstance(given, dict) and "counts" in given:
        return {"counts": {str(int(token)): int(n) for token, n in given["counts"].items()}}
    if isinstance(given, dict):
        ids = sorted(token for token, p in given.items() if p > 0)
        return {"kept": ids, "probabilities": [float(given[token]) for token in ids]}
    probabilities = [float(p) for p in given]
    wrong = wrong_with_size(len(probabilities), size)
    if wrong is not None:
        raise ValueError(wrong)
    if any(math.isnan(p) for p in probabilities):
        raise ValueError("a probability is not a number (nan)")
    return {"probabilities": probabilities}


def _fields(case: Case, given: Any) -> Dict[str, Any]:
    if given is None and case["task"] != "stop":
        raise NotSupported
    if isinstance(given, dict):
        return given
    return {ANSWERS[case["task"]][0]: given}


def program(
    command: Union[str, Sequence[str]],
    *,
    vectors: Optional[str] = None,
    sections: Optional[Sequence[str]] = None,
    timeout_s: float = 600,
    name: Optional[str] = None,
) -> Report:
    """Runs the suite against a program: it reads a question a line, and writes an answer a line.

    A question is the case without its answer. An answer has the question's ``id`` and the fields of its task, or
    ``"not_supported": true``, or ``"error"`` with a sentence. The order does not matter; a case that is not answered
    is an error. Raises ValueError for a line that is no answer. docs/conformance.md has the protocol.
    """
    cases = load(vectors, sections)
    words = shlex.split(command) if isinstance(command, str) else list(command)
    if not words:
        raise ValueError("the command has no words")
    child = subprocess.Popen(
        words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8", errors="replace"
    )
    assert child.stdin is not None and child.stdout is not None
    killer = threading.Timer(timeout_s, child.kill)
    killer.start()
    writer = threading.Thread(target=_write, args=(child.stdin, cases), daemon=True)
    writer.start()
    try:
        answers = _answers_in(child.stdout, {case["id"] for case in cases})
        child.wait()
    finally:
        killer.cancel()
        child.kill()
        child.wait()
        writer.join()
        child.stdout.close()
    return Report([(case, _told(case, answers.get(case["id"]))) for case in cases], name or words[0])


def _write(stdin: IO[str], cases: Sequence[Case]) -> None:
    try:
        for case in cases:
            stdin.write(json.dumps(question_of(case)) + "\n")
        stdin.close()
    except (BrokenPipeError, ValueError):
        pass  # the program ended: what it did not answer is told of


def _answers_in(stdout: IO[str], ids: "set[str]") -> Dict[str, Dict[str, Any]]:
    answers: Dict[str, Dict[str, Any]] = {}
    number = 0
    while True:
        line = stdout.readline(_LINE_LENGTH_MAX)
        if not line:
            return answers
        number += 1
        if not line.strip():
            continue
        answer = _answer_in(line)
        if answer is None or answer.get("id") not in ids:
            raise ValueError(
                f"line {number} of the program is no answer, which is a JSON object with the id of a question: "
                + _shortened(line.strip())
            )
        if answer["id"] in answers:
            raise ValueError(f"the program answered {answer['id']} twice")
        answers[answer["id"]] = answer


def _answer_in(line: str) -> Optional[Dict[str, Any]]:
    try:
        answer = json.loads(line, parse_constant=_no_json)
    except (ValueError, RecursionError):
        return None
    return answer if isinstance(answer, dict) and isinstance(answer.get("id"), str) else None


def _no_json(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no JSON")


def _told(case: Case, answer: Optional[Mapping[str, Any]]) -> Verdict:
    if answer is None:
        return Verdict("error", detail="the program gave no answer")
    if answer.get("not_supported") is True:
        return Verdict("not_supported")
    if "error" in answer:
        error = answer["error"]
        return Verdict("error", detail=_shortened(error) if isinstance(error, str) else "the error is no sentence")
    return _judged(case, answer)
