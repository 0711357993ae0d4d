"""The Python adapters in small hosts, against the live service at LOGIT_SAMPLER_URL."""

import functools
import json
import os
import unittest

import hosts
import numpy
from hosts import Tensor, logits_after
from logit_sampler import SamplerClient

hosts.install_torch()
vllm = hosts.install_vllm()

import llama_cpp_adapter
import onnxruntime_genai_adapter
import transformers_adapter
import vllm_adapter
import vllm_v2_adapter

URL = os.environ["LOGIT_SAMPLER_URL"]
OPTIONS = {"temperature": 1.1, "repetition_penalty": 1.2, "mirostat": 2}
PROMPT = [5, 9, 2]


def drawn_alone(client, prompt, count, seed, **options):
    """What plain calls draw, step by step."""
    history, state = list(prompt), None
    for step in range(count):
        fields = {"seed": seed, "step": step, "history": history, "prompt_length": len(prompt), "state": state}
        reply = client.sample(logits_after(history[-1]), **{**OPTIONS, **options}, **fields)
        state = reply["state"]
        history.append(reply["token_id"])
    return history[len(prompt) :]


class Adapters(unittest.TestCase):
    def setUp(self):
        self.client = SamplerClient(URL)
        self.addCleanup(self.client.close)


class Transformers(Adapters):
    def test_the_processor_forces_the_service_s_token_on_every_row(self):
        prompts = [[0, 5, 9], [7, 8, 1]]
        processor = transformers_adapter.ServiceLogitsProcessor(self.client, pad_token_id=0, **OPTIONS, seed=7)
        output = hosts.TransformersModel().generate(Tensor(numpy.array(prompts)), 8, logits_processor=[processor])
        self.assertEqual(output[0].tolist()[3:], drawn_alone(self.client, [5, 9], 8, 7))
        self.assertEqual(output[1].tolist()[3:], drawn_alone(self.client, [7, 8, 1], 8, 8))

    def test_a_processor_serves_one_call(self):
        processor = transformers_adapter.ServiceLogitsProcessor(self.client)
        model = hosts.TransformersModel()
        model.generate(Tensor(numpy.array([PROMPT])), 2, logits_processor=[processor])
        with self.assertRaisesRegex(ValueError, "another"):
            model.generate(Tensor(numpy.array([PROMPT])), 2, logits_processor=[processor])

    def test_the_custom_loop_draws_over_a_stream(self):
        loop = functools.partial(transformers_adapter.generate, client=self.client, options={**OPTIONS, "seed": 7})
        output = hosts.TransformersModel().generate(Tensor(numpy.array([PROMPT])), 8, custom_generate=loop)
        self.assertEqual(output[0].tolist(), PROMPT + drawn_alone(self.client, PROMPT, 8, 7))

    def test_the_custom_loop_sends_bfloat16_as_it_is(self):
        loop = functools.partial(transformers_adapter.generate, client=self.client, options={"temperature": 0})
        output = hosts.TransformersModel(bf16=True).generate(Tensor(numpy.array([PROMPT])), 3, custom_generate=loop)
        ids = output[0].tolist()
        for before, after in zip(ids[2:], ids[3:]):
            bits = logits_after(before).view("uint32") & 0xFFFF0000
            self.assertEqual(after, int(bits.view("float32").argmax()))

    def test_the_custom_loop_refuses_batches(self):
        loop = functools.partial(transformers_adapter.generate, client=self.client, options={})
        with self.assertRaisesRegex(ValueError, "one sequence"):
            hosts.TransformersModel().generate(Tensor(numpy.array([PROMPT, PROMPT])), 3, custom_generate=loop)


class Params:
    def __init__(self, options=None):
        self.extra_args = None if options is None else {"logit_sampler": options}


