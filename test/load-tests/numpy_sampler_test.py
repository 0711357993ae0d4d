"""The numpy sampler of load-tests/peers keeps the tokens that the service keeps."""

import http.client
import json
import os
import pathlib
import sys
import unittest
import urllib.parse

import numpy

sys.path.insert(0, str(pathlib.Path(__file__).parents[2] / "load-tests" / "peers"))
from numpy_sampler import answer, survivors  # noqa: E402

URL = urllib.parse.urlsplit(os.environ["LOGIT_SAMPLER_URL"])


def service_answer(row, options):
    connection = http.client.HTTPConnection(URL.hostname, URL.port)
    query = urllib.parse.urlencode({"dtype": "f32", **options, "kept_token_ids": "true"})
    connection.request("POST", f"/v1/sample?{query}", row.tobytes(), {"content-type": "application/octet-stream"})
    reply = json.load(connection.getresponse())
    connection.close()
    return reply


class NumpySampler(unittest.TestCase):
    def test_rows_that_anyone_can_check(self):
        row = numpy.log(numpy.array([0.1, 0.2, 0.3, 0.4], dtype=numpy.float32))
        for top_k, top_p, min_p, kept in [
            (4, 1, 0, [3, 2, 1, 0]),
            (2, 1, 0, [3, 2]),
            (4, 0.6, 0, [3, 2]),
            (4, 1, 0.6, [3, 2]),
            (1, 1, 0, [3]),
            (9, 1, 0, [3, 2, 1, 0]),
        ]:
            token_ids, probabilities = survivors(row, 1, top_k, top_p, min_p)
            self.assertEqual(token_ids.tolist(), kept)
            self.assertTrue((numpy.diff(probabilities) <= 0).all())

    def test_equal_logits_rank_by_token_id(self):
        self.assertEqual(survivors(numpy.zeros(8, dtype=numpy.float32), 1, 3, 1, 0)[0].tolist(), [0, 1, 2])

    def test_the_service_leaves_the_same_tokens(self):
        options = {"temperature": 0.8, "top_k": 40, "top_p": 0.95, "min_p": 0.05, "seed": 7, "step": 3}
        for seed in range(20):
            row = numpy.random.default_rng(seed).normal(0, 2.5, 4000).astype("<f4")
            ours = service_answer(row, options)
            theirs = answer(row, {"dtype": "f32", **options, "kept_token_ids": True})
            self.assertEqual(ours["kept_token_ids"], theirs["kept_token_ids"])
            self.assertEqual(ours["kept"], theirs["kept"])
            self.assertIn(theirs["token_id"], theirs["kept_token_ids"])


if __name__ == "__main__":
    unittest.main()
