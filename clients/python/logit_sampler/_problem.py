"""Errors that callers catch."""

from __future__ import annotations

from typing import Any, Mapping, Optional


class SamplerProblem(Exception):
    """A request that was refused, with the rule and the value received.

    ``status`` (an HTTP status), ``code`` and ``pointer`` (RFC 6901, into the request) are for programs: RFC 9457.
    ``detail`` is the sentence for people. ``retry_after_s`` is set when the service asks to come again.
    """

    def __init__(self, status: int, body: Mapping[str, Any], retry_after_s: Optional[float] = None) -> None:
        self.status = status
        self.code = str(body.get("code", ""))
        self.detail = str(body.get("detail", ""))
        self.pointer = str(body.get("pointer", ""))
        self.request_id = str(body.get("request_id", ""))
        self.retry_after_s = retry_after_s
        super().__init__(f"{status} {self.code}: {self.detail} {self.pointer}".rstrip())


class UnreadableReply(ConnectionError):
    """An answer with status 200 that does not come from logit-sampler: a field of every reply is missing, it is not
    JSON, or it is longer than ``reply_bytes_max``. Usually the address belongs to another program."""
