"""Which texts are valid JSON by a schema, as the package jsonschema reads it: a line of JSON in, a line of JSON out.

In: {"schema": …, "texts": ["…"]}. Out: {"valid": [true, …]}, or {"refused": "…"} when it cannot read the schema. Formats
are annotations.
"""

import json
import sys

from jsonschema.validators import Draft202012Validator, validator_for

sys.setrecursionlimit(10_000)


def judged(schema, texts):
    validator = validator_for(schema, default=Draft202012Validator)(schema)
    return [validator.is_valid(json.loads(text)) for text in texts]


for line in sys.stdin:
    asked = json.loads(line)
    try:
        reply = {"valid": judged(asked["schema"], asked["texts"])}
    except Exception as error:  # of patterns, references and types that it does not know
        reply = {"refused": f"{type(error).__name__}: {error}"[:200]}
    print(json.dumps(reply), flush=True)
