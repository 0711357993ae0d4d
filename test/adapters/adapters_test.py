"""The Python adapters in small hosts, against the live service at LOGIT_SAMPLER_URL."""

import functools
import http.client
import json
import logging
import os
import unittest
import unittest.mock

import hosts
import numpy
from hosts import Tensor, logits_after
from logit_sampler import SamplerClient, SamplerProblem

hosts.install_torch()
vllm = hosts.install_vllm()
hosts.install_abstract("sglang.srt.sampling.custom_logit_processor", "CustomLogitProcessor")
hosts.install_abstract("tensorrt_llm.sampling_params", "LogitsProcessor", "BatchedLogitsProcessor")
hosts.install_abstract("dynamo.logits_processing", "BaseLogitsProcessor")

from logit_sampler.adapters import _engine, dynamo, sglang, tensorrt_llm
from logit_sampler.adapters import llama_cpp as llama_cpp_adapter
from logit_sampler.adapters import onnxruntime_genai as onnxruntime_genai_adapter
from logit_sampler.adapters import transformers as transformers_adapter
from logit_sampler.adapters import vllm as vllm_adapter
from logit_sampler.adapters import vllm_v2 as vllm_v2_adapter

URL = os.environ["LOGIT_SAMPLER_URL"]
OPTIONS = {"temperature": 1.1, "repetition_penalty": 1.2, "mirostat": 2}
PROMPT = [5, 9, 2]


def drawn_alone(client, prompt, count, seed, **options):
    """The tokens that plain calls draw, step by step."""
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

    def test_a_processor_refuses_tokens_that_are_not_the_ones_it_drew(self):
        processor = transformers_adapter.ServiceLogitsProcessor(self.client, temperature=0)
        row = Tensor(logits_after(2)[None])
        processor(Tensor(numpy.array([PROMPT])), row)
        with self.assertRaisesRegex(ValueError, "another"):
            processor(Tensor(numpy.array([[5, 9, 3, 1]])), row)

    def test_a_sequence_that_has_ended_may_be_padded(self):
        processor = transformers_adapter.ServiceLogitsProcessor(self.client, temperature=0)
        first, rows = [[5, 9, 2], [1, 1, 3]], Tensor(numpy.stack([logits_after(2), logits_after(3)]))
        forced = processor(Tensor(numpy.array(first)), rows).array.argmax(-1)
        second = [[*ids, int(token)] for ids, token in zip(first, forced)]
        forced = processor(Tensor(numpy.array(second)), rows).array.argmax(-1)
        third = [[*second[0], 0], [*second[1], int(forced[1])]]
        processor(Tensor(numpy.array(third)), rows)

    def test_beams_are_refused(self):
        p = numpy.exp(logits_after(2))
        beams = Tensor(numpy.log(numpy.stack([p, p]) / p.sum()))
        with self.assertRaisesRegex(ValueError, "num_beams"):
            transformers_adapter.ServiceLogitsProcessor(self.client)(Tensor(numpy.array([PROMPT, PROMPT])), beams)
        same = Tensor(numpy.stack([logits_after(2)] * 2))
        transformers_adapter.ServiceLogitsProcessor(self.client)(Tensor(numpy.array([PROMPT, PROMPT])), same)

    def test_a_prompt_of_embeddings_begins_at_step_0_once(self):
        processor = transformers_adapter.ServiceLogitsProcessor(self.client, seed=7, temperature=1)
        ids = numpy.zeros((1, 0), "int64")
        for step in range(3):
            row = logits_after(step)
            forced = processor(Tensor(ids), Tensor(row[None])).array
            history = ids[0].tolist()
            alone = self.client.sample(row, temperature=1, seed=7, step=step, history=history, prompt_length=0)
            self.assertEqual(int(forced.argmax()), alone["token_id"])
            ids = numpy.concatenate([ids, [[alone["token_id"]]]], axis=1)

    def test_the_custom_loop_draws_over_a_stream(self):
        loop = functools.partial(transformers_adapter.generate, client=self.client, options={**OPTIONS, "seed": 7})
        want = PROMPT + drawn_alone(self.client, PROMPT, 8, 7)
        output = hosts.TransformersModel().generate(Tensor(numpy.array([PROMPT])), 8, custom_generate=loop)
        self.assertEqual(output[0].tolist(), want)
        own = {"custom_generate": transformers_adapter.generate, "client": self.client, "options": {**OPTIONS, "seed": 7}}
        streamer = hosts.Streamer()
        output = hosts.TransformersModel().generate(Tensor(numpy.array([PROMPT])), 8, **own, stream_to=streamer)
        self.assertEqual(output[0].tolist(), want)
        self.assertEqual((streamer.ids, streamer.has_ended), (want, True))

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

    def test_options_that_the_adapter_says_itself_are_refused(self):
        for name in ("dtype", "history", "step", "state", "rows"):
            with self.assertRaisesRegex(ValueError, f"must not have {name}"):
                vllm_adapter.ServiceLogitsProcessor.validate_params(Params({name: 1}))

    def test_seeds_are_the_same_on_every_rank(self):
        texts = []
        for _ in range(2):
            self.processor = vllm_adapter.ServiceLogitsProcessor(hosts.config(seed=3), "cpu", False)
            one, other = ([5], []), ([5], [])
            added = [(at, Params({"temperature": 2}), *request) for at, request in enumerate((one, other))]
            self.processor.update_state(vllm.BatchUpdate(2, added=added))
            for _ in range(8):
                self.step([one, other])
            texts.append((one[1], other[1]))
        self.assertEqual(texts[0], texts[1])
        self.assertNotEqual(*texts[0])

    def test_a_refused_row_is_left_to_vllm(self):
        self.processor.update_state(vllm.BatchUpdate(1, added=[(0, Params({}), [5], [])]))
        row = logits_after(5)
        row[3] = numpy.nan
        with self.assertLogs("logit_sampler.adapters._engine", "ERROR"):
            numpy.testing.assert_array_equal(self.processor.apply(Tensor(row[None].copy())).array[0], row)


