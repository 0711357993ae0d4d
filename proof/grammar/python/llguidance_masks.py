"""Masks of llguidance."""

import json

from engine import serve
from llguidance import LLMatcher, LLTokenizer, TokenizerWrapper
from llguidance.numpy import allocate_token_bitmask, fill_next_token_bitmask
from llguidance_vocabulary import Vocabulary


class Matcher:
    """One text."""

    def __init__(self, tokenizer, vocab_size, schema):
        compact = {"whitespace_flexible": False, "item_separator": ",", "key_separator": ":"}
        # Without this, llguidance allows only the usual tokens where just one text can follow.
        grammar = '%llguidance {"no_forcing": true}\n'
        # A text is a grammar in Lark.
        grammar += schema if isinstance(schema, str) else "start: %json " + json.dumps({**schema, "x-guidance": compact})
        self.vocab_size = vocab_size
        self.matcher = LLMatcher(tokenizer, grammar, log_level=0)
        if self.matcher.is_error():
            raise ValueError(self.matcher.get_error())

    def mask(self):
        mask = allocate_token_bitmask(1, self.vocab_size)
        if self.matcher.is_stopped():
            mask[:] = 0
        else:
            fill_next_token_bitmask(self.matcher, mask)
        return mask

    def may_end(self):
        return self.matcher.is_accepting()

    def take(self, token_id):
        return self.matcher.consume_token(token_id)


def open_vocabulary(tokens, end_id):
    tokenizer = LLTokenizer(TokenizerWrapper(Vocabulary(tokens, end_id)))
    return lambda schema: Matcher(tokenizer, len(tokens), schema)


serve(open_vocabulary)
