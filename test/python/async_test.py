"""The asynchronous client: it draws the same tokens as the synchronous client, and handles servers that close
connections, send slowly or send wrong answers."""

import asyncio
import os
import time
import unittest

from logit_sampler import AsyncSamplerClient, SamplerClient, SamplerProblem, UnreadableReply
from network_test import (
    HEAD,
    REPLY,
    WHOLE,
    Forwarder,
    Served,
    answer,
    answer_once,
    answer_once_then_drop,
    read_request,
    row_of,
)

URL = os.environ["LOGIT_SAMPLER_URL"]
OPTIONS = {"temperature": 1.1, "mirostat": 2, "seed": 7}


class Calls(unittest.TestCase):
    def setUp(self):
        self.client = SamplerClient(URL)
        self.addCleanup(self.client.close)

    def test_every_call_answers_as_the_other_client_s(self):
        rows = [row_of(seed) for seed in range(3)]
        own = [{"seed": seed} for seed in range(3)]
        calls = [
            lambda client: client.sample(rows[0], **OPTIONS),
            lambda client: client.sample({"token_ids": [1, 2], "values": [0.5, 1.5]}, seed=7),
            lambda client: client.sample_batch(rows, own, temperature=0.7),
            lambda client: client.verify(rows[:2], [3], temperature=0.9, seed=7),
            lambda client: client.verify_batch(rows[:2], [{"draft_token_ids": [3], "seed": 7}]),
            lambda client: client.probabilities([1.0, 2.0]),
            lambda client: client.score([[3.0, 3.0], [0.0, 0.0]], targets=[1, 0]),
            lambda client: client.diagnose([1.0, 2.0]),
            lambda client: client.calibrate([[4.0, 0.0], [3.0, 0.0], [0.0, 2.0]], targets=[0, 1, 1], resamples=0),
            lambda client: client.compare([1.0, 2.5], ["openai", "vllm"], seed=7),
            lambda client: client.grammar({"choice": ["red", "blue"]}, "demo", "r"),
            lambda client: client.common_tokens("demo", "demo"),
            lambda client: client.common_tokens("demo", "demo", draft_token_ids=[300], draft_match="text"),
            lambda client: client.replay(rows, [{"token_id": 1, "seed": seed} for seed in range(3)]),
        ]

        async def all_of_them():
            async with AsyncSamplerClient(URL) as client:
                return await asyncio.gather(*(call(client) for call in calls))

        for reply, call in zip(asyncio.run(all_of_them()), calls):
            expected = call(self.client)
            self.assertEqual(reply, expected)

    def test_many_calls_at_once_share_some_connections(self):
        forwarder = Forwarder(self)

        async def many():
            async with AsyncSamplerClient(forwarder.url, connections_max=4) as client:
                return await asyncio.gather(*(client.sample(row_of(seed), seed=seed) for seed in range(40)))

        replies = asyncio.run(many())
        self.assertEqual([reply["token_id"] for reply in replies], [self.client.sample(row_of(s), seed=s)["token_id"] for s in range(40)])
        self.assertLessEqual(forwarder.opened, 4)

    def test_a_refusal_raises_and_the_connection_goes_on(self):
        async def two():
            async with AsyncSamplerClient(URL) as client:
                with self.assertRaisesRegex(SamplerProblem, "1.5"):
                    await client.sample([1.0, 2.0], top_p=1.5)
                with self.assertRaisesRegex(ValueError, "one row is needed"):
                    await client.sample([[1.0], [2.0]])
                return await client.sample([1.0, 9.0], temperature=0)

        self.assertEqual(asyncio.run(two())["token_id"], 1)


