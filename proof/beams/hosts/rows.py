"""The rows of evidence/beam-search.ts, and the loop that runs searches: each line of standard input is one search."""

import json
import sys

import numpy as np

M32 = np.uint64(0xFFFFFFFF)


def _mixed(x):
    x = np.asarray(x, dtype=np.uint64) & M32
    x = ((x ^ (x >> np.uint64(16))) * np.uint64(0x85EBCA6B)) & M32
    x = ((x ^ (x >> np.uint64(13))) * np.uint64(0xC2B2AE35)) & M32
    return x ^ (x >> np.uint64(16))


def row_of(world, tokens):
    """float32 [vocab_size]: the row that follows these tokens, prompt included."""
    before = tokens[-2] if len(tokens) > 1 else 0
    last = tokens[-1] if len(tokens) > 0 else 0
    key = int(_mixed(world["seed"]))
    key = int(_mixed(key ^ len(tokens)))
    key = int(_mixed(key ^ int(before)))
    key = int(_mixed(key + int(last)))
    ids = np.arange(world["vocab_size"], dtype=np.uint64)
    bits = _mixed(np.uint64(key) + ((ids * np.uint64(0x9E3779B9)) & M32)) >> np.uint64(12)
    return ((bits.astype(np.float64) / 2**19 - 1) * world["spread"]).astype(np.float32)


def searches():
    for line in sys.stdin:
        if line.strip():
            yield json.loads(line)


def tell(sequences):
    """The output line of one search: sequences, best first, as [token ids, score]."""
    print(json.dumps([[[int(t) for t in ids], float(score)] for ids, score in sequences]), flush=True)
