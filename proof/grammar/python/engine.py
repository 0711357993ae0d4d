"""The process that proof/grammar/oracle.ts asks: reads lines of JSON, {kind, value, token_ids}, and answers each with a
line of masks.

The vocabulary is the first line: {tokens: [base64 or null], end_id}. A mask is base64 of 32-bit words, without the end.
"""

import base64
import json
import sys

import numpy as np


def serve(open_vocabulary):
    """`open_vocabulary(tokens, end_id)` returns a function that makes a matcher from a JSON schema."""
    head = json.loads(sys.stdin.readline())
    tokens = [None if t is None else base64.b64decode(t) for t in head["tokens"]]
    end_id = head["end_id"]
    matcher_of = open_vocabulary(tokens, end_id)
    for line in sys.stdin:
        case = json.loads(line)
        try:
            reply = masks_along(matcher_of(case["value"]), case["token_ids"], end_id)
        except Exception as error:  # what it does not support, it says
            reply = {"refused": str(error)[:300]}
        print(json.dumps(reply), flush=True)


def masks_along(matcher, token_ids, end_id):
    """The mask before each token and after the last one, and whether the text may end there."""
    masks, ends = [], []
    for token_id in [*token_ids, None]:
        words = matcher.mask().astype(np.uint32).ravel()
        ends.append(bool((words[end_id // 32] >> (end_id % 32)) & 1) or matcher.may_end())
        words[end_id // 32] &= ~np.uint32(1 << (end_id % 32))
        masks.append(base64.b64encode(words.tobytes()).decode())
        if token_id is not None and not matcher.take(token_id):
            break
    return {"masks": masks, "ends": ends}
