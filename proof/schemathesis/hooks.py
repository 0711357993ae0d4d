"""Teaches Schemathesis two rules that schemas cannot express: lines of JSON, and that all options must be in one place.
"""

import json

import schemathesis

BYTES_ONLY = ("inference-header-content-length",)


@schemathesis.serializer("application/x-ndjson")
def lines(context, value):
    text = value if isinstance(value, str) else json.dumps(value)
    return text.encode("utf-8", errors="replace")


@schemathesis.hook
def map_case(context, case):
    """The options of a JSON body belong in the body; the service refuses a request that has some elsewhere."""
    mode = case.meta.generation.mode if case.meta else None
    if case.media_type == "application/json" and mode is not None and mode.is_positive:
        case.query = {}
        for name in BYTES_ONLY:
            if case.headers:
                case.headers.pop(name, None)
    return case
