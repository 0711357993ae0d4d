"""Masks of llguidance: a line of JSON in, {kind, value, token_ids}, a line out, the mask before each token and behind the last.

The vocabulary is the first line: {tokens: [base64 or null], end_id}. A mask is base64 of 32-bit words, without the end.
"""

import base64
import json
import sys

import numpy as np
from llguidance import LLMatcher, LLTokenizer, TokenizerWrapper
from llguidance.numpy import allocate_token_bitmask, fill_next_token_bitmask


class Vocabulary:
    """What llguidance asks of a tokenizer: text is divided by the longest tokens."""

    def __init__(self, tokens, end_id):
        self.eos_token_id = end_id
        self.bos_token_id = None
        self.tokens = [b"\xff<%d>" % i if t is None else base64.b64decode(t) for i, t in enumerate(tokens)]
        self.special_token_ids = [i for i, t in enumerate(tokens) if t is None]

        self.ids = {t: i for i, t in reversed(list(enumerate(self.tokens)))}
        self.length_max = max(map(len, self.tokens))

    def __call__(self, text):
        rest = text.encode() if isinstance(text, str) else bytes(text)
        found = []
        while rest:
            length = next(n for n in range(min(self.length_max, len(rest)), 0, -1) if rest[:n] in self.ids)
            found.append(self.ids[rest[:length]])
            rest = rest[length:]
        return found


def grammar_of(kind, value):
    if kind == "json_schema":
        compact = {"whitespace_flexible": False, "item_separator": ",", "key_separator": ":"}
        # Otherwise where only one text can follow, only its usual tokens are allowed.
        return '%llguidance {"no_forcing": true}\nstart: %json ' + json.dumps({**value, "x-guidance": compact})
    raise ValueError(kind)


def main():
    head = json.loads(sys.stdin.readline())
    tokenizer = LLTokenizer(TokenizerWrapper(Vocabulary(head["tokens"], head["end_id"])))
    vocab_size, end_id = len(head["tokens"]), head["end_id"]
    for line in sys.stdin:
        case = json.loads(line)
        try:
            matcher = LLMatcher(tokenizer, grammar_of(case["kind"], case["value"]), log_level=0)
            if matcher.is_error():
                raise ValueError(matcher.get_error())
            masks, ends = [], []
            for token_id in [*case["token_ids"], None]:
                mask = allocate_token_bitmask(1, vocab_size)
                if not matcher.is_stopped():
                    fill_next_token_bitmask(matcher, mask)
                else:
                    mask[:] = 0
                words = mask.astype(np.uint32).ravel()
                ends.append(bool((words[end_id // 32] >> (end_id % 32)) & 1) or matcher.is_accepting())
                words[end_id // 32] &= ~np.uint32(1 << (end_id % 32))
                masks.append(base64.b64encode(words.tobytes()).decode())
                if token_id is not None and not matcher.consume_token(token_id):
                    break
            reply = {"masks": masks, "ends": ends, "error": matcher.get_error() or None}
        except Exception as error:  # what it does not support, it says
            reply = {"refused": str(error)[:300]}
        print(json.dumps(reply), flush=True)


main()
