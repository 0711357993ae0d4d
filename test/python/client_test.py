"""The Python client against the live service at LOGIT_SAMPLER_URL."""

import base64
import json
import os
import re
import socket
import struct
import threading
import unittest
from array import array
from http.server import BaseHTTPRequestHandler, HTTPServer

from logit_sampler import Packed, SamplerClient, SamplerProblem

try:
    import numpy
except ImportError:
    numpy = None

URL = os.environ["LOGIT_SAMPLER_URL"]
OPTIONS = {"temperature": 0.9, "top_p": 0.95, "repetition_penalty": 1.2, "history": [3, 4], "seed": 7, "step": 2}


def row_of(seed, size=300):
    """Logits that float32 holds exactly, the same in every run."""
    return [((index * 7919 + seed * 104729) % 1000) / 64.0 - 8.0 for index in range(size)]


ROWS = [row_of(seed) for seed in range(6)]


class OneStep(unittest.TestCase):
    def setUp(self):
        self.client = SamplerClient(URL)
        self.addCleanup(self.client.close)

    def test_every_form_of_a_row_draws_the_same_token(self):
        row = ROWS[0]
        forms = [row, tuple(row), array("f", row), Packed(array("f", row).tobytes()), iter(row)]
        forms.append({"token_ids": list(range(len(row))), "values": row, "vocab_size": len(row)})
        tokens = [self.client.sample(form, **OPTIONS)["token_id"] for form in forms]
        self.assertEqual(len(set(tokens)), 1, tokens)

    def test_several_sources_are_one_step_in_every_form(self):
        options = {"combine": {"rule": "guidance", "guidance_scale": 1.5}, "top_k": 5, "seed": 7, "logprobs": True}
        sparse = {"token_ids": list(range(300)), "values": ROWS[1], "vocab_size": 300}
        told = self.client.sample(ROWS[:2], **options)
        self.assertEqual(len(told["source_logprobs"]), 2)
        self.assertEqual(self.client.sample([array("f", row) for row in ROWS[:2]], **options), told)
        self.assertEqual(self.client.sample([ROWS[0], sparse], **options)["token_id"], told["token_id"])
        warm = {**options, "sources": [{}, {"temperature": 2}]}
        expected = self.client.sample(ROWS[:2], **warm)["token_id"]
        self.assertEqual(self.client.sample([ROWS[0], sparse], **warm)["token_id"], expected)
        with self.client.stream(**options, shape=[2, 300]) as stream:
            self.assertEqual(stream.next(ROWS[:2]), told)
            self.assertEqual(stream.next([ROWS[0], sparse])["step"], 1)
    def test_a_draft_is_verified_as_the_steps_draw(self):
        sampling = {"temperature": 0.9, "seed": 7}
        steps = []
        for step, row in enumerate(ROWS[:3]):
            history = [reply["token_id"] for reply in steps]
            steps.append(self.client.sample(row, **sampling, step=step, history=history))
        draft = [reply["token_id"] for reply in steps[:2]]
        reply = self.client.verify(ROWS[:3], draft, **sampling, history=[])
        self.assertEqual((reply["accepted"], reply["positions"]), (2, steps))
        sequences = [{"draft_token_ids": draft, "history": []}, {"draft_token_ids": [999]}]
        first, second = self.client.verify_batch(ROWS[:5], sequences, **sampling)
        self.assertEqual(first, reply)
        self.assertIsInstance(second, SamplerProblem)

    def test_the_reply_says_seed_and_step(self):
        reply = self.client.sample(ROWS[0], **OPTIONS, top_logprobs=3)
        self.assertEqual((reply["seed"], reply["step"], len(reply["top_logprobs"])), ("7", 2, 3))

    @unittest.skipIf(numpy is None, "needs numpy")
    def test_numpy_rows_of_every_dtype_and_layout(self):
        row = numpy.array(ROWS[0])
        expected = self.client.sample(ROWS[0], **OPTIONS)
        wide = numpy.repeat(row.astype("float32"), 2)
        for form in (row, row.astype("float32"), row.astype(">f4").astype("<f4"), wide[::2]):
            self.assertEqual(self.client.sample(form, **OPTIONS), expected)
        half = self.client.sample(row.astype("float16"), **OPTIONS)
        packed = Packed(row.astype("float16").tobytes(), "f16")
        self.assertEqual(half, self.client.sample(packed, **OPTIONS))
        bits = (row.astype("float32").view("uint32") >> 16).astype("uint16")
        bf16 = self.client.sample(Packed(bits, "bf16"), **OPTIONS)
        self.assertEqual(bf16, self.client.sample((bits.astype("uint32") << 16).view("float32"), **OPTIONS))

    def test_biases_of_minus_infinity_ban(self):
        best = self.client.sample(ROWS[0], temperature=0)["token_id"]
        banned = {best: float("-inf")}
        self.assertNotEqual(self.client.sample(ROWS[0], temperature=0, logit_bias=banned)["token_id"], best)
        chain = [{"stage": "logit_bias", "logit_bias": banned}, {"stage": "temperature", "temperature": 0}]
        self.assertNotEqual(self.client.sample(ROWS[0], chain=chain)["token_id"], best)
        replies = self.client.sample_batch(ROWS[:1], [{"logit_bias": banned}], temperature=0)
        self.assertNotEqual(replies[0]["token_id"], best)

    def test_seeds_of_64_bits(self):
        for seed in (2**64 - 1, -(2**63), 2**53 + 1):
            reply = self.client.sample(ROWS[0], seed=seed)
            self.assertEqual(reply, self.client.sample(ROWS[0], seed=str(seed)))
            self.assertEqual(reply["seed"], str(seed))

    def test_a_mask_of_tokens_as_bytes(self):
        words = array("i", [1 << 5, 0, 0, 0, 0, 0, 0, 0, 0, 0]).tobytes()
        self.assertEqual(self.client.sample(ROWS[0], token_bitmask=words)["token_id"], 5)
        chain = [{"stage": "token_bitmask", "token_bitmask": words}]
        self.assertEqual(self.client.sample(ROWS[0], chain=chain)["token_id"], 5)

    @unittest.skipIf(numpy is None, "needs numpy")
    def test_numpy_ids_biases_and_masks(self):
        ids = numpy.array([5, 6])
        bias = {ids[0]: numpy.float32("inf") * -1, ids[1]: numpy.float32(100)}
        self.assertEqual(self.client.sample(ROWS[0], logit_bias=bias, temperature=0)["token_id"], 6)
        mask = numpy.zeros(10, dtype="int32")
        mask[0] = 1 << 9
        self.assertEqual(self.client.sample(ROWS[0], token_bitmask=mask)["token_id"], 9)

    @unittest.skipIf(numpy is None, "needs numpy")
    def test_numpy_numbers_are_taken_in_options(self):
        plain = self.client.sample(ROWS[0], **OPTIONS)
        options = {**OPTIONS, "history": numpy.array([3, 4]), "step": numpy.int64(2)}
        self.assertEqual(self.client.sample(ROWS[0], **options), plain)

    @unittest.skipIf(numpy is None, "needs numpy")
    def test_an_array_of_many_rows_where_one_is_meant_is_refused_with_what_to_type(self):
        for shape, hint in (((2, 100), r"logits\[-1\]"), ((1, 5, 100), r"logits\[0, -1\]"), ((100, 1), r"logits\[-1\]")):
            sentence = rf"logits has shape {str(shape)[:-1]}\): one row is needed, e.g. {hint}".replace("(", r"\(", 1)
            with self.assertRaisesRegex(ValueError, sentence):
                self.client.sample(numpy.zeros(shape, "float32"), temperature=0)
        with self.client.stream(temperature=0) as stream:
            with self.assertRaisesRegex(ValueError, "one row is needed"):
                stream.next(numpy.zeros((2, 100), "float32"))
            self.assertEqual(stream.next(numpy.array([[0.0, 1.0]]))["token_id"], 1)

    @unittest.skipIf(numpy is None, "needs numpy")
    def test_rows_of_the_other_byte_order_are_read_as_the_numbers_they_are(self):
        row = numpy.array(ROWS[0])
        for dtype in (">f4", ">f2", ">f8", "<f2"):
            self.assertEqual(self.client.sample(row.astype(dtype), **OPTIONS)["token_id"], self.client.sample(row, **OPTIONS)["token_id"])

    @unittest.skipIf(numpy is None, "needs numpy")
    def test_whole_numbers_are_no_logits(self):
        with self.assertRaisesRegex(ValueError, "int64"):
            self.client.sample(numpy.arange(4))

    def test_what_is_no_row_of_numbers_gets_a_sentence(self):
        for row, sentence in (
            (b"\x00\x00\x80\x3f", "got bytes: use Packed"),
            (bytearray(4), "got bytearray: use Packed"),
            (memoryview(bytes(4)), "got memoryview: use Packed"),
            ("1.0", "got str"),
            (None, "got None"),
            (7, "got int"),
            (["a"], "must be a row of numbers"),
            (Packed("text"), "Packed takes"),
        ):
            with self.assertRaisesRegex(TypeError, sentence):
                self.client.sample(row)
        with self.assertRaisesRegex(ValueError, "one row is needed"):
            self.client.sample([[1.0, 2.0], [3.0, 4.0]])
        with self.assertRaisesRegex(ValueError, "4 bytes an element, got 7 bytes"):
            self.client.sample(Packed(bytes(7)))
        for rows in (b"", "12", None, {"token_ids": [1]}):
            with self.assertRaisesRegex(TypeError, "batch"):
                self.client.sample_batch(rows)
        floats = memoryview(array("f", ROWS[0]))
        self.assertEqual(self.client.sample(floats, **OPTIONS), self.client.sample(ROWS[0], **OPTIONS))

    def test_a_refusal_says_what_was_wrong_and_where(self):
        with self.assertRaises(SamplerProblem) as caught:
            self.client.sample(ROWS[0], top_p=1.5)
        problem = caught.exception
        self.assertEqual((problem.status, problem.code, problem.pointer), (422, "invalid_option", "/top_p"))
        self.assertIn("1.5", problem.detail)
        self.assertEqual(self.client.sample([0.0, 9.0], temperature=0)["token_id"], 1)


