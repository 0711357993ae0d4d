"""Takes the steps of proof/replay with Sampler(), in one form: a line of JSON for each reply."""

import json
import sys

import numpy

from logit_sampler import Packed, Sampler


def rows_of(steps, dtype):
    for step in steps:
        row = numpy.array(step["row"], "f4")
        if dtype == "f16":
            row = row.astype("f2")
        yield Packed((row.view("u4") >> 16).astype("u2"), "bf16") if dtype == "bf16" else row, step["options"]


def sampled(sampler, steps, dtype):
    return [sampler.sample(row, **options) for row, options in rows_of(steps, dtype)]


def batches(sampler, steps):
    replies = [None] * len(steps)
    for length in {len(step["row"]) for step in steps}:
        alike = [i for i, step in enumerate(steps) if len(step["row"]) == length]
        rows = numpy.array([steps[i]["row"] for i in alike], "f4")
        for i, reply in zip(alike, sampler.sample_batch(rows, [steps[i]["options"] for i in alike])):
            replies[i] = reply
    return replies


def streams(sampler, steps, dtype):
    replies = []
    for row, options in rows_of(steps, dtype):
        with sampler.stream(dtype=dtype, **options) as stream:
            replies.append(stream.next(row))
    return replies


def own(sampler, steps):
    """Streams whose options come with the row, except those that a stream stores itself."""
    kept = ("history", "prompt_length", "step", "state")
    replies = []
    for step in steps:
        options = step["options"]
        opening = {name: options[name] for name in kept if name in options}
        # A stream's opening message must contain the option to which a state belongs.
        with sampler.stream(**(options if "state" in options else opening)) as stream:
            replies.append(stream.next(step["row"], **{name: options[name] for name in options if name not in kept}))
    return replies


FORMS = {
    "f32": lambda sampler, steps: sampled(sampler, steps, "f32"),
    "f16": lambda sampler, steps: sampled(sampler, steps, "f16"),
    "bf16": lambda sampler, steps: sampled(sampler, steps, "bf16"),
    "lists": lambda sampler, steps: [sampler.sample(step["row"], **step["options"]) for step in steps],
    "batches": batches,
    "streams": lambda sampler, steps: streams(sampler, steps, "f32"),
    "streams of f16": lambda sampler, steps: streams(sampler, steps, "f16"),
    "options of each step": own,
}

with Sampler() as sampler:
    for reply in FORMS[sys.argv[1]](sampler, json.load(sys.stdin)):
        print(json.dumps(reply))
