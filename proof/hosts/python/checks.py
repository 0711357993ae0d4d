"""The common parts of the hosts' scripts: claims and times, printed as JSON lines on stdout, and plain calls to compare
with.

The service is at LOGIT_SAMPLER_URL; HOSTS_MODEL is the folder of the demo model (model/folder.ts), and
HOSTS_WIDE_MODELS are the folders of those with 32,000 and 128,256 tokens, if they were written.
"""

import functools
import importlib.util
import json
import os
import sys
import time
import traceback

from logit_sampler import SamplerClient

URL = os.environ["LOGIT_SAMPLER_URL"]
MODEL = os.environ["HOSTS_MODEL"]
# : The folders of the models with which times are measured.
MODELS = [MODEL, *filter(None, os.environ.get("HOSTS_WIDE_MODELS", "").split(os.pathsep))]
# : The number of timed turns; times that are not stored need one.
TURNS = int(os.environ["HOSTS_TURNS"])
#: A port of 127.0.0.1 on which nothing listens.
NOWHERE = "http://127.0.0.1:9"
# : Whether the sampler in the process is available: its engine is a separate package.
HAS_LOCAL = importlib.util.find_spec("py_mini_racer") is not None
PROMPT = "The old ship sailed into the"
OPTIONS = {"temperature": 0.8, "top_p": 0.95, "repetition_penalty": 1.1, "mirostat": 2}
# : The timed options, which every host's own sampler supports.
TIMED = {"temperature": 0.8, "top_p": 0.95}

_TELL, sys.stdout = sys.stdout, sys.stderr  # what hosts print is none of the report


def tell(line):
    print(json.dumps(line), file=_TELL, flush=True)


def host(version, note=""):
    tell({"version": version, **({"note": note} if note else {})})


def claim(sentence, holds, got=""):
    tell({"claim": sentence, "held": bool(holds), "got": "" if holds else str(got)[-800:]})


def claims(*functions):
    """Each function is one claim, and its docstring states it. It fails when it raises, and may return its measurement.
    """
    for function in functions:
        sentence = " ".join((function.__doc__ or function.__name__).split())
        try:
            function()
        except Exception:
            claim(sentence, False, traceback.format_exc(limit=-4))
        else:
            claim(sentence, True)


def raises(kind, action, words=""):
    """Checks that an action raises an error of this type whose text contains these words; returns the error."""
    try:
        action()
    except kind as error:
        assert words in str(error), f"expected {words!r} in {error}"
        return error
    raise AssertionError(f"nothing was raised; {kind} was expected")


def waited_s():
    """The seconds, since some fixed moment, in which this thread was ready to run but waited for a core."""
    ran, queued = open("/proc/thread-self/schedstat").read().split()[:2]
    return time.monotonic() - (int(ran) + int(queued)) / 1e9


def plain(rows, prompt_length, **options):
    """The tokens that plain calls draw from [(history, row)], step by step."""
    state, tokens = None, []
    with SamplerClient(URL) as client:
        for step, (history, row) in enumerate(rows):
            own = {"step": step, "history": list(history), "prompt_length": prompt_length, "state": state}
            reply = client.sample(row, **{**options, **own})
            state = reply["state"]
            tokens.append(reply["token_id"])
    return tokens


@functools.lru_cache(maxsize=None)
def samplers():
    """The samplers that draw our tokens, by their names in the table of times: the service, and the sampler in this
    process if its engine is installed."""
    found = {"ours": SamplerClient(URL)}
    if HAS_LOCAL:
        from logit_sampler import Sampler

        found["local"] = Sampler()
    return found


def measured(vocab_size, own, ours, what="", ways=None):
    """Times ``own()`` and, for each of ``ways``, ``ours(way)``: in turns, so that the load of the machine affects all
    equally.

    Both return milliseconds a token. ``ways`` are ``samplers()`` by default.
    """
    runs = {"own": own, **{name: functools.partial(ours, way) for name, way in (ways or samplers()).items()}}
    turns = [{name: run() for name, run in runs.items()} for _ in range(TURNS)]
    least = {name: min(turn[name] for turn in turns) for name in runs}
    tell({"ms": {"vocab_size": vocab_size, **({"what": what} if what else {}), **least}})
