"""The same service as a Python team would write it: FastAPI, uvicorn and numpy, one process, one step a request.

POST /v1/sample takes little-endian float32 with the options in the query string, or JSON with `logits` and the
options beside them, and answers {"token_id", "kept"}; `kept_token_ids` are added when they are asked for. The chain is
top-k, temperature, top-p, min-p, over the k largest only. Prints its port when it listens on 127.0.0.1.

Needs Debian's python3-fastapi, python3-uvicorn, python3-uvloop, python3-httptools and python3-numpy, or the packages
of the same names from a package index.
"""

import json
import socket

import fastapi
import numpy
import uvicorn

from numpy_sampler import answer

app = fastapi.FastAPI(docs_url=None, redoc_url=None, openapi_url=None)


@app.post("/v1/sample")
async def sample(request: fastapi.Request) -> fastapi.Response:
    body = await request.body()
    if request.headers.get("content-type") == "application/json":
        options = json.loads(body)
        row = numpy.array(options.pop("logits"), dtype=numpy.float32)
    else:
        options = dict(request.query_params)
        row = numpy.frombuffer(body, dtype="<f4")
    return fastapi.responses.JSONResponse(answer(row, options))


def main() -> None:
    listener = socket.create_server(("127.0.0.1", 0))
    print(listener.getsockname()[1], flush=True)
    config = uvicorn.Config(app, access_log=False, log_level="warning", lifespan="off")
    uvicorn.Server(config).run(sockets=[listener])


if __name__ == "__main__":
    main()
