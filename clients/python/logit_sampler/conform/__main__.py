"""``python -m logit_sampler.conform``: runs the suite against a host, a function or a program.

It ends with 0 when nothing failed, with 1 when something did, and with 2 when it was called wrongly.
"""

import argparse
import importlib
import os
import sys
from typing import Optional, Sequence

from . import Report, program, run
from .hosts import HOSTS


def main(words: Optional[Sequence[str]] = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m logit_sampler.conform",
        description="Runs the conformance suite against a sampler, and says what it does otherwise.",
        epilog="Examples: python -m logit_sampler.conform --host transformers; "
        "python -m logit_sampler.conform --function my_module:my_sampler --junit report.xml",
    )
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--host", choices=sorted(HOSTS), help="the sampler of an installed package")
    what.add_argument("--function", metavar="MODULE:NAME", help="a function (row, options, history)")
    what.add_argument("--command", metavar="COMMAND", help="a program that reads a question a line and writes an answer a line")
    parser.add_argument("--section", action="append", help="only this section; may be given several times")
    parser.add_argument("--vectors", metavar="FOLDER", help="the suite; the package's own when not given")
    parser.add_argument("--name", help="what the report calls the sampler")
    parser.add_argument("--timeout-s", type=float, default=600, metavar="S", help="how long the program may run; default 600")
    for kind, about in (("json", "JSON"), ("markdown", "Markdown"), ("junit", "JUnit XML")):
        parser.add_argument(f"--{kind}", metavar="FILE", help=f"writes the report there as {about}")
    given = parser.parse_args(words)
    try:
        report = _report(given)
    except (OSError, ValueError, ImportError, AttributeError) as error:
        print(f"python -m logit_sampler.conform: {error}", file=sys.stderr)
        return 2
    sys.stdout.write(report.text())
    for kind in ("json", "markdown", "junit"):
        path = getattr(given, kind)
        if path:
            with open(path, "w", encoding="utf-8") as file:
                file.write(getattr(report, kind)())
    return 0 if report.passed else 1


def _report(given: argparse.Namespace) -> Report:
    asked = {"vectors": given.vectors, "sections": given.section, "name": given.name}
    if given.command:
        return program(given.command, timeout_s=given.timeout_s, **asked)
    if given.host:
        host = HOSTS[given.host]()
        own = {"name": given.name or host.version, "choices": host.choices, "recorded_as": host.recorded_as}
        return run(host.sampler, array=True, **{**asked, **own})
    module, _, name = given.function.partition(":")
    if not name:
        raise ValueError(f"--function takes MODULE:NAME, got {given.function}")
    sys.path.insert(0, os.getcwd())
    return run(getattr(importlib.import_module(module), name), **asked)


if __name__ == "__main__":
    sys.exit(main())