class VllmRunnerV2(Adapters):
    """Reused slots, rows in any order, chunks of prompts, and drafts that are right or wrong."""

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


class Failing:
    """A client whose batches are answered by a function."""

    def __init__(self, answer):
        self.answer = answer
        self.asked = []

    def sample_batch(self, rows, own):
        self.asked.append(len(own))
        return self.answer(own)

    def close(self):
        pass


class Engines(unittest.TestCase):
    """No failure of the service raises an error out of an engine's adapter."""

    def setUp(self):
        self.now = 100.0
        self.service = _engine.Service("http://127.0.0.1:9")
        for target, value in ((_engine.time, lambda: self.now),):
            patch = unittest.mock.patch.object(target, "monotonic", value)
            patch.start()
            self.addCleanup(patch.stop)
        logging.disable(logging.CRITICAL)
        self.addCleanup(logging.disable, logging.NOTSET)

    def draw(self, answer, rows=1, width=4):
        self.service._client = self.client = Failing(answer)
        return self.service.draw(numpy.zeros((rows, width), "float32"), [{"step": 0}] * rows)

    def test_whatever_a_client_raises_the_rows_are_left_to_the_engine(self):
        for failure in (ConnectionRefusedError(), BrokenPipeError(), http.client.BadStatusLine(""), ValueError(), KeyError("results")):
            self.now += 1000

            def answer(_, failure=failure):
                raise failure

            self.assertEqual(self.draw(answer, 3), [None, None, None])

    def test_a_service_that_is_away_is_asked_again_after_1_2_and_4_seconds_and_at_most_30(self):
        def away(_):
            raise ConnectionRefusedError

        self.draw(away)
        for seconds in (1, 2, 4, 8, 16, 30, 30):
            self.now += seconds - 0.01
            self.draw(away)
            self.assertEqual(self.client.asked, [])
            self.now += 0.02
            self.draw(away)
            self.assertEqual(self.client.asked, [1])
        self.now += 31
        self.assertEqual(self.draw(lambda own: [{"token_id": 1}]), [{"token_id": 1}])
        self.draw(away)
        self.now += 1.01
        self.draw(away)
        self.assertEqual(self.client.asked, [1])

    def test_a_refusal_does_not_keep_the_service_away_and_a_503_does(self):
        def refuse(status):
            def answer(_):
                raise SamplerProblem(status, {"code": "x"})

            return answer

        self.assertEqual(self.draw(refuse(413)), [None])
        self.assertEqual(self.draw(lambda own: [{"token_id": 2}]), [{"token_id": 2}])
        self.assertEqual(self.draw(refuse(503)), [None])
        self.assertEqual(self.draw(lambda own: [{"token_id": 2}]), [None])

    def test_slices_hold_so_many_rows_and_bytes_and_one_that_fails_takes_no_other_along(self):
        token = lambda own: [{"token_id": 1}] * len(own)
        with unittest.mock.patch.object(_engine, "SLICE_ROWS_MAX", 3), unittest.mock.patch.object(_engine, "SLICE_BYTES_MAX", 32):
            self.draw(token, 7, width=1)
            self.assertEqual(self.client.asked, [3, 3, 1])
            self.draw(token, 4, width=4)
            self.assertEqual(self.client.asked, [2, 2])
            self.draw(token, 2, width=9)
            self.assertEqual(self.client.asked, [1, 1])

            def first_fails(own):
                if len(self.client.asked) == 1:
                    raise SamplerProblem(422, {})
                return token(own)

            self.assertEqual(self.draw(first_fails, 4, width=4), [None, None, {"token_id": 1}, {"token_id": 1}])

    def test_the_environment_gives_url_key_and_timeout(self):
        given = {"LOGIT_SAMPLER_URL": "http://a:1", "LOGIT_SAMPLER_API_KEY": "k", "LOGIT_SAMPLER_TIMEOUT_S": "0.5"}
        with unittest.mock.patch.dict(os.environ, given):
            client = _engine.client_of()
        self.assertEqual((str(client._address), client._headers), ("http://a:1", {"Authorization": "Bearer k"}))
        self.assertEqual((client._timeout_s, client._retries), (0.5, 0))

    def test_one_sentence_is_logged_once_in_10_seconds(self):
        logging.disable(logging.NOTSET)

        def refuse(_):
            raise SamplerProblem(422, {"code": "x"})

        with self.assertLogs(_engine.LOG, "ERROR") as logs:
            for _ in range(5):
                self.draw(refuse, 2)
            self.now += 10
            self.draw(refuse, 2)
        self.assertEqual([record.args[1] for record in logs.records], [2, 10])