class Batches(unittest.TestCase):
    def test_each_row_is_answered_as_if_it_were_alone(self):
        client = SamplerClient(URL)
        rows = [{"seed": seed} for seed in range(len(ROWS))]
        alone = [client.sample(row, temperature=0.7, **own) for row, own in zip(ROWS, rows)]
        self.assertEqual(client.sample_batch(ROWS, rows, temperature=0.7), alone)
        if numpy is not None:
            self.assertEqual(client.sample_batch(numpy.array(ROWS, "float32"), rows, temperature=0.7), alone)

    def test_a_bad_row_fails_alone(self):
        first, second = SamplerClient(URL).sample_batch([[1.0, float("nan")], [1.0, 2.0]], temperature=0, seed=1)
        self.assertIsInstance(first, SamplerProblem)
        self.assertEqual((first.code, first.pointer), ("nan_logit", "/rows/0/logits/1"))
        self.assertEqual(second["token_id"], 1)

    def test_rows_must_be_of_one_length(self):
        with self.assertRaisesRegex(ValueError, "row 1"):
            SamplerClient(URL).sample_batch([[1.0], [1.0, 2.0]])


class Streams(unittest.TestCase):
    def setUp(self):
        self.client = SamplerClient(URL)

    def test_a_stream_draws_what_calls_of_their_own_draw(self):
        options = {"temperature": 0.9, "repetition_penalty": 1.3, "seed": 7}
        history = []
        with self.client.stream(**options) as stream:
            for step, row in enumerate(ROWS):
                alone = self.client.sample(row, **options, history=history, step=step)
                self.assertEqual(stream.next(row), alone)
                history.append(alone["token_id"])
            self.assertEqual(stream.history, history)

    def test_large_rows(self):
        row = array("f", row_of(1, 4096)) * 16
        with self.client.stream(temperature=0, seed=1) as stream:
            self.assertEqual(stream.next(row)["token_id"], self.client.sample(row, temperature=0, seed=1)["token_id"])

    def test_update_accept_rewind_and_options_of_one_step(self):
        with self.client.stream(temperature=0, seed=1) as stream:
            stream.update(logit_bias={"1": None})
            stream.accept([0])
            self.assertEqual(stream.next([1.0, 5.0, 4.0])["token_id"], 2)
            stream.update(logit_bias=None)
            stream.rewind(2)
            reply = stream.next([1.0, 5.0, 4.0], logit_bias={"1": -10})
            self.assertEqual((reply["token_id"], reply["step"]), (2, 0))
            self.assertEqual(stream.next({"token_ids": [8, 9], "values": [2, 1]})["token_id"], 8)
            self.assertEqual(stream.history, [2, 8])

    def test_a_refused_row_leaves_the_stream_open(self):
        with self.client.stream(temperature=0, seed=1) as stream:
            with self.assertRaises(SamplerProblem) as caught:
                stream.next([1.0, float("nan")])
            self.assertEqual(caught.exception.code, "nan_logit")
            self.assertEqual(stream.next([1.0, 2.0])["step"], 0)

    def test_refused_options_raise_at_the_opening(self):
        with self.assertRaises(SamplerProblem) as caught:
            self.client.stream(top_p=2)
        self.assertEqual(caught.exception.pointer, "/top_p")

    def test_a_stream_goes_on_from_its_checkpoint(self):
        options = {"temperature": 1.3, "mirostat": 2, "history": [5], "prompt_length": 1}
        with self.client.stream(**options) as stream:
            for row in ROWS[:3]:
                stream.next(row)
            checkpoint = json.loads(json.dumps(stream.checkpoint))
            rest = [stream.next(row)["token_id"] for row in ROWS[3:]]
        with self.client.stream(**checkpoint) as resumed:
            self.assertEqual([resumed.next(row)["token_id"] for row in ROWS[3:]], rest)

    def test_rows_are_of_the_dtype_of_the_stream(self):
        with self.client.stream(dtype="bf16", temperature=0) as stream:
            self.assertEqual(stream.next(Packed(b"\x80\x3f\x00\x40", "bf16"))["token_id"], 1)
            with self.assertRaisesRegex(ValueError, "bf16, got f32"):
                stream.next([1.0, 2.0])


