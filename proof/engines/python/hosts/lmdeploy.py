"""LMDeploy's PyTorch engine: FusedLogitsProcessor, unmodified; the draw is replaced by reading its weights."""

import asyncio
import importlib

import numpy as np
import stubs
import torch

stubs.stable_sorts()
stubs.stand_in(["lmdeploy"], real=["lmdeploy.pytorch.engine.logits_process"])

logits_process = importlib.import_module("lmdeploy.pytorch.engine.logits_process")

seen = {}


def look(scores, seeds, offsets, indices=None):
    seen["weights"], seen["indices"] = scores, indices
    return scores.argmax(-1)


logits_process._multinomial_sampling = look
# torch.topk puts tokens that tie in any order; a stable sort puts them by id, as the path without top_k does.
logits_process._torch_topk = lambda x, k, dim=-1, largest=True, sorted=True: tuple(
    each[:, :k] for each in torch.sort(x, dim=dim, descending=largest)
)


def about():
    return {
        "version": f"lmdeploy {stubs.version_of('lmdeploy')}",
        "ran": "pytorch/engine/logits_process.py, float32, torch.sort and topk asked to be stable",
    }


def run(case):
    options = case["options"]
    logits = torch.tensor([case["logits"]], dtype=torch.float32)
    temperature, top_k = options.get("temperature", 0.8), options.get("top_k", 50)
    if temperature == 0:
        temperature, top_k = 1.0, 1
    top_k = min(top_k, logits.shape[1])
    generated = case["history"][case["prompt_length"] :]
    bad = [ids[0] for ids in options.get("bad_words_ids", []) if len(ids) == 1]
    if options.get("min_tokens", 0) > len(generated):
        bad += options.get("stop_token_ids", [])
    repetition = options.get("repetition_penalty", 1.0)
    top_p, min_p = options.get("top_p", 1.0), options.get("min_p", 0.0)
    inputs = logits_process.SamplingInputs(
        temperature=None if temperature == 1 else torch.tensor([temperature]),
        bad_words=torch.tensor([bad]) if bad else None,
        bad_mask=torch.ones(1, len(bad), dtype=torch.bool) if bad else None,
        repetition_penalty=None if repetition == 1 or not generated else torch.tensor([repetition]),
        generated_ids=torch.tensor([generated], dtype=torch.long) if generated else None,
        top_k=None if top_k in (0, 1) else torch.tensor([top_k]),
        top_p=None if top_p == 1 else torch.tensor([top_p]),
        min_p=None if min_p == 0 else torch.tensor([min_p]),
        max_top_k=top_k,
        logits_processors=[[]],
        max_num_logprobs=-1,
        batch_size=1,
    )
    processor = logits_process.FusedLogitsProcessor(inputs, "raw_logprobs", None)
    scores, _ = asyncio.run(processor(logits))
    token = processor.sampling(scores)
    p = np.zeros(len(case["logits"]))
    if top_k == 1:
        p[int(token[0])] = 1
        return p
    weights, indices = seen["weights"][0], seen["indices"][0]
    p[indices.numpy()] = weights.numpy()
    return p
