"""Runs one engine's sampler for bench/engines.ts: a JSON line on standard input is a request, and a JSON line on
standard output is the answer.

The argument is the name of an engine's module, which has NAME, version() and Engine(rows). Steps are timed here, so
that no figure contains the cost of the pipe. The time is the CPU time of this thread, because on a busy machine other
programs interrupt a step of many milliseconds.
"""

import importlib
import json
import sys
import time

import numpy


def main(module_name):
    module = importlib.import_module(module_name)
    tell({"name": module.NAME, "version": module.version()})
    engine = None
    for line in sys.stdin:
        asked = json.loads(line)
        if asked["call"] == "rows":
            shape = (asked["count"], asked["vocab_size"])
            engine = module.Engine(numpy.fromfile(asked["path"], dtype="<f4").reshape(shape))
            tell({})
        elif asked["call"] == "prepare":
            tell({"rules": engine.prepare(asked["rules"])})
        elif asked["call"] == "kept":
            engine.ready(asked["row"])
            token_ids, probabilities = engine.kept(asked["row"])
            tell({"token_ids": [int(i) for i in token_ids], "probabilities": [float(p) for p in probabilities]})
        else:
            tell({"us": [timed(engine, row) for row in asked["rows"]]})


def timed(engine, row):
    engine.ready(row)
    began = time.thread_time_ns()
    engine.step(row)
    return (time.thread_time_ns() - began) / 1000


def tell(answer):
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1])
