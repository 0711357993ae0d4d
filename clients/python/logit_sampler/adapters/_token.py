"""The token of a reply, for hosts that cannot take tokens back."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from logit_sampler import types

GOES_BACK = "banned_strings takes tokens back, which this host cannot: leave it out"


def token_of(reply: types.Sampled) -> int:
    """Raises ValueError for a reply that takes tokens back."""
    if reply.get("rewind"):
        raise ValueError(GOES_BACK)
    return reply["token_id"]
