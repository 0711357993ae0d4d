"""vLLM's own kernel for accepting drafts (vllm/v1/sample/rejection_sampler.py), run by Triton's interpreter on the CPU.

stdin: {"cases": [{"target": [[p]], "draft": [[q]] or null, "token_ids": [...], "uniforms": [...]}]}
stdout: {"version": ..., "accepted": [how many of each]}
"""

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
    """The file is loaded alone: what it imports of vLLM stands in, but for Triton itself."""

    def find_spec(self, name, path=None, target=None):
        if name == "vllm" or name.startswith("vllm."):
            return importlib.util.spec_from_loader(name, self)
        return None

    def create_module(self, spec):
        module = MagicMock(name=spec.name)
        module.__path__ = []
        module.__spec__ = spec
        if spec.name == "vllm.triton_utils":
            module.tl, module.triton = tl, triton
        return module

    def exec_module(self, module):
        pass


def load_kernel():
    folder = list(importlib.util.find_spec("vllm").submodule_search_locations)[0]
    sys.meta_path.insert(0, StandIns())
    spec = importlib.util.spec_from_file_location("alone", f"{folder}/v1/sample/rejection_sampler.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.rejection_random_sample_kernel


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


KERNEL = load_kernel()
CASES = json.load(sys.stdin)["cases"]
print(json.dumps({"version": importlib.metadata.version("vllm"), "accepted": [accepted(KERNEL, case) for case in CASES]}))
