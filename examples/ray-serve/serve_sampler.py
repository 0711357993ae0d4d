"""The service behind Ray Serve: every replica runs a service of its own beside it, and hands it what it is sent.

    pip install "ray[serve]"
    serve run serve_sampler:app
    curl -s localhost:8000/v1/sample -H 'content-type: application/json' -d '{"logits": [1, 2.5, -0.3], "seed": 7}'

Other deployments of the same cluster call it without HTTP: `await handle.sample.remote(logits, temperature=0.8)`.
"""

import json
import os
import re
import subprocess

import aiohttp
from ray import serve
from starlette.requests import Request
from starlette.responses import Response

PROGRAM = os.environ.get("LOGIT_SAMPLER", "logit-sampler").split()
KEPT = ("content-type", "accept", "inference-header-content-length", "authorization")


@serve.deployment(ray_actor_options={"num_cpus": 1}, max_ongoing_requests=64, health_check_period_s=5)
class Sampler:
    def __init__(self):
        env = {**os.environ, "HOST": "127.0.0.1", "PORT": "0", "WORKERS": "1"}
        self.process = subprocess.Popen([*PROGRAM, "serve"], stdout=subprocess.PIPE, env=env, text=True)
        self.url = next(found[1] for line in self.process.stdout if (found := re.search(r"listening at (http:[^\s\"]+)", line)))
        # What it says later is dropped, so that the pipe never fills.
        self.drain = subprocess.Popen(["cat"], stdin=self.process.stdout, stdout=subprocess.DEVNULL)
        self.client = None

    async def send(self, path: str, body: bytes, headers: dict[str, str]) -> tuple[int, bytes, str]:
        if self.client is None:
            self.client = aiohttp.ClientSession()
        async with self.client.post(self.url + path, data=body, headers=headers) as reply:
            return reply.status, await reply.read(), reply.headers["content-type"]

    async def __call__(self, request: Request) -> Response:
        headers = {name: request.headers[name] for name in KEPT if name in request.headers}
        path = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        status, body, media_type = await self.send(path, await request.body(), headers)
        return Response(body, status, media_type=media_type)

    async def sample(self, logits, **options) -> dict:
        body = json.dumps({"logits": [float(x) for x in logits], **options}).encode()
        status, reply, _ = await self.send("/v1/sample", body, {"content-type": "application/json"})
        if status != 200:
            raise ValueError(json.loads(reply)["detail"])
        return json.loads(reply)

    def check_health(self):
        if self.process.poll() is not None:
            raise RuntimeError(f"the service ended with {self.process.returncode}")

    def __del__(self):
        self.process.terminate()


app = Sampler.bind()
