"""Client for the logit-sampler service: logits in, tokens out. Standard library only.

    from logit_sampler import SamplerClient

    client = SamplerClient("http://127.0.0.1:8080")
    reply = client.sample(logits, temperature=0.8, top_p=0.95, seed=7, step=0)
    reply["token_id"]

    with client.stream(temperature=0.8, seed=7, history=prompt, prompt_length=len(prompt)) as stream:
        token_id = stream.next(logits)["token_id"]

Options are keyword arguments with the names they have on the wire; ``types.py`` types them, and the service checks them
and refuses what it does not know. Replies are the dictionaries that came. A client, and each of its streams, belongs to
one thread; ``AsyncSamplerClient`` has the same calls for asyncio.

Rows of logits may be arrays of numpy or torch (float32, float16, bfloat16; float64 is rounded to float32), lists or
other sequences of numbers, ``array.array("f")``, a ``Packed`` for bytes that are little-endian already, or a dict
``{"token_ids": [...], "values": [...], ...}`` of the tokens that matter. numpy is used when it is there, never needed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ._client import SamplerClient
from ._problem import SamplerProblem, UnreadableReply
from ._rows import Packed
from ._stream import SamplerStream

if TYPE_CHECKING:
    from ._async import AsyncSamplerClient, AsyncSamplerStream
    from ._engine import Engine, EngineError, EngineRow, engine
    from .local import Sampler

__all__ = [
    "AsyncSamplerClient",
    "AsyncSamplerStream",
    "Engine",
    "EngineError",
    "EngineRow",
    "Packed",
    "Sampler",
    "SamplerClient",
    "SamplerProblem",
    "SamplerStream",
    "UnreadableReply",
    "engine",
]

_ASYNC = ("AsyncSamplerClient", "AsyncSamplerStream")
_ENGINE = ("Engine", "EngineError", "EngineRow", "engine")


def __getattr__(name: str) -> Any:
    """Imports the parts that not every program needs when they are first used: asyncio, and the sampler in the process.
    """
    if name in _ASYNC:
        from . import _async

        return getattr(_async, name)
    if name in _ENGINE:
        from . import _engine

        return getattr(_engine, name)
    if name == "Sampler":
        from .local import Sampler

        return Sampler
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
