"""mlx-lm on the CPU: generate() and stream_generate() with the processor."""

import json
import time
from importlib.metadata import version

import mlx.core as mx
from checks import MODEL, MODELS, NOWHERE, OPTIONS, PROMPT, TIMED, URL, claims, host, measured, plain, raises
from logit_sampler import SamplerClient, SamplerProblem
from logit_sampler.adapters.mlx_lm import ServiceLogitsProcessor
from mlx_lm import generate, load
from mlx_lm.generate import generate_step
from mlx_lm.sample_utils import make_sampler

mx.set_default_device(mx.cpu)
client = SamplerClient(URL)
model, tokenizer = load(MODEL)
COUNT = 12
ENDLESS = {"min_tokens": COUNT, "stop_token_ids": [0]}
prompt = tokenizer.encode(PROMPT)


class Recording(ServiceLogitsProcessor):
    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        self.rows = []

    def __call__(self, tokens, logits):
        self.rows.append((tokens.tolist(), logits.astype(mx.float32).reshape(-1).tolist()))
        return super().__call__(tokens, logits)


def tokens_of(own_model, count=COUNT, **more):
    steps = generate_step(mx.array(prompt), own_model, max_tokens=count, **more)
    return [int(token) for token, _ in steps]


def greedy():
    """with temperature 0 the processor writes what mlx-lm writes"""
    own = generate(model, tokenizer, prompt=PROMPT, max_tokens=COUNT)
    with ServiceLogitsProcessor(client, temperature=0) as processor:
        assert generate(model, tokenizer, prompt=PROMPT, max_tokens=COUNT, logits_processors=[processor]) == own


def as_plain_calls():
    """every token is the one that a plain call draws"""
    with Recording(client, **OPTIONS, **ENDLESS, seed=7) as processor:
        tokens = tokens_of(model, logits_processors=[processor])
    # mlx-lm begins one more step than it returns.
    drawn = plain(processor.rows[:COUNT], len(prompt), **OPTIONS, **ENDLESS, seed=7)
    assert tokens == drawn, (tokens, drawn)


def bfloat16():
    """a model in bfloat16 or float16 sends its rows as they are"""
    for dtype in (mx.bfloat16, mx.float16):
        half, _ = load(MODEL)
        half.set_dtype(dtype)
        with Recording(client, **ENDLESS, temperature=0.8, seed=7) as processor:
            tokens = tokens_of(half, logits_processors=[processor])
        assert tokens == plain(processor.rows[:COUNT], len(prompt), **ENDLESS, temperature=0.8, seed=7)


def errors():
    """a misspelt option and a service that is away reach the caller"""
    raises(SamplerProblem, lambda: tokens_of(model, logits_processors=[ServiceLogitsProcessor(client, temprature=1)]))
    away = ServiceLogitsProcessor(SamplerClient(NOWHERE))
    raises(OSError, lambda: tokens_of(model, logits_processors=[away]))


def timed(folder):
    own_model, _ = load(folder)
    with open(f"{folder}/config.json", encoding="utf8") as file:
        vocab_size = json.load(file)["vocab_size"]
    count = 16

    def clock(**more):
        begun = time.perf_counter()
        tokens_of(own_model, count, **more)
        return round((time.perf_counter() - begun) * 1000 / count, 3)

    def ours(client, options):
        with ServiceLogitsProcessor(client, **options) as processor:
            return clock(logits_processors=[processor])

    top_p = {"sampler": make_sampler(temp=TIMED["temperature"], top_p=TIMED["top_p"])}
    for what, chain, options in (("", top_p, TIMED), ("its default, greedy", {}, {"temperature": 0})):
        measured(vocab_size, lambda: clock(**chain), lambda client: ours(client, options), what)


host(f"mlx-lm {version('mlx-lm')}, mlx {version('mlx')} on the CPU")
claims(greedy, as_plain_calls, bfloat16, errors)
for folder in MODELS:
    timed(folder)