class Vllm(Adapters):
    def setUp(self):
        super().setUp()
        os.environ["LOGIT_SAMPLER_URL"] = URL
        self.processor = vllm_adapter.ServiceLogitsProcessor(None, "cpu", False)

    def step(self, requests):
        """One engine step: the batch's logits, the processor, and the greedy choice of each row."""
        logits = Tensor(numpy.stack([logits_after((prompt + output)[-1]) for prompt, output in requests]))
        forced = self.processor.apply(logits).array
        for (_, output), row in zip(requests, forced):
            output.append(int(row.argmax()))
        return forced

    def test_requests_that_ask_are_drawn_by_the_service_and_others_are_left_alone(self):
        asking, plain, text = ([5, 9], []), ([3], []), ([7], [])
        added = [
            (0, Params({**OPTIONS, "seed": 7}), *asking),
            (1, Params(), *plain),
            (2, Params(json.dumps({**OPTIONS, "seed": 8})), *text),
        ]
        self.processor.update_state(vllm.BatchUpdate(3, added=added))
        for _ in range(5):
            self.processor.update_state(None)
            before = logits_after((plain[0] + plain[1])[-1])
            forced = self.step([asking, plain, text])
            numpy.testing.assert_array_equal(forced[1], before)
        self.assertEqual(asking[1], drawn_alone(self.client, [5, 9], 5, 7))
        self.assertEqual(text[1], drawn_alone(self.client, [7], 5, 8))

    def test_requests_are_followed_when_rows_are_removed_moved_and_swapped(self):
        one, two, three = ([5], []), ([6], []), ([7], [])
        added = [(at, Params({**OPTIONS, "seed": at}), *request) for at, request in enumerate((one, two, three))]
        self.processor.update_state(vllm.BatchUpdate(3, added=added))
        self.step([one, two, three])
        swap = vllm.MoveDirectionality.SWAP
        self.processor.update_state(vllm.BatchUpdate(3, moved=[(0, 2, swap)]))
        self.step([three, two, one])
        move = vllm.MoveDirectionality.UNIDIRECTIONAL
        self.processor.update_state(vllm.BatchUpdate(2, removed=[0], moved=[(2, 0, move)]))
        self.step([one, two])
        self.assertEqual(one[1], drawn_alone(self.client, [5], 3, 0))
        self.assertEqual(two[1], drawn_alone(self.client, [6], 3, 1))
        self.assertEqual(three[1], drawn_alone(self.client, [7], 2, 2))

    def test_a_token_that_vllm_throws_away_does_not_move_the_state(self):
        request = ([5, 9], [])
        self.processor.update_state(vllm.BatchUpdate(1, added=[(0, Params({**OPTIONS, "seed": 7}), *request)]))
        for _ in range(2):  # chunks of the prompt: what is drawn is discarded
            self.step([request])
            request[1].clear()
        for _ in range(4):
            self.step([request])
        self.assertEqual(request[1], drawn_alone(self.client, [5, 9], 4, 7))

    def test_wrong_options_are_refused_when_the_request_arrives(self):
        check = vllm_adapter.ServiceLogitsProcessor.validate_params
        with self.assertRaisesRegex(ValueError, "top_p"):
            check(Params({"top_p": 2}))
        with self.assertRaisesRegex(ValueError, "object"):
            check(Params("[1]"))
        check(Params({"top_p": 0.5, "allowed_token_ids": [40]}))
        check(Params())

    def test_a_refused_row_is_left_to_vllm(self):
        self.processor.update_state(vllm.BatchUpdate(1, added=[(0, Params({}), [5], [])]))
        row = logits_after(5)
        row[3] = numpy.nan
        with self.assertLogs("vllm_requests", "ERROR"):
            numpy.testing.assert_array_equal(self.processor.apply(Tensor(row[None].copy())).array[0], row)


