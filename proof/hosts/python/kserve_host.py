"""KServe's REST client as it is, in its second protocol, as JSON and as bytes."""

import asyncio
from importlib.metadata import version

import httpx
import numpy as np
from checks import URL, claims, host, raises
from kserve import InferenceRESTClient, InferInput, InferRequest, RESTConfig
from logit_sampler import SamplerClient

ROWS = (np.random.default_rng(1).standard_normal((3, 512)) * 3).astype(np.float32)
OPTIONS = {"temperature": 0.8, "seed": 7}
plain = SamplerClient(URL)
WANT = [plain.sample(row, **OPTIONS)["token_id"] for row in ROWS]


def ask(binary, **parameters):
    async def call():
        client = InferenceRESTClient(RESTConfig(protocol="v2", retries=0))
        logits = InferInput("logits", list(ROWS.shape), "FP32")
        logits.set_data_from_numpy(ROWS, binary_data=binary)
        request = InferRequest(model_name="sampler", infer_inputs=[logits], parameters={**OPTIONS, **parameters})
        try:
            return await client.infer(URL, request, model_name="sampler")
        finally:
            await client.close()

    return asyncio.run(call())


def infers():
    """infer draws what POST /v1/sample draws, as JSON and as bytes"""
    for binary in (False, True):
        result = ask(binary)
        assert result.outputs[0].name == "token_id" and result.outputs[0].as_numpy().tolist() == WANT


def errors():
    """a refusal reaches the caller with the service's sentence"""
    raises(httpx.HTTPStatusError, lambda: ask(False, top_p=2), "top_p")


host(f"kserve {version('kserve')}")
claims(infers, errors)
