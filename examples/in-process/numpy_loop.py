"""A plain loop in numpy: any function from token ids to logits is a model. pip install numpy "logit-sampler[local]"."""

import numpy

from logit_sampler import Sampler

weights = numpy.random.default_rng(1).standard_normal((1000, 1000)).astype("f4")


def model(token_ids):
    return weights[token_ids[-1]] * 3


with Sampler().stream(temperature=0.8, top_p=0.95, seed=7, history=[1, 2, 3], prompt_length=3) as stream:
    for _ in range(20):
        stream.next(model(stream.history))
    print(stream.history)
