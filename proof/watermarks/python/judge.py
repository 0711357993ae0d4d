"""vLLM's and transformers' own watermarks. Reads lines of JSON and answers with uniforms, p-values, or drawn tokens."""

import importlib
import importlib.metadata
import json
import os
import sys
import types
from pathlib import Path

# Triton runs kernels on a CPU, one program after the other.
os.environ.setdefault("TRITON_INTERPRET", "1")
sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "engines" / "python"))

import numpy  # noqa: E402
import stubs  # noqa: E402
import torch  # noqa: E402

stubs.stand_in(
    ["vllm"],
    [
        "vllm.config.watermarking",
        "vllm.v1.watermarking",
        "vllm.v1.worker.gpu.sample.gumbel",
    ],
)

import triton  # noqa: E402
import triton.language as tl  # noqa: E402

# vLLM's own launcher looks for a GPU before it calls Triton.
HANDED_ON = types.ModuleType("vllm.triton_utils")
HANDED_ON.triton, HANDED_ON.tl, HANDED_ON.HAS_TRITON = triton, tl, True
sys.modules["vllm.triton_utils"] = HANDED_ON

gumbel = importlib.import_module("vllm.v1.worker.gpu.sample.gumbel")


@triton.jit
def uniforms(out, seed_ptr, pos_ptr, SIZE: tl.constexpr):
    ids = tl.arange(0, SIZE)
    tl.store(out + ids, gumbel.murmur3_uniform32(tl.load(seed_ptr), tl.load(pos_ptr), ids))


def vllm_uniforms(ask):
    from vllm.v1.watermarking.prfs.philox import PhiloxPRF

    answers = []
    for key, context, token in ask["cases"]:
        contexts = torch.tensor([context], dtype=torch.int64)
        tokens = torch.tensor([[token]], dtype=torch.int64)
        answers.append(PhiloxPRF(int(key)).uniform(contexts, tokens).item())
    return answers


def vllm_noises(ask):
    """u and the largest total of vLLM's sampling kernel, for rows of scores."""
    answers = []
    for seed, pos, scores in ask["cases"]:
        size = len(scores)
        out = torch.empty(size, dtype=torch.float32)
        seeds = torch.tensor([int(seed)], dtype=torch.int64)
        positions = torch.tensor([pos], dtype=torch.int64)
        uniforms[(1,)](out, seeds, positions, SIZE=size)
        drawn = gumbel.gumbel_sample(
            torch.tensor([scores], dtype=torch.float32),
            torch.tensor([0], dtype=torch.int32),
            torch.tensor([1.0]),
            seeds,
            positions,
            apply_temperature=False,
            is_drafting=False,
        )
        answers.append([out.tolist(), int(drawn[0])])
    return answers


def vllm_detector(ask):
    from vllm.v1.watermarking.gumbel import DualKeyGumbelWatermarkDetector, GumbelWatermarkDetector

    if ask["scheme"] == "gumbel":
        return GumbelWatermarkDetector(int(ask["key"]), ask["context_width"])
    return DualKeyGumbelWatermarkDetector(int(ask["key"]), ask["context_width"], alpha=ask["alpha"])


def vllm_detect(ask):
    detector = vllm_detector(ask)
    found = [detector.detect(text) for text in ask["texts"]]
    return [[each.score, each.p_value, each.num_scored_tokens] for each in found]


def vllm_draw(ask):
    """Texts by vLLM's rule over the given rows: the tokens that its watermarker draws on a CPU."""
    from vllm.v1.watermarking.gumbel import GumbelWatermarker

    width = ask["context_width"]
    marker = GumbelWatermarker(int(ask["key"]), width)
    rows = torch.tensor(ask["rows"], dtype=torch.float32)
    texts = []
    for order in ask["orders"]:
        text = []
        for place in order:
            context = ([-1] * width + text)[-width:]
            logits = rows[place : place + 1]
            drawn = marker._sample_watermarked(logits, torch.tensor([context], dtype=torch.int64))
            text.append(int(drawn.token_ids[0]))
        texts.append(text)
    return texts


def green_processor(ask):
    from transformers.generation.logits_process import WatermarkLogitsProcessor

    return WatermarkLogitsProcessor(
        vocab_size=ask["vocab_size"],
        device="cpu",
        greenlist_ratio=ask["gamma"],
        bias=ask["delta"],
        hashing_key=int(ask["key"]),
        seeding_scheme=ask["seeding"],
        context_width=ask["context_width"],
    )


def green_lists(ask):
    """The tokens whose score the processor raised, for each context."""
    processor = green_processor(ask)
    scores = torch.tensor([ask["scores"]], dtype=torch.float32)
    raised = []
    for context in ask["contexts"]:
        after = processor(torch.tensor([context], dtype=torch.int64), scores)
        raised.append(torch.nonzero(after[0] != scores[0]).flatten().tolist())
    return raised


def green_detect(ask):
    from types import SimpleNamespace

    from transformers.generation.watermarking import WatermarkDetector

    config = SimpleNamespace(bos_token_id=-1, is_encoder_decoder=False, vocab_size=ask["vocab_size"])
    settings = {
        "greenlist_ratio": ask["gamma"],
        "bias": ask["delta"],
        "hashing_key": int(ask["key"]),
        "seeding_scheme": ask["seeding"],
        "context_width": ask["context_width"],
    }
    detector = WatermarkDetector(config, "cpu", settings, ignore_repeated_ngrams=True)
    found = []
    for text in ask["texts"]:
        out = detector(torch.tensor([text], dtype=torch.int64), return_dict=True)
        found.append([float(out.num_green_tokens[0]), float(out.p_value[0]), float(out.num_tokens_scored[0])])
    return found


def synthid_processor(ask):
    from transformers.generation.logits_process import SynthIDTextWatermarkLogitsProcessor

    return SynthIDTextWatermarkLogitsProcessor(
        ngram_len=ask["ngram_len"],
        keys=[int(key) for key in ask["keys"]],
        sampling_table_size=65536,
        sampling_table_seed=0,
        context_history_size=1024,
        device=torch.device("cpu"),
    )


def synthid_values(ask):
    processor = synthid_processor(ask)
    answers = []
    for text in ask["texts"]:
        ids = torch.tensor([text], dtype=torch.int64)
        values = processor.compute_g_values(ids)[0].tolist()
        mask = processor.compute_context_repetition_mask(ids)[0].tolist()
        answers.append([values, mask])
    return answers


def synthid_probabilities(ask):
    """The distribution after the tournament, for a growing text."""
    processor = synthid_processor(ask)
    scores = torch.tensor([ask["scores"]], dtype=torch.float32)
    ids = [0]
    answers = []
    for token in ask["text"]:
        after = processor(torch.tensor([ids], dtype=torch.int64), scores)
        answers.append(torch.softmax(after[0].double(), dim=0).tolist())
        ids.append(token)
    return answers


ASKED = {
    each.__name__: each
    for each in [
        vllm_uniforms,
        vllm_noises,
        vllm_detect,
        vllm_draw,
        green_lists,
        green_detect,
        synthid_values,
        synthid_probabilities,
    ]
}


def versions(_ask):
    return {name: importlib.metadata.version(name) for name in ["vllm", "transformers", "torch"]}


def main():
    torch.set_num_threads(1)
    numpy.seterr(all="ignore")
    for line in sys.stdin:
        ask = json.loads(line)
        answer = {"versions": versions, **ASKED}[ask["what"]](ask)
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


main()
