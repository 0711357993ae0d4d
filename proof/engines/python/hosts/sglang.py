"""SGLang's sampler on its PyTorch backend, with its penalties, unmodified but for what it imports."""

import importlib
import types

import numpy as np
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

context = load("runtime_context")
settings = types.SimpleNamespace(
    deterministic=types.SimpleNamespace(rl_on_policy_target=None, enable_deterministic_inference=False),
    kernel=types.SimpleNamespace(sampling_backend="pytorch"),
    features=types.SimpleNamespace(sampling_mask_max_tokens=None),
)
context.get_exec = lambda: settings

sampler = load("layers.sampler")
info = load("sampling.sampling_batch_info")
penalties = load("sampling.penaltylib")
SamplingParams = load("sampling.sampling_params").SamplingParams

seen = {}
cut = sampler.top_k_top_p_min_p_sampling_from_probs_torch


def look_at_cut(*arguments, **named):
    named["return_filtered_probs"] = True
    named["max_top_k"] = None
    ids, weights, order, _ = cut(*arguments, **named)
    p = np.zeros(weights.shape[1])
    p[order[0].numpy()] = weights[0].numpy()
    seen["p"] = p
    return ids


def look_at_all(probs, **_):
    seen["p"] = probs[0].numpy().copy()
    return probs.argmax(-1)


sampler.top_k_top_p_min_p_sampling_from_probs_torch = look_at_cut
sampler.sampling_from_probs_torch = look_at_all


def about():
    return {
        "version": f"sglang {stubs.version_of('sglang')}",
        "ran": "layers/sampler.py (pytorch backend), sampling/sampling_batch_info.py, sampling_params.py and penaltylib in the order of the overlap scheduler; float32, torch.sort asked to be stable",
    }


class _Batch:
    device = "cpu"

    def __init__(self, params, stop_token_ids):
        tokenizer = types.SimpleNamespace(additional_stop_token_ids=None, eos_token_id=None)
        request = types.SimpleNamespace(
            sampling_params=params, eos_token_ids=set(stop_token_ids), tokenizer=tokenizer
        )
        self.reqs = [request]


def run(case):
    options = dict(case["options"])
    logits = torch.tensor([case["logits"]], dtype=torch.float32)
    size = logits.shape[1]
    generated = case["history"][case["prompt_length"] :]
    bias = {t: float("-inf") if b == "-inf" else float(b) for t, b in options.get("logit_bias", {}).items()}
    params = SamplingParams(
        temperature=options.get("temperature", 1.0),
        top_p=options.get("top_p", 1.0),
        top_k=options.get("top_k") or -1,
        min_p=options.get("min_p", 0.0),
        frequency_penalty=options.get("frequency_penalty", 0.0),
        presence_penalty=options.get("presence_penalty", 0.0),
        repetition_penalty=options.get("repetition_penalty", 1.0),
        min_new_tokens=options.get("min_tokens", 0),
    )
    batch = _Batch(params, options.get("stop_token_ids", []))
    kinds = (
        penalties.BatchedFrequencyPenalizer,
        penalties.BatchedMinNewTokensPenalizer,
        penalties.BatchedPresencePenalizer,
        penalties.BatchedRepetitionPenalizer,
    )
    orchestrator = penalties.BatchedPenalizerOrchestrator(size, batch, dict.fromkeys(kinds))
    if orchestrator.is_required:
        for token in generated:
            orchestrator.cumulate_output_tokens(torch.tensor([token]))
        # As SamplingBatchInfo does with the overlap scheduler: what is added first, then what scales.
        added = torch.zeros(1, size)
        orchestrator.accumulate_additive_penalties(added)
        logits.add_(added)
        scaling = orchestrator.accumulate_scaling_penalties()
        if scaling is not None:
            info.apply_scaling_penalties(logits, scaling)
    if bias:
        tensor = torch.zeros(1, size)
        for token, value in bias.items():
            tensor[0, int(token)] = value
        logits.add_(tensor)
    top_k, greedy = params.top_k, params.top_k == 1
    batch_info = types.SimpleNamespace(
        has_custom_logit_processor=False,
        is_all_greedy=greedy,
        need_top_p_sampling=params.top_p != 1,
        need_top_k_sampling=top_k < size,
        need_min_p_sampling=params.min_p > 0,
        temperatures=torch.tensor([[params.temperature]]),
        top_ks=torch.tensor([top_k], dtype=torch.int32),
        top_ps=torch.tensor([params.top_p]),
        min_ps=torch.tensor([params.min_p]),
        sampling_seed=None,
        max_top_k=None,
        grammars=None,
        sampling_mask_batch_indices=None,
        sampling_support_logprobs_capture_indices=None,
    )
    one = object.__new__(sampler.Sampler)
    torch.nn.Module.__init__(one)
    one.rl_on_policy_target = None
    one.enable_deterministic = one.use_log_softmax_logprob = one.use_ascend_backend = False
    output = types.SimpleNamespace(next_token_logits=logits)
    tokens = one.forward(output, batch_info, False, [], [], None)
    if not greedy:
        return seen["p"]
    p = np.zeros(size)
    p[int(tokens[0])] = 1
    return p