class Network(Served):
    def sampled(self, url, times=1, seed=7, **options):
        async def ask():
            async with AsyncSamplerClient(url, **options) as client:
                own = {} if seed is None else {"seed": seed}
                for _ in range(times):
                    reply = await client.sample([1.0], **own)
                    await asyncio.sleep(0.05)
                return reply

        return asyncio.run(ask())

    def test_closed_connections_are_opened_again_as_the_other_client_does(self):
        self.assertEqual(self.sampled(self.serve(answer_once, answer), 2, None, retries=0)["token_id"], 1)
        self.assertEqual(self.sampled(self.serve(answer_once_then_drop, answer), 2, 7, retries=0)["token_id"], 1)
        with self.assertRaisesRegex(ConnectionError, "127.0.0.1"):
            self.sampled(self.serve(answer_once_then_drop, answer), 2, None)
        with self.assertRaisesRegex(ConnectionRefusedError, "http://127.0.0.1:9"):
            self.sampled("http://127.0.0.1:9", retries=0)

    def test_answers_in_chunks_are_read(self):
        def chunks(connection):
            read_request(connection)
            connection.sendall(HEAD + b"Transfer-Encoding: chunked\r\n\r\n")
            for piece in (REPLY[:5], REPLY[5:]):
                connection.sendall(b"%x;a=b\r\n%s\r\n" % (len(piece), piece))
            connection.sendall(b"0\r\nTrailer: x\r\n\r\n")

        self.assertEqual(self.sampled(self.serve(chunks))["token_id"], 1)
        for bad in (b"-1\r\n", b"zz\r\n", b"a" * 100_000):
            with self.assertRaises(ConnectionError):
                self.sampled(self.serve(lambda c, bad=bad: (read_request(c), c.sendall(HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + bad))), retries=0)

    def endless(self, begin, piece):
        def send(connection):
            read_request(connection)
            connection.sendall(begin)
            until_s = time.monotonic() + 20
            while time.monotonic() < until_s:
                connection.sendall(piece)

        return self.serve(send)

    def test_time_and_size_of_an_answer_are_bounded(self):
        def drip(connection):
            read_request(connection)
            for at in range(len(WHOLE)):
                connection.sendall(WHOLE[at : at + 1])
                time.sleep(0.02)

        for url in (self.serve(drip), self.endless(b"", b"HTTP/1.1 100 Continue\r\n\r\n")):
            begun_s = time.monotonic()
            with self.assertRaisesRegex(TimeoutError, "0.4 s"):
                self.sampled(url, timeout_s=0.4)
            self.assertLess(time.monotonic() - begun_s, 5.0)
        with self.assertRaises(ConnectionError):
            self.sampled(self.endless(b"HTTP/1.1 200 OK\r\nA: ", b"a" * 4096), retries=0)
        for begin in (b"Content-Length: 1000000000000\r\n\r\n", b"\r\n"):
            with self.assertRaisesRegex(UnreadableReply, "reply_bytes_max"):
                self.sampled(self.endless(HEAD + begin, b" " * 4096), reply_bytes_max=100_000)

    def test_what_is_no_reply_is_not_returned(self):
        for text in (b"{}", b"[]", b"<html>"):
            def one(connection, text=text):
                read_request(connection)
                connection.sendall(HEAD + b"Content-Length: %d\r\n\r\n" % len(text) + text)

            with self.assertRaises(UnreadableReply):
                self.sampled(self.serve(one))

    def test_a_call_that_is_cancelled_leaves_no_connection_behind(self):
        async def cancelled():
            async with AsyncSamplerClient(self.serve(lambda connection: time.sleep(5))) as client:
                with self.assertRaises(asyncio.TimeoutError):
                    await asyncio.wait_for(client.sample([1.0], seed=7), 0.1)
                return client._idle

        self.assertEqual(asyncio.run(cancelled()), [])


class Streams(Served):
    def drawn(self, cut_at=()):
        forwarder = Forwarder(self)

        async def draw():
            async with AsyncSamplerClient(forwarder.url) as client:
                async with await client.stream(**OPTIONS, history=[5], prompt_length=1) as stream:
                    for step in range(6):
                        if step in cut_at:
                            forwarder.cut()
                        if step == 3:
                            await stream.update(temperature=0.6)
                            await stream.accept([9, 9])
                            await stream.rewind(3)
                            await stream.follow([*stream.history, 8])
                        await stream.next(row_of(step))
                    await stream.verify([row_of(7), row_of(8)], [3])
                    return stream.history, stream.checkpoint

        return asyncio.run(draw())

    def test_a_stream_goes_on_with_the_same_tokens_after_every_cut(self):
        with SamplerClient(URL).stream(**OPTIONS, history=[5], prompt_length=1) as stream:
            for step in range(6):
                if step == 3:
                    stream.update(temperature=0.6)
                    stream.accept([9, 9])
                    stream.rewind(3)
                    stream.follow([*stream.history, 8])
                stream.next(row_of(step))
            stream.verify([row_of(7), row_of(8)], [3])
            whole = stream.history, stream.checkpoint
        for cut_at in ((), (1, 2), (3,), (4, 5)):
            self.assertEqual(self.drawn(cut_at), whole, cut_at)

    def test_refused_options_raise_at_the_opening(self):
        async def refused():
            async with AsyncSamplerClient(URL) as client:
                await client.stream(top_p=2)

        with self.assertRaises(SamplerProblem):
            asyncio.run(refused())


if __name__ == "__main__":
    unittest.main()
