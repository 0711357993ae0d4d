"""The Python client with servers that close connections, send slowly, or give answers that are not the service's.
LOGIT_SAMPLER_URL is the live service."""

import json
import os
import socket
import threading
import time
import unittest
from urllib.parse import urlsplit

from logit_sampler import SamplerClient, SamplerProblem, UnreadableReply

URL = os.environ["LOGIT_SAMPLER_URL"]
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
REPLY = b'{"token_id": 1, "seed": "7", "step": 0, "state": null}'
WHOLE = HEAD + b"Content-Length: %d\r\n\r\n" % len(REPLY) + REPLY


def read_request(connection):
    """Reads one request whole; False at the end of the connection."""
    data = b""
    while b"\r\n\r\n" not in data:
        piece = connection.recv(65536)
        if not piece:
            return False
        data += piece
    head, _, body = data.partition(b"\r\n\r\n")
    length = next(int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:"))
    while len(body) < length:
        body += connection.recv(65536)
    return True


class Served(unittest.TestCase):
    """``serve`` starts a server whose connections, in order, are handled by functions; the last handles all others."""

    def serve(self, *handlers):
        listener = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(listener.close)
        self.connections = 0

        def run():
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                handler = handlers[min(self.connections, len(handlers) - 1)]
                self.connections += 1
                threading.Thread(target=self._handle, args=(handler, connection), daemon=True).start()

        threading.Thread(target=run, daemon=True).start()
        return f"http://127.0.0.1:{listener.getsockname()[1]}"

    def _handle(self, handler, connection):
        with connection:
            try:
                handler(connection)
            except OSError:
                pass  # the client has left

    def client(self, url, **options):
        client = SamplerClient(url, **options)
        self.addCleanup(client.close)
        return client


def answer_once(connection):
    """One reply over a kept-alive connection, then the connection closes, as a proxy closes idle ones."""
    read_request(connection)
    connection.sendall(WHOLE)


def answer_once_then_drop(connection):
    """The server reads the second request and ends the connection in place of a reply."""
    read_request(connection)
    connection.sendall(WHOLE)
    read_request(connection)


def answer(connection):
    while read_request(connection):
        connection.sendall(WHOLE)


class ClosedConnections(Served):
    def test_a_kept_connection_that_was_closed_is_opened_again_even_without_a_seed_and_without_retries(self):
        client = self.client(self.serve(answer_once, answer), retries=0)
        client.sample([1.0])
        time.sleep(0.05)  # the end of the first connection has arrived
        self.assertEqual(client.sample([1.0])["token_id"], 1)
        self.assertEqual(self.connections, 2)

    def test_a_connection_that_ends_under_a_request_is_opened_again_where_there_is_a_seed(self):
        client = self.client(self.serve(answer_once_then_drop, answer), retries=0)
        client.sample([1.0], seed=7)
        self.assertEqual(client.sample([1.0], seed=7)["token_id"], 1)
        self.assertEqual(self.connections, 2)

    def test_without_a_seed_it_is_told_since_a_token_may_have_been_drawn(self):
        client = self.client(self.serve(answer_once_then_drop, answer), retries=2)
        client.sample([1.0])
        with self.assertRaisesRegex(ConnectionError, "127.0.0.1"):
            client.sample([1.0])
        self.assertEqual(self.connections, 1)

    def test_retries_bound_how_often_a_new_connection_may_fail(self):
        client = self.client(self.serve(read_request), retries=1)
        with self.assertRaises(ConnectionError):
            client.sample([1.0], seed=7)
        self.assertEqual(self.connections, 2)

    def test_what_is_not_there_is_named(self):
        with self.assertRaisesRegex(ConnectionRefusedError, "http://127.0.0.1:9"):
            self.client("http://127.0.0.1:9", retries=0).sample([1.0])


class Bounds(Served):
    def dripping(self, data, pause_s=0.02):
        def drip(connection):
            read_request(connection)
            for at in range(len(data)):
                connection.sendall(data[at : at + 1])
                time.sleep(pause_s)

        return drip

    def endless(self, begin, piece):
        def send(connection):
            read_request(connection)
            connection.sendall(begin)
            until_s = time.monotonic() + 20
            while time.monotonic() < until_s:
                connection.sendall(piece)

        return send

    def timed_out(self, handler, **options):
        client = self.client(self.serve(handler), timeout_s=0.4, **options)
        begun_s = time.monotonic()
        with self.assertRaisesRegex(TimeoutError, "0.4 s"):
            client.sample([1.0], seed=7)
        self.assertLess(time.monotonic() - begun_s, 5.0)

    def test_a_dripped_answer_ends_with_the_time_of_the_attempt(self):
        self.timed_out(self.dripping(WHOLE))

    def test_a_dripped_body_ends_with_the_time_of_the_attempt(self):
        def drip(connection):
            read_request(connection)
            connection.sendall(HEAD + b"Content-Length: 1000\r\n\r\n")
            for _ in range(1000):
                connection.sendall(b" ")
                time.sleep(0.02)

        self.timed_out(drip)

    def test_interim_answers_without_end_end(self):
        self.timed_out(self.endless(b"", b"HTTP/1.1 100 Continue\r\n\r\n"))

    def test_a_head_without_end_is_refused(self):
        for begin, piece in ((b"HTTP/1.1 200 OK\r\nA: ", b"a" * 4096), (b"HTTP/1.1 200 OK\r\n", b"A: a\r\n" * 512)):
            with self.assertRaises(ConnectionError):
                self.client(self.serve(self.endless(begin, piece)), retries=0).sample([1.0])

    def test_answers_longer_than_allowed_are_refused_before_they_are_read(self):
        for length, begin in (("1000000000000 bytes", b"Content-Length: 1000000000000\r\n\r\n"), ("more", b"\r\n")):
            url = self.serve(self.endless(HEAD + begin, b" " * 4096))
            with self.assertRaisesRegex(UnreadableReply, f"100000 .*reply_bytes_max.*got {length}"):
                self.client(url, reply_bytes_max=100_000).sample([1.0], seed=7)

    def test_an_answer_as_long_as_allowed_is_read_and_one_byte_more_is_not(self):
        url = self.serve(answer)
        for short in (0, -1):
            self.assertEqual(self.client(url, reply_bytes_max=len(REPLY) - short).sample([1.0])["token_id"], 1)
        with self.assertRaises(UnreadableReply):
            self.client(url, reply_bytes_max=len(REPLY) - 1).sample([1.0])

    def test_the_problem_of_a_long_answer_is_told_by_its_beginning(self):
        url = self.serve(self.endless(b"HTTP/1.1 500 Oh\r\n\r\n", b"x" * 4096))
        with self.assertRaises(SamplerProblem) as caught:
            self.client(url).sample([1.0])
        self.assertEqual((caught.exception.status, len(caught.exception.detail)), (500, 500))

    def test_a_line_of_a_stream_is_bounded_in_size_and_time(self):
        def open_stream(connection, piece, pause_s):
            connection.recv(65536)
            connection.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")
            for _ in range(1000):
                connection.sendall(piece)
                time.sleep(pause_s)

        url = self.serve(lambda connection: open_stream(connection, b" " * 4096, 0))
        with self.assertRaises(UnreadableReply), self.client(url, reply_bytes_max=10_000).stream(seed=1) as stream:
            stream.next([1.0])
        url = self.serve(lambda connection: open_stream(connection, b" ", 0.02))
        with self.assertRaises(TimeoutError), self.client(url, timeout_s=0.3).stream(seed=1) as stream:
            stream.next([1.0])


class NoReplies(Served):
    def answered(self, text):
        def one(connection):
            while read_request(connection):
                connection.sendall(HEAD + b"Content-Length: %d\r\n\r\n" % len(text) + text)

        return self.client(self.serve(one))

    def test_what_is_no_reply_is_not_returned(self):
        for text in (b"{}", b"[]", b"null", b"", b"<html>", b"[" * 100_000, b'{"results": []}'):
            with self.assertRaises(UnreadableReply):
                self.answered(text).sample([1.0])
        with self.assertRaises(UnreadableReply):
            self.answered(b'{"results": []}').sample_batch([[1.0]])
        with self.assertRaises(UnreadableReply):
            self.answered(b'{"results": [{}]}').sample_batch([[1.0]])
        with self.assertRaises(UnreadableReply):
            self.answered(b'{"token_id": 1}').analyze("score", [1.0], target=0)

    def test_refusals_in_openai_s_form_keep_their_sentence(self):
        text = b'{"error": {"message": "no chat here", "type": "x"}}'

        def refuse(connection):
            read_request(connection)
            connection.sendall(b"HTTP/1.1 404 Not Found\r\nContent-Length: %d\r\n\r\n" % len(text) + text)

        with self.assertRaisesRegex(SamplerProblem, "no chat here"):
            self.client(self.serve(refuse)).sample([1.0])


class Forwarder:
    """A proxy between a client and the live service that ends connections on request."""

    def __init__(self, test):
        self._listener = socket.create_server(("127.0.0.1", 0))
        test.addCleanup(self._listener.close)
        test.addCleanup(self.cut)
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self.opened = 0
        self._sockets = []
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self):
        for each in self._sockets:
            try:
                each.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass  # it has ended already
            each.close()
        self._sockets = []

    def _accept(self):
        service = urlsplit(URL)
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            far = socket.create_connection((service.hostname, service.port))
            self.opened += 1
            self._sockets += [near, far]
            for one, other in ((near, far), (far, near)):
                threading.Thread(target=self._pump, args=(one, other), daemon=True).start()

    def _pump(self, one, other):
        try:
            while True:
                data = one.recv(65536)
                if not data:
                    break
                other.sendall(data)
            other.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # it was cut


