"""The Python package's Sampler: our own sampler in the Python process, including the copy of the row and the dictionary
of the reply."""

import sys
from pathlib import Path

import numpy

sys.path.append(str(Path(__file__).resolve().parents[2] / "clients" / "python"))
from logit_sampler import Sampler

NAME = "Sampler() in Python"


def version():
    return "of this tree"


class Engine:
    def __init__(self, rows):
        self.rows = rows
        self.sampler = Sampler()
        self.options = {}
        self.taken = 0
        self.greedy = False

    def prepare(self, rules):
        if "top_logprobs" in rules or "edits" in rules:
            return None
        self.options = dict(rules)
        # Warms up, because code is compiled while it runs.
        for step in range(400):
            self.step(step % len(self.rows))
        return rules

    def ready(self, row):
        """The logits are there."""

    def step(self, row):
        self.taken += 1
        return self.sampler.sample(self.rows[row], seed=1, step=self.taken, **self.options)["token_id"]

    def kept(self, row):
        ids = numpy.array(self.sampler.sample(self.rows[row], kept_token_ids=True, **self.options)["kept_token_ids"])
        logits = self.rows[row][ids].astype("f8") / (self.options["temperature"] or 1)
        weights = numpy.exp(logits - logits.max())
        return ids, weights / weights.sum()
