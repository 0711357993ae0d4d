"""A plain loop in JAX: the model is compiled, the token is drawn beside it. pip install jax "logit-sampler[local]"."""

import jax

from logit_sampler import Sampler

weights = jax.random.normal(jax.random.key(1), (1000, 1000)) * 3
model = jax.jit(lambda token_id: weights[token_id])

with Sampler().stream(temperature=0.8, top_k=40, seed=7, history=[1, 2, 3], prompt_length=3) as stream:
    for _ in range(20):
        stream.next(model(stream.history[-1]))
    print(stream.history)
