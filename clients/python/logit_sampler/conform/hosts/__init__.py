"""Samplers of hosts, ready to be run against the suite. To add one: its file, and one line here.

Each is called without arguments and has ``version`` and ``sampler(row, options, history)``. A host runs its stages in one
order: a chain in another order is not supported.
"""

import importlib
from typing import TYPE_CHECKING, Callable, Dict, cast

if TYPE_CHECKING:
    from ._order import Host


def _host(module: str) -> "Callable[[], Host]":
    return lambda: cast("Host", importlib.import_module(f"{__name__}.{module}").Host())


HOSTS: "Dict[str, Callable[[], Host]]" = {
    "transformers": _host("transformers"),
    "llama.cpp": _host("llama_cpp"),
    "vllm": _host("vllm"),
    "sglang": _host("sglang"),
    "mlx-lm": _host("mlx_lm"),
    "onnxruntime-genai": _host("onnxruntime_genai"),
}
