"""Triton's HTTP clients as they are: tritonclient.http, its shared memory, and tritonclient.http.aio with 64 calls at once."""

import asyncio
from importlib.metadata import version

import ml_dtypes
import numpy as np
import tritonclient.http as triton
import tritonclient.http.aio as triton_aio
import tritonclient.utils.shared_memory as shm
from checks import URL, claims, host, raises
from logit_sampler import SamplerClient
from tritonclient.utils import InferenceServerException

ADDRESS = URL.split("//")[1]
client = triton.InferenceServerClient(ADDRESS)
plain = SamplerClient(URL)
ROWS = (np.random.default_rng(1).standard_normal((4, 8192)) * 3).astype(np.float32)
SEEDS = np.arange(7, 11, dtype=np.uint64)
OPTIONS = {"temperature": 0.8, "top_k": 40}
WANT = [plain.sample(row, **OPTIONS, seed=int(seed), logprobs=True) for row, seed in zip(ROWS, SEEDS)]


def tensors(module, rows=ROWS, seeds=SEEDS, datatype="FP32", **how):
    logits = module.InferInput("logits", list(rows.shape), datatype)
    logits.set_data_from_numpy(rows, **how)
    seed = module.InferInput("seed", [len(rows)], "UINT64")
    seed.set_data_from_numpy(seeds)
    return [seed, logits]


def infers():
    """infer draws what POST /v1/sample draws, token and log-probability, as bytes and as JSON"""
    for how in ({}, {"binary_data": False}):
        result = client.infer("sampler", tensors(triton, **how), parameters={**OPTIONS, "logprobs": True})
        assert result.as_numpy("token_id").tolist() == [reply["token_id"] for reply in WANT]
        np.testing.assert_array_equal(result.as_numpy("logprob"), np.float32([reply["logprob"] for reply in WANT]))


def halves():
    """FP16 and BF16 tensors draw the same tokens as the same bytes under /v1"""
    half = ROWS.astype(np.float16)
    want = [plain.sample(row, **OPTIONS, seed=int(seed))["token_id"] for row, seed in zip(half, SEEDS)]
    assert client.infer("sampler", tensors(triton, half, datatype="FP16"), parameters=OPTIONS).as_numpy("token_id").tolist() == want
    brain = ROWS.astype(ml_dtypes.bfloat16)
    want = [plain.sample(row, **OPTIONS, seed=int(seed))["token_id"] for row, seed in zip(brain, SEEDS)]
    assert client.infer("sampler", tensors(triton, brain, datatype="BF16"), parameters=OPTIONS).as_numpy("token_id").tolist() == want


def asks():
    """metadata, configuration, statistics and readiness have the form that the client expects of Triton"""
    assert client.is_server_ready() and client.is_model_ready("sampler")
    assert client.get_model_metadata("sampler")["inputs"][0]["name"] == "logits"
    assert client.get_model_config("sampler")["name"] == "sampler"
    assert client.get_inference_statistics("sampler")["model_stats"][0]["inference_count"] > 0
    assert client.get_model_repository_index()[0]["name"] == "sampler"


def errors():
    """refusals are InferenceServerExceptions with the service's sentence"""
    raises(InferenceServerException, lambda: client.infer("sampler", tensors(triton), parameters={"top_p": 2}), "top_p")
    raises(InferenceServerException, lambda: client.infer("gpt", tensors(triton)), "gpt")


def shared_memory():
    """rows in system shared memory draw the same tokens; a region is registered and unregistered by Triton's calls"""
    key = "/logit-sampler-hosts"
    region = shm.create_shared_memory_region("rows", key, ROWS.nbytes)
    try:
        shm.set_shared_memory_region(region, [ROWS])
        client.register_system_shared_memory("rows", key, ROWS.nbytes)
        seed, _ = tensors(triton)
        logits = triton.InferInput("logits", list(ROWS.shape), "FP32")
        logits.set_shared_memory("rows", ROWS.nbytes)
        result = client.infer("sampler", [seed, logits], parameters=OPTIONS)
        assert result.as_numpy("token_id").tolist() == [reply["token_id"] for reply in WANT]
        assert [each["name"] for each in client.get_system_shared_memory_status()] == ["rows"]
        client.unregister_system_shared_memory("rows")
    finally:
        shm.destroy_shared_memory_region(region)


def at_once():
    """64 calls of tritonclient.http.aio at once are all answered"""

    async def gather():
        async with triton_aio.InferenceServerClient(ADDRESS) as own:
            calls = [own.infer("sampler", tensors(triton_aio), parameters=OPTIONS) for _ in range(64)]
            return [result.as_numpy("token_id").tolist() for result in await asyncio.gather(*calls)]

    want = [reply["token_id"] for reply in WANT]
    assert asyncio.run(gather()) == [want] * 64


host(f"tritonclient {version('tritonclient')}")
claims(infers, halves, asks, errors, shared_memory, at_once)
