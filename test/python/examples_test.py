"""The loops of the Python examples, with tables in place of models, and the names that every example imports."""

import ast
import importlib.util
import os
import unittest
from pathlib import Path

import logit_sampler
from logit_sampler import SamplerClient

EXAMPLES = Path(__file__).parents[2] / "examples"
VOCABULARY = 50


def example(path):
    spec = importlib.util.spec_from_file_location(Path(path).stem, EXAMPLES / path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def row_after(tokens):
    """The row of a table: arbitrary numbers, the same each time."""
    key = (tokens[-1] if tokens else 0) * 31 + len(tokens)
    return [(((key + 1) * 7919 + token_id * 104_729) % 9973) / 1500 for token_id in range(VOCABULARY)]


class Table:
    """A model whose cache contains the tokens of the beams."""

    def begin(self, prompt):
        self.live = [list(prompt)]
        return row_after(prompt)

    def go_on(self, beams):
        self.live = [self.live[beam["parent"]] + [beam["token_id"]] for beam in beams]
        return [row_after(tokens) for tokens in self.live]


class Loops(unittest.TestCase):
    def setUp(self):
        self.client = SamplerClient(os.environ["LOGIT_SAMPLER_URL"])
        self.addCleanup(self.client.close)

    def test_a_search_finds_what_one_beam_finds_and_better(self):
        module, prompt = example("beams/llama_cpp_beams.py"), [3, 4]
        beam = {**module.BEAM, "max_tokens": 6, "end_token_ids": [9]}
        found = module.search(self.client, Table(), prompt, beam)
        self.assertEqual(len(found), module.BEAM["num_beams"])
        self.assertEqual(found, sorted(found, key=lambda each: -each[0]))
        greedy = module.search(self.client, Table(), prompt, {**beam, "num_beams": 1})
        text = []
        while len(text) < 6 and 9 not in text:
            text.append(self.client.sample(row_after(prompt + text), temperature=0)["token_id"])
        self.assertEqual(greedy[0][1], text)
        self.assertGreaterEqual(found[0][0], greedy[0][0])

    def test_a_tree_by_hand_changes_no_token(self):
        module, prompt = example("speculation/eagle_tree.py"), [3, 4]

        def draft(text, k):
            row = row_after(text)
            return sorted(range(VOCABULARY), key=lambda token_id: -row[token_id])[:k]

        def target(text, ids, parents):
            paths = [text]
            for token_id, parent in zip(ids, parents):
                paths.append(paths[parent + 1] + [token_id])
            return [row_after(path) for path in paths]

        text, calls = module.write(self.client, draft, target, prompt, 20, **module.OPTIONS)
        plain = []
        while len(plain) < len(text):
            reply = self.client.sample(row_after(prompt + plain), step=len(plain), **module.OPTIONS)
            plain.append(reply["token_id"])
        self.assertEqual(text, plain)
        self.assertLess(calls, 0.8 * len(text))


class Imports(unittest.TestCase):
    def test_every_example_parses_and_takes_what_the_package_has(self):
        files = sorted(EXAMPLES.rglob("*.py"))
        self.assertGreater(len(files), 8)
        for file in files:
            for node in ast.walk(ast.parse(file.read_text("utf-8"))):
                if isinstance(node, ast.ImportFrom) and node.module == "logit_sampler":
                    for name in node.names:
                        self.assertTrue(hasattr(logit_sampler, name.name), f"{file.name}: {name.name}")


if __name__ == "__main__":
    unittest.main()