class VllmRunnerV2(Adapters):
    """Slots that are used again, rows in any order, chunks of prompts, and drafts that are right or wrong."""

    def setUp(self):
        super().setUp()
        self.engine = hosts.RunnerV2(slots=3)
        self.processor = vllm_v2_adapter.ServiceLogitsProcessor(None, self.engine.states)
        self.engine.processor = self.processor

    def add(self, slot, prompt, options=None):
        self.engine.add(slot, prompt)
        self.assertEqual(self.processor.add_request(slot, Params(options)), options is not None)

    def test_requests_that_ask_are_drawn_by_the_service_and_others_are_left_alone(self):
        self.add(0, [5, 9], {**OPTIONS, "seed": 7})
        self.add(1, [3])
        self.add(2, [7], json.dumps({**OPTIONS, "seed": 8}))
        for order in ([0, 1, 2], [2, 0, 1], [1, 2, 0], [0, 2, 1]):
            self.engine.step(order)
        self.assertEqual(self.engine.output(0), drawn_alone(self.client, [5, 9], 4, 7))
        self.assertEqual(self.engine.output(2), drawn_alone(self.client, [7], 4, 8))
        plain = [3]
        for _ in range(4):
            plain.append(int(logits_after(plain[-1]).argmax()))
        self.assertEqual(self.engine.output(1), plain[1:])

    def test_a_slot_that_is_used_again_remembers_nothing(self):
        self.add(0, [5, 9], {**OPTIONS, "seed": 7})
        self.engine.step([0])
        self.add(0, [2], {**OPTIONS, "seed": 1})
        self.engine.step([0])
        self.engine.step([0])
        self.assertEqual(self.engine.output(0), drawn_alone(self.client, [2], 2, 1))
        self.add(0, [2])
        logits = self.engine.step([0])
        numpy.testing.assert_array_equal(logits[0], logits_after(2))

    def test_chunks_of_a_prompt_draw_nothing(self):
        self.add(0, [5, 9, 2, 4], {**OPTIONS, "seed": 7})
        self.engine.chunk(0, 2)
        self.engine.step([0])
        self.engine.step([0])
        self.assertEqual(self.engine.output(0), drawn_alone(self.client, [5, 9, 2, 4], 2, 7))

    def test_drafts_are_drawn_behind_the_tokens_before_them(self):
        alone = drawn_alone(self.client, [5, 9], 9, 7)
        self.add(0, [5, 9], {**OPTIONS, "seed": 7})
        self.add(1, [7], {**OPTIONS, "seed": 8})
        wrong = (alone[3] + 1) % hosts.VOCABULARY
        self.engine.step([0, 1], drafts={0: alone[:2]})  # both right
        self.engine.step([1, 0], drafts={0: [wrong, alone[4]]})  # the first is wrong
        while len(self.engine.output(0)) < 9:
            self.engine.step([0, 1])
        self.assertEqual(self.engine.output(0), alone)
        count = len(self.engine.output(1))
        self.assertEqual(self.engine.output(1), drawn_alone(self.client, [7], count, 8))

    def test_wrong_options_are_refused_when_the_request_arrives(self):
        with self.assertRaisesRegex(ValueError, "top_p"):
            vllm_v2_adapter.ServiceLogitsProcessor.validate_params(Params({"top_p": 2}))


class LlamaCpp(Adapters):
    def test_every_token_is_the_service_s(self):
        with llama_cpp_adapter.ServiceLogitsProcessor(self.client, **OPTIONS, seed=7) as processor:
            tokens = list(hosts.Llama().generate(PROMPT, 8, [processor]))
        self.assertEqual(tokens, drawn_alone(self.client, PROMPT, 8, 7))

    def test_the_stream_follows_a_token_that_was_exchanged(self):
        options = {"temperature": 0, "presence_penalty": 3}
        with llama_cpp_adapter.ServiceLogitsProcessor(self.client, **options) as processor:
            generation = hosts.Llama().generate(PROMPT, 3, [processor])
            next(generation)
            second = generation.send(11)
        history = [*PROMPT, 11]
        alone = self.client.sample(logits_after(11), **options, history=history, prompt_length=3, step=1)
        self.assertEqual(second, alone["token_id"])


class OnnxruntimeGenai(Adapters):
    def test_every_token_is_the_service_s_until_the_generator_is_done(self):
        generator = hosts.Generator(max_length=len(PROMPT) + 8)
        generator.append_tokens(numpy.array(PROMPT, "i4"))
        tokens = list(onnxruntime_genai_adapter.generate(generator, self.client, **OPTIONS, seed=7))
        self.assertEqual(tokens, drawn_alone(self.client, PROMPT, 8, 7))
        self.assertEqual(generator.get_sequence(0).tolist(), PROMPT + tokens)


if __name__ == "__main__":
    unittest.main()
