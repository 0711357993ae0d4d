"""Aphrodite's V1 sampler on its PyTorch path, unmodified except for its imports."""

import stubs
import torch
from hosts.vllm import REAL, Host

HOST = None

NAMES = {
    "top_n_sigma": "top_nsigma",
    "top_a": "top_a",
    "tfs": "tfs",
    "eta_cutoff": "eta_cutoff",
    "epsilon_cutoff": "epsilon_cutoff",
    "typical_p": "typical_p",
    "smoothing_factor": "quadratic_smoothing_factor",
    "xtc_probability": "xtc_probability",
    "no_repeat_ngram_size": "no_repeat_ngram_size",
}


class Aphrodite(Host):
    def more(self, options):
        number = {"no_repeat_ngram_size": int}
        told = {name: torch.tensor([number.get(ours, float)(options[ours])]) for ours, name in NAMES.items() if ours in options}
        if "smoothing_factor" in options:
            told["quadratic_smoothing_curve"] = torch.tensor([options.get("smoothing_curve", 1.0)])
        if "xtc_probability" in options:
            told["xtc_threshold"] = torch.tensor([options.get("xtc_threshold", 0.1)])
        return told


def about():
    global HOST
    stubs.stand_in(["aphrodite"], [each.replace("vllm", "aphrodite", 1) for each in REAL])
    HOST = Aphrodite("aphrodite")
    return {
        "version": f"aphrodite-engine {stubs.version_of('aphrodite-engine')}",
        "ran": "v1/sample (sampler, its operations and logits processors) and sampling_params.py; float32, torch.sort asked to be stable; DRY, mirostat and dynatemp did not run",
    }


def run(case):
    return HOST.run(case)
