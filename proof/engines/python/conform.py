"""The conformance suite against a host of which only some modules can be imported: stand-ins first, then the suite's own command.

Usage: python conform.py --host sglang [other options of python -m logit_sampler.conform]
"""

import importlib
import sys

import clients  # noqa: F401
from logit_sampler.conform.__main__ import main

importlib.import_module(f"hosts.{sys.argv[sys.argv.index('--host') + 1]}")  # its stand-ins
sys.exit(main(sys.argv[1:]))
