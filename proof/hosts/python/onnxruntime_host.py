"""onnxruntime: a hand-written loop around a session, with the Python client, over POSTs and over a stream."""

import json
import time

import numpy as np
import onnxruntime
from checks import MODEL, OPTIONS, TIMED, URL, claims, host, measured, plain
from logit_sampler import SamplerClient

settings = onnxruntime.SessionOptions()
settings.intra_op_num_threads = 1
session = onnxruntime.InferenceSession(f"{MODEL}/onnx/model_quantized.onnx", settings)
config = json.load(open(f"{MODEL}/config.json"))
client = SamplerClient(URL)
PROMPT_IDS = [1100, 1098, 1007, 6996, 667, 261]
LAYERS, HEADS = config["num_hidden_layers"], config["num_attention_heads"]
NAMES = [f"{layer}.{part}" for layer in range(LAYERS) for part in ("key", "value")]
COUNT = 12


def write(draw, count=COUNT):
    """The tokens that ``draw(history, row)`` chooses, one after the other."""
    nothing = np.zeros((1, HEADS, 0, config["hidden_size"] // HEADS), np.float32)
    past = {name: nothing for name in NAMES}
    history, unseen = list(PROMPT_IDS), list(PROMPT_IDS)
    for _ in range(count):
        places = np.arange(len(history) - len(unseen), len(history))[None]
        feed = {f"past_key_values.{name}": past[name] for name in NAMES}
        feed |= {"input_ids": np.array([unseen]), "attention_mask": np.ones((1, len(history)), np.int64), "position_ids": places}
        logits, *present = session.run(None, feed)
        past = dict(zip(NAMES, present))
        unseen = [draw(history, logits[0, -1])]
        history += unseen
    return history[len(PROMPT_IDS) :]


def over_stream(count=COUNT, rows=None, by=client, **options):
    with by.stream(**options, history=PROMPT_IDS, prompt_length=len(PROMPT_IDS)) as stream:

        def draw(history, row):
            if rows is not None:
                rows.append((list(history), row.copy()))
            return stream.next(row)["token_id"]

        return write(draw, count)


def greedy():
    """with temperature 0 the service chooses the largest logit"""
    assert over_stream(temperature=0) == write(lambda _, row: int(row.argmax()))


def as_plain_calls():
    """every token of a stream is the one that a plain call draws"""
    rows = []
    tokens = over_stream(rows=rows, **OPTIONS, seed=7)
    assert tokens == plain(rows, len(PROMPT_IDS), **OPTIONS, seed=7)


def numpy_top_p(random, row):
    """The usual hand-written sampler: softmax with a temperature, sorted, cut at the mass, drawn."""
    scores = row / TIMED["temperature"]
    p = np.exp(scores - scores.max())
    p /= p.sum()
    order = np.argsort(-p)
    mass = np.cumsum(p[order])
    kept = order[: int(np.searchsorted(mass, TIMED["top_p"])) + 1]
    return int(random.choice(kept, p=p[kept] / p[kept].sum()))


def clock(run, count=64):
    begun = time.perf_counter()
    run(count)
    return round((time.perf_counter() - begun) * 1000 / count, 3)


host(f"onnxruntime {onnxruntime.__version__}")
claims(greedy, as_plain_calls)
random = np.random.default_rng(1)
measured(
    config["vocab_size"],
    lambda: clock(lambda count: write(lambda _, row: numpy_top_p(random, row), count)),
    lambda by: clock(lambda count: over_stream(count, by=by, **TIMED)),
    "beside a numpy top-p",
)
