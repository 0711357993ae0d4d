"""Encodes texts with Hugging Face's tokenizers, and asks llguidance for the forced tokens along each of them.

`encode.py tokenizer.json`: a line of JSON in, {schema, text}, a line out, {ids, told, wrong}. `told` counts the tokens
that llguidance's compute_ff_tokens returns: these are appended, and then the next token of the text. It is null when
llguidance refuses the schema. `wrong` counts those of them that the tokenizer would not write.
"""

import json
import sys

import tokenizers
from llguidance import LLMatcher, LLTokenizer

COMPACT = {"whitespace_flexible": False, "item_separator": ",", "key_separator": ":"}

with open(sys.argv[1], encoding="utf-8") as file:
    source = file.read()
tokenizer = tokenizers.Tokenizer.from_str(source)
vocabulary = LLTokenizer(source)


def along(schema, ids):
    """The tokens forced after the first token, as a step of this service lists them after the drawn one."""
    matcher = LLMatcher(vocabulary, "start: %json " + json.dumps({**schema, "x-guidance": COMPACT}), log_level=0)
    if matcher.is_error():
        return None, 0
    told = wrong = at = 0
    while at < len(ids):
        if not matcher.consume_token(ids[at]):
            return None, 0
        at += 1
        ahead = [] if matcher.is_stopped() else matcher.compute_ff_tokens()
        real = ids[at : at + len(ahead)]
        told += len(ahead)
        wrong += sum(a != b for a, b in zip(ahead, real)) + len(ahead) - len(real)
        for token in real:
            if not matcher.consume_token(token):
                return None, 0
        at += len(real)
    return told, wrong


for line in sys.stdin:
    case = json.loads(line)
    ids = tokenizer.encode(case["text"], add_special_tokens=False).ids
    told, wrong = along(case["schema"], ids) if isinstance(case["schema"], dict) else (None, 0)
    print(json.dumps({"ids": ids, "told": told, "wrong": wrong}), flush=True)
