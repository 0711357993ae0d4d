"""Compares Sampler with SamplerClient: the same replies and the same refusals. Also tests what a library in a process
must survive: threads, forks, signals, memory.

Run by proof/local against the live service (LOGIT_SAMPLER_URL) with an engine and numpy installed.
"""

import array
import asyncio
import itertools
import os
import resource
import signal
import subprocess
import sys
import tempfile
import threading
import unittest

import numpy

from logit_sampler import Packed, SamplerClient, SamplerProblem
from logit_sampler.local import Sampler
from logit_sampler.local import _machine

URL = os.environ["LOGIT_SAMPLER_URL"]
KEY = {"main": 42}
V = 700


def row(salt=0, size=V):
    return numpy.random.default_rng(salt).standard_normal(size).astype("f4") * 3


def outcome(call):
    """The result of a call, or its error."""
    try:
        return call()
    except SamplerProblem as problem:
        return ("problem", problem.status, problem.code, problem.detail, problem.pointer)
    except (ValueError, TypeError) as error:
        return (type(error).__name__, str(error))


def comparable(result):
    if isinstance(result, list):
        return [comparable(each) for each in result]
    if isinstance(result, SamplerProblem):
        return ("problem", result.status, result.code, result.detail, result.pointer)
    return result


class SameAsTheClient(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.client = SamplerClient(URL)
        cls.sampler = Sampler(watermark_keys=KEY, vocab_size_max=70_000)

    def same(self, call):
        expected = comparable(outcome(lambda: call(self.client)))
        got = comparable(outcome(lambda: call(self.sampler)))
        self.assertEqual(expected, got)
        self.assertEqual(list(expected) if isinstance(expected, dict) else None, list(got) if isinstance(got, dict) else None)
        return got

    def test_options(self):
        history = [1, 5, 5, 9, 3, 5]
        for options in [
            {},
            {"temperature": 0},
            {"temperature": 0.7, "top_k": 20, "top_p": 0.9, "min_p": 0.02},
            {"temperature": 1.5, "logprobs": True, "top_logprobs": 4},
            {"mirostat": 2, "state": {"mirostat": {"mu": 7.25}}},
            {"repetition_penalty": 1.2, "history": history, "prompt_length": 2},
            {"logit_bias": {3: 2.5, 5: float("-inf")}},
            {"n": 5, "kept_token_ids": True, "top_k": 9},
            {"trace": True, "top_p": 0.5},
            {"vocab_size": 500},
            {"preset": "llama.cpp", "history": history},
            {"chain": [{"stage": "top_k", "top_k": 12}, {"stage": "temperature", "temperature": 0.7}]},
            {"watermark": {"scheme": "gumbel", "key": "main"}, "history": history},
            {"receipt": True},
            {"stop": {"token_ids": [1, 2]}, "history": history},
            {"uncertainty": True},
            {"top_k": True},
            {"top_k": 1},
            {"temprature": 1},
            {"top_p": 3},
            {"vocab_size": 70_000},
            {"history": [-1]},
            {"grammar": {"choices": ["a"]}},
            {"seed": "18446744073709551615", "step": 2**53 - 1},
            {"seed": -5},
            {"seed": 2**60},
            {"step": -1},
            {"step": 1.5},
            {"seed": True},
            {"vocabulary": "none"},
        ]:
            for times in range(2):  # the second time the options are known
                asked = {"seed": 7 + times, "step": 3, **options}
                with self.subTest(options=asked):
                    self.same(lambda s: s.sample(row(times), **asked))

    def test_forms_of_a_row(self):
        values = [round(float(x), 2) for x in row(1, 300)]
        f32 = numpy.array(values, "f4")
        bf16 = (f32.view("u4") >> 16).astype("u2")
        for name, form in {
            "list": values,
            "tuple": tuple(values),
            "array": array.array("f", values),
            "f64": numpy.array(values),
            "f32": f32,
            "f16": f32.astype("f2"),
            "bf16": Packed(bf16, "bf16"),
            "strided": numpy.repeat(f32, 2)[::2],
            "one row of one": f32[None, :],
            "sparse": {"token_ids": [1, 5, 9], "values": [3.0, 2.0, 1.0], "vocab_size": 300, "logsumexp": 4.0},
            "two rows": numpy.stack([f32, f32]),
            "nothing": [],
            "text": "abc",
            "integers": numpy.arange(5),
            "too long": numpy.zeros(70_001, "f4"),
            "too long, f16": numpy.zeros(70_001, "f2"),
            "NaN": numpy.array([1, numpy.nan, 2], "f4"),
            "all masked": numpy.full(5, -numpy.inf, "f4"),
        }.items():
            with self.subTest(form=name):
                self.same(lambda s: s.sample(form, temperature=0.8, top_k=30, seed=5, step=1))
                self.same(lambda s: s.sample(form, seed=5, history=[1], frequency_penalty=0.5))

    def test_batches_and_drafts(self):
        many = numpy.stack([row(i) for i in range(9)])
        own = [{"seed": i, "step": i} for i in range(9)]
        for logits in (many, many.astype("f2"), [row(i) for i in range(9)]):
            got = self.same(lambda s: s.sample_batch(logits, own, temperature=0.9, top_p=0.8))
            self.assertEqual(9, len(got))
        own[4] = {"top_k": -1}
        self.same(lambda s: s.sample_batch(many, own, temperature=0.9))
        self.same(lambda s: s.sample_batch(many, own[:3]))
        draft = [int(each.argmax()) for each in many[:4]]
        self.assertEqual(4, self.same(lambda s: s.verify(many[:5], draft, temperature=0, seed=1))["accepted"])
        self.same(lambda s: s.verify(many[:4], draft, seed=1))
        sequences = [{"draft_token_ids": draft[:2], "seed": 1}, {"draft_token_ids": [], "seed": 2}, {"draft_token_ids": [-1]}]
        self.same(lambda s: s.verify_batch(many[:6], sequences))

    def test_reading(self):
        many = numpy.stack([row(i, 10) for i in range(6)])
        for call, options in {
            "probabilities": {"temperature": 2},
            "score": {"targets": [0, 1, 2, 3, 4, 5]},
            "diagnose": {},
            "calibrate": {"targets": [int(each.argmax()) for each in many[:5]] + [0]},
            "baseline": {},
        }.items():
            self.same(lambda s: s.analyze(call, many, **options))
        self.same(lambda s: s.analyze("score", row(1, 10), target=3))
        self.same(lambda s: s.analyze("score", row(1, 10), target=13))
        self.same(lambda s: s.compare(row(2), ["llama.cpp", "vllm"], seed=1))
        self.same(lambda s: s.grammar({"json_schema": {"minLength": 2}}, "demo", '"ab', 5))
        self.same(lambda s: s.grammar({"regex": "("}))
        self.assertEqual(self.same(lambda s: s.common_tokens("demo", "demo"))["count"], 8191)
        self.same(lambda s: s.common_tokens("demo", "demo", draft_token_ids=[300, 5], draft_match="text"))
        self.same(lambda s: s.common_tokens("demo", "demo", draft_token_ids=[9999]))
        self.same(lambda s: s.common_tokens("none", "demo"))

    def test_sources(self):
        three = numpy.stack([row(i) for i in range(3)])
        mix = {"combine": {"rule": "mix"}, "seed": 4}
        self.same(lambda s: s.sample(three, **mix))
        self.same(lambda s: s.sample([three[0], {"token_ids": [1, 2], "values": [1.0, 2.0], "vocab_size": V}], **mix))

    def test_streams(self):
        for options in [
            {"temperature": 0.8, "seed": 5, "history": [1, 2, 3], "prompt_length": 3},
            {"temperature": 0.8, "seed": 5, "dtype": "f16"},
            {"mirostat": 2, "seed": 11, "step": 40},
            {"combine": {"rule": "mix"}, "seed": 11},
            {"vocabulary": "demo", "seed": 2, "grammar": {"regex": "[a-z ]+"}},
            {"temprature": 1},
            {"history": [2**40], "seed": 1},
        ]:
            with self.subTest(options=options):
                self.same(lambda s: self.conversation(s, options))

    @staticmethod
    def conversation(s, options):
        size = 4096 if "vocabulary" in options else V
        rows = [row(i, size) for i in range(12)]
        if "dtype" in options:
            rows = [each.astype("f2") for each in rows]
        if "combine" in options:
            rows = [numpy.stack([each, each[::-1]]) for each in rows]
        told = []
        with s.stream(**options) as stream:
            told += [stream.next(rows[0]), stream.next(rows[1])]
            told.append(outcome(lambda: stream.next(rows[2], logprobs=True)))
            told.append(outcome(lambda: stream.next(rows[2], top_p=7)))
            stream.update(top_k=5)
            told.append(stream.next(rows[3]))
            if "grammar" not in options:
                stream.accept([4, 5])
                stream.rewind(1)
                told.append(stream.next(rows[4]))
            if "combine" not in options and "grammar" not in options:
                told.append(stream.verify(numpy.stack(rows[5:8]), [int(rows[5].argmax()), 3]))
                told.append(stream.verify(numpy.stack(rows[5:8]), [int(rows[5].argmax()), 3], method="rejection"))
                told.append(outcome(lambda: stream.verify(numpy.stack(rows[5:7]), [70_000])))
                told.append(stream.next(rows[8]))
                stream.follow(stream.history[:-2] + [9])
                told.append(stream.next(rows[9]))
            told.append(stream.history)
            checkpoint = stream.checkpoint
        with s.stream(**checkpoint) as stream:
            told.append(stream.next(rows[10]))
        return told

    def test_checkpoints_go_from_one_to_the_other(self):
        with self.sampler.stream(mirostat=2, seed=3) as local:
            for i in range(3):
                local.next(row(i))
            with self.client.stream(**local.checkpoint) as remote:
                self.assertEqual(remote.next(row(9)), local.next(row(9)))

    def test_long_texts(self):
        history = list(itertools.islice(itertools.cycle(range(V)), 300_000))
        self.same(lambda s: s.sample(row(1), history=history, frequency_penalty=0.01, seed=1, kept_token_ids=True))
        with self.sampler.stream(seed=1) as stream:
            stream.accept(history)
            self.assertEqual(300_000, stream.next(row(1))["step"])
        large = self.sampler.sample(numpy.zeros(70_000, "f4"), seed=1, kept_token_ids=True)
        self.assertEqual(list(range(70_000)), large["kept_token_ids"])


class InAProcess(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.sampler = Sampler()

    def draws(self, sampler, salt, steps=200):
        logits = row(salt, 5000)
        return [sampler.sample(logits, temperature=0.9, top_p=0.95, seed=salt, step=i)["token_id"] for i in range(steps)]

    def test_threads_share_a_sampler(self):
        expected = [self.draws(self.sampler, salt) for salt in range(4)]
        got = {}
        batches = {}

        def work(salt):
            got[salt] = self.draws(self.sampler, salt)
            many = numpy.stack([row(salt, 5000)] * 20)
            rows = [{"seed": salt, "step": i} for i in range(20)]
            batch = self.sampler.sample_batch(many, rows, temperature=0.9, top_p=0.95)
            batches[salt] = [each["token_id"] for each in batch]

        threads = [threading.Thread(target=work, args=(salt,)) for salt in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(expected, [got[salt] for salt in range(4)])
        self.assertEqual([each[:20] for each in expected], [batches[salt] for salt in range(4)])

    def test_threads_with_a_sampler_each(self):
        expected = [self.draws(self.sampler, salt) for salt in range(4)]
        got = {}

        def work(salt):
            with Sampler() as own:
                got[salt] = self.draws(own, salt)

        threads = [threading.Thread(target=work, args=(salt,)) for salt in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(expected, [got[salt] for salt in range(4)])

    def test_a_thread_with_a_small_stack(self):
        result = []
        before = threading.stack_size(512 * 1024)
        try:
            thread = threading.Thread(target=lambda: result.append(self.draws(self.sampler, 1)))
            thread.start()
            thread.join()
        finally:
            threading.stack_size(before)
        self.assertEqual([self.draws(self.sampler, 1)], result)

    def test_both_sides_of_a_fork(self):
        if not self.sampler._machine.engine.survives_fork:
            self.skipTest("this engine stays in the process that forks")
        expected = self.draws(self.sampler, 3)
        busy = threading.Thread(target=lambda: self.draws(self.sampler, 5, 2000))
        busy.start()
        answers = []
        for _ in range(5):  # while another thread is in the middle of its steps
            reading, writing = os.pipe()
            child = os.fork()
            if child == 0:
                status = 1
                try:
                    drawn = self.draws(self.sampler, 3)
                    fresh = self.draws(Sampler(), 3)
                    seed = self.sampler.sample(row(1))["seed"] + " " + self.sampler.sample(row(1), n=2)["seed"]
                    os.write(writing, seed.encode())
                    status = 0 if drawn == expected and fresh == expected else 2
                finally:
                    os._exit(status)
            os.close(writing)
            answers.append(os.read(reading, 100).decode())
            os.close(reading)
            self.assertEqual(0, os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
        busy.join()
        self.assertEqual(expected, self.draws(self.sampler, 3))
        seeds = [seed for answer in answers for seed in answer.split()]
        self.assertEqual(10, len(set(seeds)))

    def test_asyncio(self):
        async def gathered():
            return await asyncio.gather(*(asyncio.to_thread(self.draws, self.sampler, salt, 50) for salt in range(4)))

        self.assertEqual([self.draws(self.sampler, salt, 50) for salt in range(4)], asyncio.run(gathered()))

    def test_interrupts_leave_it_whole(self):
        if not self.sampler._machine.engine.survives_fork:
            self.skipTest("mini-racer's Python face does not bear exceptions of signals")

        class Interrupted(BaseException):
            pass

        def interrupt(*_):
            raise Interrupted

        expected = self.draws(self.sampler, 2, 20)
        stream = self.sampler.stream(seed=1)
        before = signal.signal(signal.SIGALRM, interrupt)
        try:
            caught = 0
            for i in range(300):
                try:
                    signal.setitimer(signal.ITIMER_REAL, 0.0002 + i * 1e-6)
                    self.draws(self.sampler, 4, 100)
                    stream.next(row(1))
                    signal.setitimer(signal.ITIMER_REAL, 0)
                except (Interrupted, RuntimeError):
                    caught += 1
                    stream = self.sampler.stream(seed=1) if i % 10 == 0 else stream
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, before)
        self.assertGreater(caught, 100)
        self.assertEqual(expected, self.draws(self.sampler, 2, 20))
        got = []
        thread = threading.Thread(target=lambda: got.append(self.draws(self.sampler, 2, 20)))
        thread.start()
        thread.join(30)
        self.assertEqual([expected], got)

    def test_seeds_are_drawn(self):
        seeds = {self.sampler.sample(row(1))["seed"] for _ in range(20)}
        seeds |= {self.sampler.sample(row(1), n=2)["seed"] for _ in range(20)}
        seeds |= {self.sampler.stream().next(row(1))["seed"] for _ in range(20)}
        self.assertEqual(60, len(seeds))
        reply = self.sampler.sample(row(1), temperature=0.9)
        self.assertEqual(reply, self.sampler.sample(row(1), temperature=0.9, seed=reply["seed"]))

    def test_closing(self):
        sampler = Sampler()
        stream = sampler.stream(seed=1)
        stream.next(row(1))
        sampler.close()
        sampler.close()
        for call in (lambda: sampler.sample(row(1)), lambda: sampler.stream(), lambda: stream.next(row(1))):
            with self.assertRaisesRegex(RuntimeError, "closed"):
                call()
        stream.close()
        with self.assertRaisesRegex(RuntimeError, "closed"):
            stream.next(row(1))

    def test_vocabularies(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "bytes.tiktoken")
            with open(path, "w") as file:
                import base64

                for i in range(256):
                    file.write(f"{base64.b64encode(bytes([i])).decode()} {i}\n")
            with Sampler(path) as sampler:
                reply = sampler.sample(row(1, 256), grammar={"regex": "[0-9]"}, seed=1)
                self.assertIn(reply["text"], "0123456789")
            with Sampler({"own": path}) as sampler:
                self.assertNotIn("text", sampler.sample(row(1, 256)))
                self.assertIn("text", sampler.sample(row(1, 256), vocabulary="own"))
            broken = os.path.join(folder, "broken.json")
            with open(broken, "w") as file:
                file.write("{")
            for wrong in (broken, os.path.join(folder, "none.txt")):
                with self.assertRaises(ValueError):
                    Sampler(wrong)
            with self.assertRaises(OSError):
                Sampler(os.path.join(folder, "none.json"))
        with Sampler("demo") as sampler:
            self.assertIn("text", sampler.sample(row(1, 4096)))

    def test_what_is_asked_of_the_constructor(self):
        for wrong in (0, 1.5, 2**30):
            with self.assertRaisesRegex(ValueError, "vocab_size_max"):
                Sampler(vocab_size_max=wrong)
        with self.assertRaisesRegex(ValueError, "watermark key"):
            Sampler(watermark_keys={"main": 2**64})

    def test_the_bundle_is_what_its_name_says(self):
        source = _machine.bundle_source()
        self.assertIn("logit_sampler", source)
        with tempfile.TemporaryDirectory() as folder:
            before = _machine.__file__
            _machine.__file__ = os.path.join(folder, "_machine.py")
            try:
                with self.assertRaisesRegex(ImportError, "npm"):
                    _machine.bundle_source()
                with open(os.path.join(folder, "bundle-0123456789abcdef.js"), "w") as file:
                    file.write(source)
                with self.assertRaisesRegex(ValueError, "hash"):
                    _machine.bundle_source()
            finally:
                _machine.__file__ = before

    def test_samplers_come_and_go(self):
        sizes = []
        for _ in range(12):
            with Sampler() as sampler:
                self.draws(sampler, 1, 20)
            sizes.append(rss_bytes())
        self.assertLess(sizes[-1] - sizes[4], 8 * 2**20)

    def test_memory_is_flat(self):
        logits = row(1, 4096)
        stream = self.sampler.stream(temperature=0.9, top_p=0.95, seed=1)

        def work(steps):
            for i in range(steps):
                self.sampler.sample(logits, temperature=0.9, top_p=0.95, seed=1, step=i)
                self.sampler.sample(logits, temperature=0.9, seed=i, logprobs=True)
                if i % 50 == 0:
                    self.sampler.sample_batch(logits[None, :], temperature=0.9)
                    stream.next(logits)

        work(4000)
        before = rss_bytes()
        work(8000)
        self.assertLess(rss_bytes() - before, 5 * 2**20)

    def test_it_ends_with_the_interpreter(self):
        program = "from logit_sampler.local import Sampler; s = Sampler(); t = s.stream(seed=1); print(t.next([1.0, 2.0])['step'])"
        done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)
        self.assertEqual(("0\n", "", 0), (done.stdout, done.stderr, done.returncode))


def rss_bytes():
    try:
        with open("/proc/self/statm") as file:
            return int(file.read().split()[1]) * resource.getpagesize()
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


if __name__ == "__main__":
    unittest.main()
