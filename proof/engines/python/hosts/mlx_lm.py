"""mlx-lm, unmodified except for the draw. The conformance suite uses the same adapter."""

import stubs
from logit_sampler.conform.hosts.mlx_lm import Step

STEP = Step()


def about():
    return {
        "version": f"mlx-lm {stubs.version_of('mlx-lm')} on mlx {stubs.version_of('mlx')}",
        "ran": "sample_utils.py on the CPU, not compiled",
    }


def run(case):
    options = {"temperature": 0.0, **case["options"]}  # greedy unless asked
    window = options.get("penalty_last_n", 20)
    windows = dict.fromkeys(("repetition_penalty", "presence_penalty", "frequency_penalty"), window)
    return STEP.probabilities(case["logits"], options, case["history"], windows)
