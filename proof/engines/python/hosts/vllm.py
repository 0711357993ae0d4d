"""vLLM's V1 sampler on its PyTorch path, unmodified except for its imports. The conformance suite uses the same adapter."""

import stubs
from logit_sampler.conform.hosts import vllm

stubs.stable_sorts()

REAL = [
    "vllm._custom_ops",
    "vllm.model_executor.layers.utils",
    "vllm.sampling_params",
    "vllm.utils.torch_utils",
    "vllm.v1.outputs",
    "vllm.v1.sample.logits_processor",
    "vllm.v1.sample.metadata",
    "vllm.v1.sample.ops",
    "vllm.v1.sample.sampler",
]


class Host(vllm.Step):
    """The sampler of a package with vLLM's layout, of which only the needed modules must be importable."""

    def __init__(self, package="vllm", has_triton=False):
        self._package = package
        platform = self.load("platforms").current_platform
        platform.simple_compile_backend = "eager"
        platform.dispatch_key = "CPU"
        for kind in ("is_cpu", "is_cuda", "is_cuda_alike", "is_xpu"):
            setattr(platform, kind, lambda: False)
        self.load("triton_utils").HAS_TRITON = has_triton
        self.load("utils.platform_utils").is_pin_memory_available = lambda: False
        self.load("v1.serial_utils").PydanticMsgspecMixin = type("Mixin", (), {})
        self.load("").SamplingParams = self.load("sampling_params").SamplingParams
        super().__init__(package)

    def run(self, case):
        return self.probabilities(case["logits"], case["options"], case["history"], case["prompt_length"])


HOST = None


def about():
    global HOST
    stubs.stand_in(["vllm"], REAL)
    HOST = Host()
    return {
        "version": f"vllm {stubs.version_of('vllm')}",
        "ran": "v1/sample (sampler, its operations and logits processors), sampling_params.py, the penalties; float32, torch.sort asked to be stable",
    }


def run(case):
    return HOST.run(case)