class Sglang(Adapters):
    def test_requests_that_ask_are_drawn_by_the_service_and_others_are_left_alone(self):
        os.environ["LOGIT_SAMPLER_URL"] = URL
        requests = [hosts.SglangRequest("a", [5, 9]), hosts.SglangRequest("b", [3]), hosts.SglangRequest("c", [7])]
        given = [{"logit_sampler": {**OPTIONS, "seed": 7}}, {}, {"logit_sampler": json.dumps({**OPTIONS, "seed": 8})}]
        params = [{**options, "__req__": request} for options, request in zip(given, requests)]
        for _ in range(4):
            logits = Tensor(numpy.stack([logits_after((each.origin_input_ids + each.output_ids)[-1]) for each in requests]))
            before = logits.array[1].copy()
            forced = sglang.ServiceLogitsProcessor()(logits, params).array  # another at every step, as SGLang makes them
            numpy.testing.assert_array_equal(forced[1], before)
            for request, row in zip(requests, forced):
                request.output_ids.append(int(row.argmax()))
        self.assertEqual(requests[0].output_ids, drawn_alone(self.client, [5, 9], 4, 7))
        self.assertEqual(requests[2].output_ids, drawn_alone(self.client, [7], 4, 8))

    def test_several_rows_of_one_request_are_left_to_sglang(self):
        params = {"logit_sampler": {}, "__req__": hosts.SglangRequest("a", [5])}
        rows = numpy.stack([logits_after(5)] * 2)
        with self.assertLogs(_engine.LOG, "ERROR"):
            forced = sglang.ServiceLogitsProcessor()(Tensor(rows.copy()), [params, params]).array
        numpy.testing.assert_array_equal(forced, rows)


