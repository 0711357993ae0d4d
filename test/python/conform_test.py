"""The runner and its power: a plain sampler passes, and each switch that breaks it is found and named."""

import collections
import json
import os
import random
import sys
import tempfile
import time
import unittest
from pathlib import Path

from logit_sampler import conform
from logit_sampler.conform.__main__ import main

sys.path.insert(0, str(Path(__file__).parent))
import plain_sampler  # noqa: E402

SECTIONS = ["truncations", "temperatures", "penalties", "bans", "masks", "orders", "greedy", "hard rows"]
MUTANTS = int(os.environ.get("CONFORM_MUTANTS", "15"))
FOUND_MIN, NAMED_MIN = 58 / 60, 45 / 60


class Power(unittest.TestCase):
    def test_a_plain_sampler_passes(self):
        began = time.process_time()
        report = conform.run(plain_sampler.sampler_with())
        print(f"the plain sampler: {time.process_time() - began:.1f} s of CPU", report.text(), sep="\n")
        self.assertTrue(report.passed, report.text())
        self.assertGreater(report.counts["passed"], 600)

    def test_mutants_are_found_and_named(self):
        chosen = list(plain_sampler.MUTANTS.items())
        chosen = chosen[:: max(1, len(chosen) // MUTANTS)][:MUTANTS]
        found, named, missed = [], [], []
        for broken, sentence in chosen:
            report = conform.run(plain_sampler.sampler_with(broken), sections=SECTIONS)
            if not report.passed:
                found.append(broken)
            if any(sentence in each.says for each in report.suspects[:3]):
                named.append(broken)
            else:
                missed.append((broken, report.counts["failed"], [each.says for each in report.suspects[:3]]))
        print(f"{len(chosen)} mutants: {len(found)} found, {len(named)} named", *missed, sep="\n")
        self.assertGreaterEqual(len(found), FOUND_MIN * len(chosen))
        self.assertGreaterEqual(len(named), NAMED_MIN * len(chosen))
        if len(chosen) == len(plain_sampler.MUTANTS):
            page = (Path(__file__).parents[2] / "docs/conformance.md").read_text(encoding="utf-8")
            self.assertIn(f"{len(found)} are found, and {len(named)} are named", page)


class Drawer(unittest.TestCase):
    """A sampler that only draws: it gives counts in place of probabilities."""

    def drawer(self, broken=None):
        sampler = plain_sampler.sampler_with(broken)

        def draw(row, options, history):
            if len(row) > 100:
                raise conform.NotSupported
            left = sampler(row, options, history)
            draws = conform.draws_wanted(len(row))
            return {"counts": collections.Counter(random.choices(list(left), list(left.values()), k=draws))}

        random.seed(1)
        return draw

    def test_right_draws_pass(self):
        report = conform.run(self.drawer(), sections=["truncations"])
        self.assertTrue(report.passed, report.text())
        self.assertGreater(report.counts["passed"], 100)

    def test_a_mistake_is_named(self):
        report = conform.run(self.drawer("first temperature"), sections=["orders"])
        self.assertIn("as if temperature came", report.suspects[0].says)


class Runner(unittest.TestCase):
    def test_a_documented_choice_is_no_failure(self):
        keeps_ties = plain_sampler.sampler_with("keep top_k")
        choice = conform.Choice("keeps all tokens that tie at k", "docs", "as if ties of top_k were keep")
        report = conform.run(keeps_ties, sections=["truncations"])
        self.assertFalse(report.passed)
        with_choice = conform.run(keeps_ties, sections=["truncations"], choices=[choice])
        self.assertTrue(with_choice.passed, with_choice.text())
        self.assertEqual(with_choice.counts["choice"], report.counts["failed"])
        self.assertIn("Documented choices of the host:\n  keeps all tokens that tie at k (docs): ", with_choice.text())

    def test_recorded_answers_of_other_hosts_are_no_rule(self):
        good = plain_sampler.sampler_with()
        every = conform.run(good, sections=["hosts"])
        own = conform.run(good, sections=["hosts"], recorded_as="mlx-lm")
        self.assertGreater(own.counts["not_supported"], every.counts["not_supported"])
        self.assertEqual(conform.run(good, sections=["hosts"], recorded_as="nobody").counts["not_supported"], 1386)

    def test_a_function_of_another_task(self):
        def draw(question):
            weights = [0.0] * len(question["row"])
            step = plain_sampler.Step(None, [], 0)
            for token, p in step.run(conform.row_of(question["row"]), question["chain"]).items():
                weights[token] = p
            total = 0.0
            for token, p in enumerate(weights):
                total += p
                if total > question["u"]:
                    return token
            return len(weights) - 1

        report = conform.run(draw=draw, sections=["draws"])
        self.assertEqual(report.counts["passed"], 200, report.text())
        reversed_u = conform.run(draw=lambda each: draw({**each, "u": 1 - each["u"]}), sections=["draws"])
        self.assertEqual(reversed_u.suspects[0].says, "as if u were 1 - u")

    def test_a_program(self):
        program = (
            "import json, sys\n"
            "for line in sys.stdin:\n"
            "    asked = json.loads(line)\n"
            "    assert 'probabilities' not in asked and 'otherwise' not in asked\n"
            "    if asked['rule'] == 'top_k':\n"
            "        print(json.dumps({'id': asked['id'], 'kept': [0]}))\n"
            "    elif asked['rule'] == 'top_p':\n"
            "        print(json.dumps({'id': asked['id'], 'not_supported': True}))\n"
        )
        report = conform.program([sys.executable, "-c", program], sections=["truncations"])
        self.assertGreater(report.counts["failed"], 10)
        self.assertGreater(report.counts["not_supported"], 10)
        self.assertGreater(report.counts["error"], 10)
        self.assertIn("the program gave no answer", report.junit())

    def test_what_raises_is_told_of(self):
        def raising(row, options, history):
            raise KeyError("no such key")

        report = conform.run(raising, sections=["greedy"])
        self.assertFalse(report.passed)
        self.assertEqual(report.counts["error"], 60)
        self.assertIn("no such key", report.json())

    def test_a_wrong_length_is_an_error_with_its_numbers(self):
        report = conform.run(lambda row, options, history: [1.0], sections=["greedy"])
        self.assertIn("got 1 numbers", report.failures()[0][1].detail)

    def test_exit_codes_and_files(self):
        here = str(Path(__file__).parent)
        os.chdir(here)
        with tempfile.TemporaryDirectory() as folder:
            path = f"{folder}/report"
            good = main(["--function", "conform_samplers:good", "--section", "greedy", "--json", path])
            self.assertEqual(good, 0)
            with open(path, encoding="utf-8") as file:
                self.assertTrue(json.load(file)["passed"])
            self.assertEqual(main(["--function", "conform_samplers:bad", "--section", "orders", "--markdown", path]), 1)
            with open(path, encoding="utf-8") as file:
                self.assertIn("as if temperature came before", file.read())
            self.assertEqual(main(["--function", "conform_samplers:good", "--section", "nothing"]), 2)


if __name__ == "__main__":
    unittest.main()
