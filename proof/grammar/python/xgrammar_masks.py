"""Masks of XGrammar. It imports torch and transformers only for names that no mask needs, so stand-ins replace them."""

import json

import numpy as np
import standin  # noqa: F401  (before xgrammar)
from engine import serve

import xgrammar  # noqa: E402

class Matcher:
    """One text."""

    def __init__(self, compiler, vocab_size, schema):
        compiled = compiler.compile_json_schema(
            json.dumps(schema), any_whitespace=False, separators=(",", ":"), strict_mode=False
        )
        self.matcher = xgrammar.GrammarMatcher(compiled)
        self.words = (vocab_size + 31) // 32

    def mask(self):
        mask = np.full((1, self.words), -1, dtype=np.int32)
        if self.matcher.is_terminated():
            mask[:] = 0
        else:
            self.matcher.fill_next_token_bitmask(mask, 0)
        return mask

    def may_end(self):
        return self.matcher.is_terminated()

    def take(self, token_id):
        return self.matcher.accept_token(token_id)


def open_vocabulary(tokens, end_id):
    info = xgrammar.TokenizerInfo(
        [b"<%d>" % i if t is None else t for i, t in enumerate(tokens)],
        vocab_type=xgrammar.VocabType.RAW,
        vocab_size=len(tokens),
        stop_token_ids=[end_id],
    )
    compiler = xgrammar.GrammarCompiler(info)
    return lambda schema: Matcher(compiler, len(tokens), schema)


serve(open_vocabulary)
