"""Runs the conformance suite against a sampler, and says what it does otherwise.

    from logit_sampler import conform

    def my_sampler(row, options, history):
        if set(options) - {"temperature", "top_k", "top_p"}:
            raise conform.NotSupported
        ...
        return probabilities          # of every token, 0 for one that was removed

    report = conform.run(my_sampler)
    print(report.text())
    assert report.passed

``row`` is a list of floats (a numpy array with ``array=True``); ``-inf`` is a masked token. ``options`` has the options of all
stages by name; ``options.chain`` has the stages in the order that is asked for, ``options.prompt_length`` how many ids of
``history`` are the prompt. A sampler answers with the probabilities of all tokens, with a dictionary of id to
probability, with a set of the ids that are kept, or with ``{"counts": ...}``, the number of draws by id.
``draws_wanted(n)`` is how many draws a case wants when n tokens can be drawn. It raises ``NotSupported`` for what it does not have.

Needs the standard library alone.
"""

from ._counts import draws_wanted
from ._judge import Choice, Verdict, judge
from ._report import Report
from ._run import NotSupported, Options, program, run
from ._vectors import load, question_of, row_of

__all__ = [
    "Choice",
    "NotSupported",
    "Options",
    "Report",
    "Verdict",
    "draws_wanted",
    "judge",
    "load",
    "program",
    "question_of",
    "row_of",
    "run",
]
