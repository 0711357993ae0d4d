"""ExLlamaV3's samplers one step after the other, unmodified; the draw is replaced by reading the weights."""

import importlib

import numpy as np
import stubs
import torch

stubs.stable_sorts()
stubs.stand_in(["exllamav3"], real=["exllamav3.generator.sampler"])

custom = importlib.import_module("exllamav3.generator.sampler.custom")
presets = importlib.import_module("exllamav3.generator.sampler.presets")
custom.fused_sampler_enable = False

seen = {}


def look(_, state):
    scores = state.logits if state.probs is None or "LOGITS" in state.state.name else None
    if state.state is custom.SS.INIT:
        scores = state.in_logits
    weights = torch.softmax(scores.float(), dim=-1) if scores is not None else state.probs
    p = np.zeros(state.dim)
    order = state.indices[0].numpy() if state.state.name.endswith("_S") else np.arange(state.dim)
    p[order] = weights[0].numpy()
    seen["p"] = p
    state.sample = torch.tensor([int(p.argmax())])
    state.state = custom.SS.DONE


custom.SS_Sample.run = look


def about():
    return {
        "version": f"exllamav3 {stubs.version_of('exllamav3')}",
        "ran": "generator/sampler/presets.py (ComboSampler) and custom.py with fusing off, on the CPU; penalties and DRY are compiled for CUDA and did not run; torch.sort asked to be stable",
    }


def run(case):
    options = case["options"]
    bias = {int(t): float("-inf") if b == "-inf" else float(b) for t, b in options.get("logit_bias", {}).items()}
    sampler = presets.ComboSampler(
        temperature=options.get("temperature", 1.0),
        min_p=options.get("min_p", 0.0),
        top_k=options.get("top_k", 0),
        top_p=options.get("top_p", 1.0),
        logit_bias=bias,
    )
    logits = torch.tensor([case["logits"]], dtype=torch.float32)
    token = sampler.forward(logits, rand_u32=1)
    if options.get("temperature") != 0 and options.get("top_k") != 1:
        return seen["p"]
    p = np.zeros(logits.shape[1])
    p[int(token[0])] = 1
    return p