class TensorrtLlm(Adapters):
    def test_requests_draw_as_plain_calls_do_while_others_come_and_go(self):
        processor = tensorrt_llm.BatchedServiceLogitsProcessor(URL, **OPTIONS, seed=7)
        ids = {1: [5, 9], 2: [3], 3: [7]}
        for living in ([1, 2], [2, 1], [3, 1], [1, 3]):
            logits = [Tensor(logits_after(ids[each][-1])[None, None].copy()) for each in living]
            processor(living, logits, [[list(ids[each])] for each in living], None, [None] * len(living))
            for each, row in zip(living, logits):
                ids[each].append(int(row.array.argmax()))
        self.assertEqual(ids[1][2:], drawn_alone(self.client, [5, 9], 4, 7))
        self.assertEqual(ids[2][1:], drawn_alone(self.client, [3], 2, 7))
        self.assertEqual(ids[3][1:], drawn_alone(self.client, [7], 2, 7))

    def test_only_the_newest_requests_are_remembered(self):
        processor = tensorrt_llm.BatchedServiceLogitsProcessor(URL, temperature=0)
        with unittest.mock.patch.object(tensorrt_llm, "REQUESTS_MAX", 2):
            for each in (1, 2, 3):
                processor([each], [Tensor(logits_after(5)[None].copy())], [[[5]]], None, [None])
        self.assertEqual(list(processor._requests), [2, 3])

    def test_a_processor_of_one_request_and_dynamo_s_draw_the_same(self):
        one, other = tensorrt_llm.ServiceLogitsProcessor(URL, **OPTIONS, seed=7), dynamo.ServiceLogitsProcessor(URL, **OPTIONS, seed=7)
        ids = [5, 9]
        for _ in range(4):
            rows = [Tensor(logits_after(ids[-1]).copy()) for _ in range(2)]
            one(1, rows[0], [ids], None, None)
            other(ids, rows[1])
            numpy.testing.assert_array_equal(rows[0].array, rows[1].array)
            ids = [*ids, int(rows[0].array.argmax())]
        self.assertEqual(ids[2:], drawn_alone(self.client, [5, 9], 4, 7))

    def test_wrong_options_are_told_when_a_processor_is_made(self):
        for make in (tensorrt_llm.ServiceLogitsProcessor, dynamo.ServiceLogitsProcessor):
            with self.assertRaisesRegex(ValueError, "temprature"):
                make(URL, temprature=1)


class LlamaCpp(Adapters):
    def test_what_goes_wrong_is_kept_for_the_stopping_criterion_and_for_the_end(self):
        processor = llama_cpp_adapter.ServiceLogitsProcessor(self.client, temprature=1)
        row = logits_after(2)
        numpy.testing.assert_array_equal(processor(numpy.array(PROMPT), row), row)
        with self.assertRaisesRegex(SamplerProblem, "temprature"):
            processor.stop(None, None)
        with self.assertRaisesRegex(SamplerProblem, "temprature"):
            processor.__exit__(None, None, None)
        with self.assertRaisesRegex(SamplerProblem, "temprature"):
            processor.__enter__()

    def test_a_processor_refuses_another_prompt(self):
        with self.assertRaisesRegex(ValueError, "one prompt"), llama_cpp_adapter.ServiceLogitsProcessor(self.client) as processor:
            list(hosts.Llama().generate(PROMPT, 2, [processor]))
            self.assertFalse(processor.stop(None, None))
            list(hosts.Llama().generate([1, 1, 1, 1], 1, [processor]))
            processor.stop(None, None)

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