class Retries(unittest.TestCase):
    """Against a server that refuses this number of times, and then answers."""

    def refusing(self, times, body):
        seen = []

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                self.rfile.read(int(self.headers["Content-Length"]))
                seen.append(self.path)
                status, text = (503, body) if len(seen) <= times else (200, b'{"token_id": 1}')
                self.send_response(status)
                self.send_header("Retry-After", "0")
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            def log_message(self, *_):
                pass

        server = HTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        client = SamplerClient(f"http://127.0.0.1:{server.server_port}")
        self.addCleanup(client.close)
        return client, seen

    def test_the_service_s_own_refusal_is_tried_again(self):
        client, seen = self.refusing(2, b'{"code": "overloaded"}')
        self.assertEqual(client.sample([1.0])["token_id"], 1)
        self.assertEqual(len(seen), 3)

    def test_a_refusal_on_the_way_is_tried_again_only_with_a_seed(self):
        client, seen = self.refusing(1, b"busy")
        with self.assertRaises(SamplerProblem):
            client.sample([1.0])
        self.assertEqual(len(seen), 1)
        client, seen = self.refusing(1, b"busy")
        self.assertEqual(client.sample([1.0], seed=1)["token_id"], 1)
        self.assertEqual(len(seen), 2)


class Unread(unittest.TestCase):
    """A server that answers after the head alone and closes while the body is still being sent."""

    def refuse(self, answer):
        listener = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(listener.close)

        def serve():
            connection, _ = listener.accept()
            while b"\r\n\r\n" not in connection.recv(65536):
                pass
            connection.sendall(answer)
            # Ends the output while unread input remains, so that the sender sees a reset.
            connection.shutdown(socket.SHUT_RDWR)
            connection.close()

        threading.Thread(target=serve, daemon=True).start()
        client = SamplerClient(f"http://127.0.0.1:{listener.getsockname()[1]}", retries=0)
        self.addCleanup(client.close)
        return client

    def test_the_refusal_of_a_body_too_large_is_read_although_the_body_could_not_be_sent(self):
        body = json.dumps({"code": "body_too_large", "detail": "too large"}).encode()
        head = f"HTTP/1.1 413 Payload Too Large\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
        refusals = []
        for _ in range(5):  # the reset may come first, and takes the answer with it
            try:
                self.refuse(head.encode() + body).sample(array("f", bytes(64 << 20)))
            except (SamplerProblem, OSError) as failure:
                refusals.append(failure)
        self.assertEqual(len(refusals), 5)
        self.assertIn(413, [getattr(failure, "status", 0) for failure in refusals])

    def test_a_connection_that_ends_without_an_answer_says_so(self):
        with self.assertRaises(OSError):
            self.refuse(b"").sample(array("f", bytes(64 << 20)))


