"""Times the masks of a rival: reads lines of JSON, {schema, texts}, and answers each with the microseconds of CPU.

The arguments name the engine. The first line is the vocabulary: {tokens: [base64 or null], end_id}.
"""

import base64
import json
import sys
from pathlib import Path
from time import process_time_ns as clock

sys.path.insert(0, str(Path(__file__).parents[2] / "proof/grammar/python"))


def llguidance(tokens, end_id):
    from llguidance import LLMatcher, LLTokenizer, TokenizerWrapper
    from llguidance.numpy import allocate_token_bitmask, fill_next_token_bitmask
    from llguidance_vocabulary import Vocabulary

    tokenizer = LLTokenizer(TokenizerWrapper(Vocabulary(tokens, end_id)))
    mask = allocate_token_bitmask(1, len(tokens))
    compact = {"whitespace_flexible": False, "item_separator": ",", "key_separator": ":"}

    def compiled(schema):
        grammar = "start: %json " + json.dumps({**schema, "x-guidance": compact})
        matcher = LLMatcher(tokenizer, grammar, log_level=0)
        if matcher.is_error():
            raise ValueError(matcher.get_error())
        return matcher

    def begin(matcher):
        matcher.reset()
        return matcher

    return compiled, begin, lambda m: fill_next_token_bitmask(m, mask), lambda m, token_id: m.consume_token(token_id)


def xgrammar(tokens, end_id):
    import numpy as np
    import standin  # noqa: F401  (before xgrammar)

    import xgrammar as engine

    info = engine.TokenizerInfo(
        [b"<%d>" % i if t is None else t for i, t in enumerate(tokens)],
        vocab_type=engine.VocabType.RAW,
        vocab_size=len(tokens),
        stop_token_ids=[end_id],
    )
    compiler = engine.GrammarCompiler(info, max_threads=1, cache_enabled=False)
    mask = np.full((1, (len(tokens) + 31) // 32), -1, dtype=np.int32)

    def compiled(schema):
        return compiler.compile_json_schema(
            json.dumps(schema), any_whitespace=False, separators=(",", ":"), strict_mode=False
        )

    return (
        compiled,
        engine.GrammarMatcher,
        lambda m: m.fill_next_token_bitmask(mask, 0),
        lambda m, token_id: m.accept_token(token_id),
    )


def timed(work, *arguments):
    began = clock()
    result = work(*arguments)
    return (clock() - began) / 1000, result


def main():
    head = json.loads(sys.stdin.readline())
    tokens = [None if t is None else base64.b64decode(t) for t in head["tokens"]]
    compiled, begin, fill, take = {"llguidance": llguidance, "xgrammar": xgrammar}[sys.argv[1]](tokens, head["end_id"])
    for line in sys.stdin:
        case = json.loads(line)
        try:
            compile_us, grammar = timed(compiled, case["schema"])
        except Exception as error:  # what it does not support, it says
            print(json.dumps({"refused": str(error)[:200]}), flush=True)
            continue
        texts = []
        for token_ids in case["texts"]:
            matcher = begin(grammar)
            times = []
            for token_id in token_ids:
                times.append(timed(fill, matcher)[0])
                if not take(matcher, token_id):
                    break
            texts.append(times)
        print(json.dumps({"compile_us": compile_us, "texts": texts}), flush=True)


main()
