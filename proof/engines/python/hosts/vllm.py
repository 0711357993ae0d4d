"""vLLM's V1 sampler on its PyTorch path, unmodified but for what it imports."""

import importlib

import stubs
import torch

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


class Host:
    """The sampler of a package that has vLLM's layout, of which the modules needed can be imported."""

    def __init__(self, package="vllm", has_triton=False):
        self.package = package
        load = self.load
        platform = load("platforms").current_platform
        platform.simple_compile_backend = "eager"
        platform.dispatch_key = "CPU"
        for kind in ("is_cpu", "is_cuda", "is_cuda_alike", "is_xpu"):
            setattr(platform, kind, lambda: False)
        load("triton_utils").HAS_TRITON = has_triton
        load("utils.platform_utils").is_pin_memory_available = lambda: False
        load("v1.serial_utils").PydanticMsgspecMixin = type("Mixin", (), {})
        parameters = load("sampling_params")
        load("").SamplingParams = parameters.SamplingParams
        self.SamplingParams = parameters.SamplingParams
        self.processors = load("v1.sample.logits_processor")
        self.interface = load("v1.sample.logits_processor.interface")
        self.metadata = load("v1.sample.metadata").SamplingMetadata
        self.Sampler = load("v1.sample.sampler").Sampler

    def load(self, name):
        return importlib.import_module(self.package if name == "" else f"{self.package}.{name}")

    def logits_processors(self, params, history, prompt_length):
        class Scheduler:
            max_num_seqs = 1

        class Config:
            scheduler_config = Scheduler

        kinds = ("MinTokensLogitsProcessor", "LogitBiasLogitsProcessor", "MinPLogitsProcessor")
        made = [getattr(self.processors, kind)(Config, torch.device("cpu"), False) for kind in kinds]
        added = [(0, params, history[:prompt_length], history[prompt_length:])]
        update = self.interface.BatchUpdate(batch_size=1, removed=[], added=added, moved=[])
        for each in made:
            each.update_state(update)
        return self.processors.LogitsProcessors(made)

    def more(self, options):
        """What a fork's metadata holds besides."""
        return {}

    def run(self, case):
        options = case["options"]
        history, prompt_length = case["history"], case["prompt_length"]
        logits = torch.tensor([case["logits"]], dtype=torch.float32)
        size = logits.shape[1]
        bias = {int(t): float("-inf") if b == "-inf" else float(b) for t, b in options.get("logit_bias", {}).items()}
        params = self.SamplingParams.from_optional(
            temperature=options.get("temperature", 1.0),
            top_p=options.get("top_p", 1.0),
            top_k=options.get("top_k", 0),
            min_p=options.get("min_p", 0.0),
            repetition_penalty=options.get("repetition_penalty", 1.0),
            presence_penalty=options.get("presence_penalty", 0.0),
            frequency_penalty=options.get("frequency_penalty", 0.0),
            min_tokens=options.get("min_tokens", 0),
            stop_token_ids=options.get("stop_token_ids"),
            logit_bias=bias or None,
            max_tokens=None,
        )
        generated = history[prompt_length:]
        allowed = options.get("allowed_token_ids")
        mask = None
        if allowed is not None:
            mask = torch.ones(1, size, dtype=torch.bool)
            mask[0, allowed] = False
        bad = options.get("bad_words_ids")
        greedy = params.temperature < 1e-5
        one = lambda value, dtype=torch.float32: torch.tensor([value], dtype=dtype)  # noqa: E731
        no_penalties = (params.repetition_penalty, params.presence_penalty, params.frequency_penalty) == (1, 0, 0)
        metadata = self.metadata(
            temperature=None if greedy else one(params.temperature),
            all_greedy=greedy,
            all_random=not greedy,
            top_p=None if params.top_p == 1 else one(params.top_p),
            top_k=None if not 0 < params.top_k < size else one(params.top_k, torch.int32),
            generators={},
            max_num_logprobs=-1,
            no_penalties=no_penalties,
            prompt_token_ids=torch.tensor([history[:prompt_length] or [size]], dtype=torch.long),
            frequency_penalties=one(params.frequency_penalty),
            presence_penalties=one(params.presence_penalty),
            repetition_penalties=one(params.repetition_penalty),
            output_token_ids=[generated],
            allowed_token_ids_mask=mask,
            bad_words_token_ids={0: bad} if bad else {},
            logitsprocs=self.logits_processors(params, history, prompt_length),
            **self.more(options),
        )
        told = self.Sampler("processed_logprobs")(logits, metadata)
        logprobs = told.logprobs_tensors.logprobs
        if not greedy:
            return torch.exp(logprobs)[0].numpy()
        p = torch.zeros(size)
        p[int(told.sampled_token_ids[0, 0])] = 1
        return p.numpy()


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
