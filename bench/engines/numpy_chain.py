"""The numpy sampler of load-tests/peers, which a team would write for itself. It has no biases and no penalties."""

import math
import sys
from pathlib import Path

import numpy

sys.path.append(str(Path(__file__).resolve().parents[2] / "load-tests" / "peers"))
from numpy_sampler import survivors

NAME = "numpy"


def version():
    return numpy.__version__


class Engine:
    def __init__(self, rows):
        self.rows = rows
        self.rules = {}
        self.generator = numpy.random.Generator(numpy.random.Philox(key=[1, 0]))

    def prepare(self, rules):
        if "top_logprobs" in rules or "edits" in rules:
            return None
        self.rules = rules
        return rules

    def ready(self, row):
        """The logits are there."""

    def left(self, row):
        rules = self.rules
        top_k = rules.get("top_k", self.rows[row].size)
        # The sum of the probabilities can reach 1 before the last token, so a top-p of 1 would cut.
        top_p = rules.get("top_p", math.inf)
        return survivors(self.rows[row], rules["temperature"], top_k, top_p, rules.get("min_p", 0))

    def step(self, row):
        if self.rules["temperature"] == 0:
            return int(self.rows[row].argmax())
        token_ids, probabilities = self.left(row)
        cumulated = numpy.cumsum(probabilities)
        drawn = numpy.searchsorted(cumulated, self.generator.random() * cumulated[-1], side="right")
        return int(token_ids[drawn])

    def kept(self, row):
        if self.rules["temperature"] == 0:
            return [int(self.rows[row].argmax())], [1.0]
        token_ids, probabilities = self.left(row)
        return token_ids, probabilities / probabilities.sum()
