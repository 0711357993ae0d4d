"""SGLang's sampler on its PyTorch backend, with its penalties, unmodified except for its imports. The conformance suite uses the
same adapter."""

import importlib

import stubs
import torch

stubs.stable_sorts()
stubs.stand_in(
    ["sglang"],
    real=[
        "sglang.srt.layers.sampler",
        "sglang.srt.sampling.penaltylib",
        "sglang.srt.sampling.sampling_batch_info",
        "sglang.srt.sampling.sampling_params",
    ],
)


def load(name):
    return importlib.import_module(f"sglang.srt.{name}")


common = load("utils.common")
for platform in ("is_cuda", "is_hip", "is_npu", "is_musa", "is_xpu", "is_gfx1250_supported", "is_pin_memory_available"):
    setattr(common, platform, lambda *_: False)
common.get_bool_env_var = lambda *_: False
utils = load("utils")
utils.is_npu = lambda: False
utils.get_compiler_backend = lambda *_, **__: "eager"
importlib.import_module("sglang.kernels.ops.sampling").softmax = lambda logits: torch.softmax(logits, dim=-1)

STEP = None


def about():
    global STEP
    from logit_sampler.conform.hosts.sglang import Step

    STEP = Step()
    return {
        "version": f"sglang {stubs.version_of('sglang')}",
        "ran": "layers/sampler.py (pytorch backend), sampling/sampling_batch_info.py, sampling_params.py and penaltylib in the order of the overlap scheduler; float32, torch.sort asked to be stable",
    }


def run(case):
    return STEP.probabilities(case["logits"], case["options"], case["history"], case["prompt_length"])
