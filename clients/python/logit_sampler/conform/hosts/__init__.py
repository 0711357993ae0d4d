# mypy: ignore-errors
"""Samplers of hosts, ready to be run against the suite. To add one: its file, and one line here.

Each is called without arguments and has ``version`` and ``sampler(row, options, history)``. A host runs its stages in one
order: a chain in another order is not supported.
"""

import importlib


def _host(module):
    return lambda: importlib.import_module(f"{__name__}.{module}").Host()


HOSTS = {
    "transformers": _host("transformers"),
    "llama.cpp": _host("llama_cpp"),
    "vllm": _host("vllm"),
}