class Analysis(unittest.TestCase):
    def setUp(self):
        self.client = SamplerClient(URL)
        self.addCleanup(self.client.close)

    def test_one_row_or_many(self):
        one = self.client.analyze("probabilities", [1.0, 1.0])
        self.assertEqual(one["probabilities"], [0.5, 0.5])
        many = self.client.analyze("score", [[3.0, 3.0], [0.0, 0.0]], targets=[1, 0])
        self.assertEqual([each["rank"] for each in many["results"]], [2, 1])
        self.assertAlmostEqual(many["perplexity"], 2.0, 6)

    @unittest.skipIf(numpy is None, "needs numpy")
    def test_numpy_rows_give_what_lists_give(self):
        rows = [[4.0, 0.0], [3.0, 0.0], [5.0, 0.0], [0.0, 2.0]]
        options = {"targets": [0, 0, 1, 1], "resamples": 0}
        expected = self.client.analyze("calibrate", rows, **options)
        self.assertEqual(self.client.analyze("calibrate", numpy.array(rows), **options), expected)
        row = self.client.analyze("diagnose", numpy.array(rows[0]), target=0)
        self.assertEqual(row, self.client.analyze("diagnose", rows[0], target=0))

    def test_calls_that_are_none_are_refused(self):
        with self.assertRaises(ValueError):
            self.client.analyze("samplers", [1.0, 2.0])

    def test_a_grammar_is_looked_at(self):
        schema = {"type": "array", "items": {"enum": ["red", "blue"]}, "uniqueItems": False, "minItem": 1}
        reply = self.client.grammar({"json_schema": schema}, "demo", '["r', tokens_max=2)
        self.assertEqual((reply["kind"], [note["keyword"] for note in reply["notes"]]), ("json_schema", ["minItem"]))
        self.assertEqual(reply["text"], {"is_complete": False, "is_begun": True, "left_at": None})
        self.assertEqual((reply["next"]["fits"], len(reply["next"]["token_ids"])), (True, 2))
        left = self.client.grammar({"regex": "a+"}, text="aab")
        self.assertEqual((left["text"]["left_at"], left["next"]), (2, None))
        with self.assertRaises(SamplerProblem) as raised:
            self.client.grammar({"regex": "("})
        self.assertEqual((raised.exception.code, raised.exception.pointer), ("grammar_invalid", "/grammar/regex"))

    def test_two_vocabularies_have_tokens_in_common(self):
        reply = self.client.common_tokens("demo", "demo")
        self.assertEqual((reply["vocabulary"], reply["draft_vocabulary"], reply["count"]), ("demo", "demo", 8191))
        ids = struct.unpack("<8192i", base64.b64decode(reply["target_ids"]))
        self.assertEqual([(i, partner) for i, partner in enumerate(ids) if i != partner], [(188, -1)])  # the byte 255
        drawn = self.client.sample([0.0] * 8192, token_bitmask=reply["draft_token_bitmask"], seed=1)
        self.assertEqual(drawn["kept"], 8191)
        draft = self.client.common_tokens("demo", "demo", draft_token_ids=[300, 5])
        self.assertEqual((draft["token_ids"], "target_ids" in draft), ([300, 5], False))
        with self.assertRaises(SamplerProblem) as raised:
            self.client.common_tokens("none", "demo")
        self.assertEqual(raised.exception.pointer, "/draft_vocabulary")

    def test_the_page_s_loop_over_what_a_grammar_forces_writes_what_steps_write(self):
        with open(os.path.join(os.path.dirname(__file__), "../../docs/speculation.md"), encoding="utf-8") as file:
            loop = re.search(r"## What a grammar forces.*?```python\n(.*?)```", file.read(), re.S).group(1)
        schema = {"type": "object", "properties": {"name": {"enum": ["red", "blue"]}}, "required": ["name"], "additionalProperties": False}
        grammar = {"json_schema": schema, "whitespace": "compact"}
        options = {"vocabulary": "demo", "grammar": grammar, "temperature": 0.8, "seed": 7}
        drafts = []

        def target(text, draft):
            drafts.append(draft)
            return [row_of(len(text) + i, 8192) for i in range(len(draft) + 1)]

        def encode(text):
            options = {"draft_vocabulary": "demo", "vocabulary": "demo", "draft_match": "text"}
            return self.client.common_tokens(draft_token_ids=[BYTES[byte] for byte in text.encode()], **options)["token_ids"]

        prompt = [5, 9]
        # The ids of the bytes: a byte-level tokenizer numbers the visible ones first.
        visible = [*range(33, 127), *range(161, 173), *range(174, 256)]
        BYTES = {byte: 1 + i for i, byte in enumerate(visible + [b for b in range(256) if b not in visible])}
        names = {"sampler": self.client, "target": target, "encode": encode, "schema": schema, "prompt": prompt}
        exec(loop, names)
        plain, last = [], {}
        while "finish_reason" not in last:
            last = self.client.sample(
                row_of(len(plain), 8192), history=prompt + plain, prompt_length=2, step=len(plain), **options
            )
            plain.append(last["token_id"])
        self.assertEqual(names["text"], plain)
        self.assertTrue(any(drafts))

    def test_a_comparison_says_where_two_hosts_differ(self):
        reply = self.client.compare([1.0, 2.5, -0.3, 2.4], ["default", "llama.cpp"], temperature=1.5, top_p=0.8, seed=7)
        self.assertEqual([arm["name"] for arm in reply["arms"]], ["default", "llama.cpp"])


if __name__ == "__main__":
    unittest.main()
