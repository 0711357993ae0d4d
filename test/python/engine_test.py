"""Running engines as sources of rows, against doubles of their APIs and the live service at LOGIT_SAMPLER_URL."""

import math
import os
import unittest
from array import array

from logit_sampler import EngineError, SamplerClient, engine

URL = os.environ["LOGIT_SAMPLER_URL"]
KINDS = {"llama-server": "LLAMA_URL", "vllm": "VLLM_URL", "sglang": "SGLANG_URL"}
SIZE = 8


class Rows(unittest.TestCase):
    def opened(self, variable, **options):
        opened = engine(os.environ[variable], **options)
        self.addCleanup(opened.close)
        return opened

    def test_every_kind_tells_parts_with_bounds_and_whole_rows(self):
        for kind, variable in KINDS.items():
            source = self.opened(variable, vocab_size=SIZE)
            self.assertEqual(source.kind, kind)
            part, whole = source.next([3, 1], 3), source.next([3, 1])
            self.assertTrue(whole.is_whole, kind)
            self.assertEqual(whole.vocab_size, SIZE)
            self.assertFalse(part.is_whole)
            self.assertEqual(list(part.token_ids), list(whole.token_ids)[:3])
            self.assertEqual(part.max_omitted, part.logprobs[2])
            self.assertAlmostEqual(math.fsum(math.exp(x) for x in whole.logits), 1, places=6)
            self.assertIsInstance(whole.logits, array)

    def test_parts_give_the_tokens_of_whole_rows(self):
        source = self.opened("LLAMA_URL")
        client = SamplerClient(URL)
        self.addCleanup(client.close)
        history = source.tokenize("a whale")
        for step in range(8):
            options = {"top_k": 3, "temperature": 0.8, "seed": 7, "step": step}
            part = client.sample(source.next(history, 4).logits, **options)
            whole = client.sample(source.next(history).logits, **options)
            self.assertTrue(part["exact"])
            self.assertEqual(part["token_id"], whole["token_id"])
            history.append(part["token_id"])
        self.assertIsInstance(source.detokenize(history), str)

    def test_an_engine_that_tells_few_is_asked_for_few(self):
        row = self.opened("FEW_URL").next([2])
        self.assertEqual((len(row.token_ids), row.is_most, row.is_whole), (2, True, False))

    def test_what_is_wrong_is_a_sentence(self):
        with self.assertRaisesRegex(EngineError, "hides its log-probabilities"):
            self.opened("HIDDEN_URL").next([1], 4)
        with self.assertRaisesRegex(EngineError, "is none of llama-server, vllm, sglang"):
            engine(URL)
        with self.assertRaisesRegex(EngineError, "no answer from http://127.0.0.1:9"):
            engine("http://127.0.0.1:9")
        with self.assertRaisesRegex(EngineError, "an engine needs an address"):
            engine("127.0.0.1")
        with self.assertRaisesRegex(ValueError, "count must be at least 1, or None for the whole row, got 0"):
            self.opened("LLAMA_URL").next([1], 0)


if __name__ == "__main__":
    unittest.main()
