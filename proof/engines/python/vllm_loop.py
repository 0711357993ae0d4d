"""Runs vLLM's own check_sequence_repetition on random texts and writes the results to
test/vectors/stops/vllm-loop.ndjson.

Needs vllm: cd proof/engines/python; python vllm_loop.py > ../../../test/vectors/stops/vllm-loop.ndjson
"""

import importlib
import importlib.metadata
import json
import random
from types import SimpleNamespace

import stubs

stubs.stand_in(["vllm"], ["vllm.v1.core.sched.utils"])
check_sequence_repetition = importlib.import_module("vllm.v1.core.sched.utils").check_sequence_repetition

version = importlib.metadata.version("vllm")
print(json.dumps({"host": "vllm", "version": version, "rule": "check_sequence_repetition"}))
random.seed(7)
for _ in range(2000):
    text = [random.randrange(3) for _ in range(random.randrange(1, 12))]
    if random.random() < 0.6:
        pattern = [random.randrange(3) for _ in range(random.randrange(1, 6))]
        text = (text + pattern * random.randrange(1, 6))[: random.randrange(1, 40)]
    shortest = random.randrange(1, 5)
    params = {
        "min_pattern_size": shortest,
        "max_pattern_size": shortest + random.randrange(0, 6),
        "min_count": random.randrange(2, 6),
    }
    is_repeated = check_sequence_repetition(text, SimpleNamespace(**params))
    print(json.dumps({"token_ids": text, **params, "is_repeated": is_repeated}, separators=(",", ":")))
