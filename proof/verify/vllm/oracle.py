"""vLLM's own kernels for accepting drafts, run by Triton's interpreter on the CPU, and transformers' function.

The rule of Leviathan et al. is in vllm/v1/sample/rejection_sampler.py, block verification in
vllm/v1/worker/gpu/spec_decode/rejection_sampler_utils.py, whose uniforms come from a seed and are returned.

stdin: {"cases": [{"target": [[p]], "draft": [[q]] or null, "token_ids": [...], "uniforms": [...], "weight": w}]}
stdout: {"versions": {...}, "accepted": [how many of each], "block": [{"accepted": n, "uniforms": [...]}], "ensemble":
[n or null]}
"""

import importlib
import importlib.metadata
import importlib.util
import json
import os
import sys
from unittest.mock import MagicMock

os.environ["TRITON_INTERPRET"] = "1"

import torch  # noqa: E402
import triton  # noqa: E402
import triton.language as tl  # noqa: E402

NOT_ACCEPTED = 1_000_000


class StandIns:
    """Loads one file alone: its vLLM imports are replaced by doubles, except Triton and the named files."""

    def __init__(self, folder, real):
        self.real = {name: f"{folder}/{name.replace('.', '/')[len('vllm/'):]}.py" for name in real}

    def find_spec(self, name, path=None, target=None):
        if name in self.real:
            return importlib.util.spec_from_file_location(name, self.real[name])
        if name == "vllm" or name.startswith("vllm."):
            return importlib.util.spec_from_loader(name, self)
        return None

    def create_module(self, spec):
        module = MagicMock(name=spec.name)
        module.__path__ = []
        module.__spec__ = spec
        if spec.name == "vllm.triton_utils":
            module.tl, module.triton, module.HAS_TRITON = tl, triton, True
        return module

    def exec_module(self, module):
        pass


REJECTION = "vllm.v1.sample.rejection_sampler"
SPECULATION = "vllm.v1.worker.gpu.spec_decode.rejection_sampler_utils"
NOISE = "vllm.v1.worker.gpu.sample.gumbel"
REAL = [REJECTION, SPECULATION, NOISE, "vllm.v1.worker.gpu.sample.watermark", "vllm.v1.watermarking.prfs.philox"]
FOLDER = list(importlib.util.find_spec("vllm").submodule_search_locations)[0]
sys.meta_path.insert(0, StandIns(FOLDER, REAL))
rejection, speculation, noise = map(importlib.import_module, (REJECTION, SPECULATION, NOISE))
# Replacements of rejected tokens are not compared: their kernels have no influence on the number of accepted tokens.
speculation._resample_kernel = speculation._insert_resampled_kernel = MagicMock()
spec_step_seed, tl_rand32 = noise.spec_step_seed, noise.tl_rand32


@triton.jit
def uniforms_kernel(out, seed, places, count):
    for i in range(count):
        place = tl.load(places + i)
        tl.store(out + i, tl_rand32(spec_step_seed(tl.load(seed), i), place, includes_zero=False))


def block(case, seed):
    count = len(case["token_ids"])
    target = torch.tensor(case["target"], dtype=torch.float32).log()
    target = torch.cat([target, target[-1:]])
    draft = case["draft"] and torch.tensor([case["draft"]], dtype=torch.float32).log()
    zeros = torch.zeros(count + 1, dtype=torch.int32)
    places = torch.arange(count + 1, dtype=torch.int32)
    seeds = torch.tensor([seed], dtype=torch.int64)
    drafted = torch.tensor([0, *case["token_ids"]], dtype=torch.int64)
    _, sampled = speculation.rejection_sample(
        target,
        draft,
        drafted,
        torch.tensor([0, count + 1], dtype=torch.int32),
        places.to(torch.int64),
        zeros[:1],
        zeros,
        places,
        torch.ones(1),
        seeds,
        count,
        use_block_verification=True,
    )
    uniforms = torch.zeros(count, dtype=torch.float32)
    uniforms_kernel[(1,)](uniforms, seeds, places.to(torch.int64), count)
    return {"accepted": int(sampled[0]), "uniforms": uniforms.tolist()}


def ensemble(case):
    if case["draft"] is None:
        return None
    from transformers.generation.utils import _speculative_sampling

    count = len(case["token_ids"])
    target = torch.tensor([case["target"] + case["target"][-1:]], dtype=torch.float64).log()
    uniforms = torch.tensor(case["uniforms"], dtype=torch.float64)
    given, torch.rand_like = torch.rand_like, lambda like: uniforms.reshape(like.shape)
    try:
        _, matches = _speculative_sampling(
            torch.tensor([case["token_ids"]]),
            torch.tensor([case["draft"]], dtype=torch.float64).log(),
            count,
            target,
            assistant_ensemble_weight=case["weight"],
        )
    finally:
        torch.rand_like = given
    return int(matches)


def accepted(kernel, case):
    count, vocab_size = len(case["token_ids"]), len(case["target"][0])
    draft = case["draft"] and torch.tensor(case["draft"], dtype=torch.float32)
    output = torch.full((1, count + 1), -1, dtype=torch.int32)
    kernel[(1,)](
        output,
        torch.tensor([count], dtype=torch.int32),
        torch.tensor(case["token_ids"], dtype=torch.int32),
        draft,
        torch.tensor(case["target"], dtype=torch.float32),
        torch.tensor([NOT_ACCEPTED], dtype=torch.int32),
        torch.full((count,), NOT_ACCEPTED, dtype=torch.int32),
        torch.tensor(case["uniforms"], dtype=torch.float64),
        torch.tensor([False]),
        count,
        vocab_size,
        None,
        NO_DRAFT_PROBS=draft is None,
        SYNTHETIC_MODE=False,
    )
    return sum(1 for token in output[0].tolist() if 0 <= token < NOT_ACCEPTED)


KERNEL = rejection.rejection_random_sample_kernel
CASES = json.load(sys.stdin)["cases"]
REPLY = {
    "versions": {name: importlib.metadata.version(name) for name in ("vllm", "transformers")},
    "accepted": [accepted(KERNEL, case) for case in CASES],
    "block": [block(case, index) for index, case in enumerate(CASES)],
    "ensemble": [ensemble(case) for case in CASES],
}
print(json.dumps(REPLY))
