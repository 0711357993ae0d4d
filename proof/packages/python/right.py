"""A program in which mypy, in strict mode, must find no error."""

import asyncio
import math
from typing import List

import numpy
from logit_sampler import AsyncSamplerClient, Packed, SamplerClient, SamplerProblem
from logit_sampler.protocol import SamplerLike, StreamLike
from logit_sampler.types import Sampled, StepOptions

client = SamplerClient("http://127.0.0.1:8080")
row = numpy.zeros(8, dtype=numpy.float32)


def drawn(sampler: SamplerLike) -> List[int]:
    options: StepOptions = {"temperature": 0.8, "seed": 7, "stop": {"max_tokens": 3}}
    options["history"] = numpy.array([1, 2])
    reply: Sampled = sampler.sample(row, **options)
    sampler.sample(row, logit_bias={3: -math.inf}, top_p=0.9)
    token_id: int = reply["token_id"]
    logprob = reply.get("logprob")
    assert logprob is None or logprob <= 0.0
    stream: StreamLike = sampler.stream(seed="7", dtype="f16")
    stream.update(temperature=None)
    return [token_id, stream.next([1.0, 2.0], top_k=5)["token_id"], *stream.history]


def batch() -> List[int]:
    replies = client.sample_batch(numpy.zeros((2, 8)), [{"seed": 1}, {"seed": 2}], temperature=0.8)
    return [reply["token_id"] for reply in replies if not isinstance(reply, SamplerProblem)]


async def awaited() -> int:
    async with AsyncSamplerClient("http://127.0.0.1:8080") as other:
        async with await other.stream(seed=7) as stream:
            await stream.next(Packed(b"\0\0\0\0"))
        return (await other.sample([1.0, 2.0], seed=7))["token_id"]


drawn(client)
client.sample({"token_ids": [1], "values": [0.5]}, chain=[{"stage": "top_k", "top_k": 5}])
client.verify([[1.0], [2.0]], [0], method="strict", seed=7)["accepted"].bit_length()
client.score([1.0, 2.0], target=1)["rank"].bit_length()
asyncio.run(awaited())
