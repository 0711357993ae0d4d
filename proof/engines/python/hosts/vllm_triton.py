"""vLLM's V1 sampler with its Triton kernel for top-k and top-p, run by Triton's interpreter on the CPU."""

import os

os.environ["TRITON_INTERPRET"] = "1"

import stubs  # noqa: E402
from hosts.vllm import REAL, Host  # noqa: E402

HOST = None


def dispatcher(kernel, warmup_inputs=None):
    """Replaces vLLM's launcher, which also compiles ahead of time: launches the kernel with the given grid and
    constants."""

    def decorate(plan):
        names = plan.__code__.co_varnames[: plan.__code__.co_argcount]

        def launch(*arguments):
            values = dict(zip(names, arguments))
            grid, constants = plan(*arguments)
            constants.pop("num_warps", None)
            given = {}
            for name in kernel.arg_names:
                value = values.get(name.lower())
                if name in constants:
                    given[name] = constants[name]
                elif value is not None:
                    given[name] = value
                elif "_STRIDE_" in name:
                    tensor, axis = name.lower().split("_stride_")
                    given[name] = values[tensor].stride(int(axis))
            kernel[grid](**given)

        launch.register_warmup = lambda: None
        return launch

    return decorate


class Index(int):
    """A loop's index: the compiler makes it a tensor, the interpreter an int, which has no `to`."""

    def to(self, _):
        return self


def indices_with_a_type():
    from triton.runtime import interpreter

    patch = interpreter._patch_lang_core

    def patched(lang, scope):
        patch(lang, scope)
        plain = lang.range
        scope.set_attr(lang, "range", lambda *bounds, **named: map(Index, plain(*bounds, **named)))

    interpreter._patch_lang_core = patched


def about():
    global HOST
    import importlib

    import triton
    import triton.language

    indices_with_a_type()

    stubs.stand_in(["vllm"], REAL)
    helper = importlib.import_module("vllm.model_executor.warmup.jit_warmup_triton_helper")
    helper.triton_kernel_dispatcher_with_warmup = dispatcher
    tools = importlib.import_module("vllm.triton_utils")
    tools.tl, tools.triton = triton.language, triton
    importlib.import_module("vllm.utils.platform_utils").num_compute_units = lambda *_: 1
    math_utils = importlib.import_module("vllm.utils.math_utils")
    math_utils.next_power_of_2 = lambda n: 1 << (n - 1).bit_length()
    HOST = Host(has_triton=True)
    return {
        "version": f"vllm {stubs.version_of('vllm')}, triton {stubs.version_of('triton')}",
        "ran": "as vllm, with ops/topk_topp_triton.py's one kernel for all rows, by Triton's interpreter on the CPU",
    }


def run(case):
    return HOST.run(case)