def row_of(seed, size=300):
    return [((index * 7919 + seed * 104729) % 1000) / 64.0 - 8.0 for index in range(size)]


class Streams(Served):
    OPTIONS = {"temperature": 1.2, "mirostat": 2, "repetition_penalty": 1.2, "history": [5], "prompt_length": 1}

    def drawn(self, cut_at, act=lambda stream: None, **options):
        """The tokens of eight rows; the connection is cut before some of them."""
        forwarder = Forwarder(self)
        client = self.client(forwarder.url)
        with client.stream(**self.OPTIONS, **options) as stream:
            for step in range(8):
                if step in cut_at:
                    forwarder.cut()
                if step == 4:
                    act(stream)
                stream.next(row_of(step))
            return stream.history, forwarder.opened

    def test_a_stream_goes_on_with_the_same_tokens_after_every_cut(self):
        whole, opened = self.drawn((), seed=7)
        self.assertEqual(opened, 1)
        again, opened = self.drawn((1, 2, 5), seed=7)
        self.assertEqual((again, opened), (whole, 4))

    def test_a_seed_that_the_service_made_up_is_kept_across_a_cut(self):
        client = self.client(Forwarder(self).url)
        forwarder = Forwarder(self)
        with self.client(forwarder.url).stream(**self.OPTIONS) as stream:
            seed = stream.next(row_of(0))["seed"]
            forwarder.cut()
            stream.next(row_of(1))
            history = stream.history
        with client.stream(**self.OPTIONS, seed=seed) as stream:
            for step in range(2):
                stream.next(row_of(step))
            self.assertEqual(stream.history, history)

    def test_changes_of_the_course_are_kept_across_a_cut(self):
        def act(stream):
            stream.update(temperature=0.5)
            stream.accept([9, 9])
            stream.rewind(3)  # the two, and one that was drawn before the cut

        whole, _ = self.drawn((), act, seed=7)
        for cut_at in ((4,), (3,), (5,), (3, 4, 5)):
            again, _ = self.drawn(cut_at, act, seed=7)
            self.assertEqual(again, whole, cut_at)

    def test_a_draft_is_verified_on_a_stream_and_again_after_a_cut(self):
        def verified(cut):
            forwarder = Forwarder(self)
            with self.client(forwarder.url).stream(temperature=0.9, seed=7) as stream:
                stream.next(row_of(0))
                if cut:
                    forwarder.cut()
                reply = stream.verify([row_of(1), row_of(2)], [3])
                stream.next(row_of(3))
                return reply, stream.history

        self.assertEqual(verified(False), verified(True))

    def test_a_search_goes_on_on_a_stream_and_again_after_a_cut(self):
        beam = {"rule": "vllm", "num_beams": 2, "end_token_ids": [], "max_tokens": 3}

        def searched(cut):
            forwarder = Forwarder(self)
            with self.client(forwarder.url).stream(seed=7, history=[1], repetition_penalty=1.3) as stream:
                replies = [stream.beam([row_of(0)], beam)]
                with self.assertRaisesRegex(ValueError, "a search is open"):
                    stream.next(row_of(0))
                with self.assertRaisesRegex(ValueError, "needs 2 rows"):
                    stream.beam([row_of(1)])
                for step in (1, 2):
                    if cut:
                        forwarder.cut()
                    replies.append(stream.beam([row_of(step), row_of(step + 5)]))
                self.assertTrue(replies[-1]["finished"])
                stream.next(row_of(3))
                return replies, stream.history

        self.assertEqual(searched(False), searched(True))

    def test_rewinding_more_than_was_made_is_refused(self):
        with self.client(URL).stream(seed=7, history=[1, 2]) as stream:
            stream.accept([3])
            with self.assertRaisesRegex(ValueError, "1 made on this stream, got 2"):
                stream.rewind(2)


if __name__ == "__main__":
    unittest.main()
