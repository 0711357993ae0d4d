"""onnxruntime-genai: its example's loop with every token drawn by the service."""

import time

import onnxruntime_genai as og
from checks import MODEL, NOWHERE, OPTIONS, PROMPT, TIMED, URL, claims, host, measured, plain, raises
from logit_sampler import SamplerClient, SamplerProblem
from logit_sampler.adapters.onnxruntime_genai import generate

client = SamplerClient(URL)
model = og.Model(MODEL)
tokenizer = og.Tokenizer(model)
prompt = [int(token_id) for token_id in tokenizer.encode(PROMPT)]
COUNT = 12
ENDLESS = {"min_tokens": COUNT, "stop_token_ids": [0]}


def generator(count=COUNT, **search):
    params = og.GeneratorParams(model)
    params.set_search_options(max_length=len(prompt) + count, **{"do_sample": False, **search})
    made = og.Generator(model, params)
    made.append_tokens(prompt)
    return made


class Recording:
    """A generator that stores the rows that were read."""

    def __init__(self, made):
        self._made = made
        self.rows = []

    def get_logits(self):
        logits = self._made.get_logits()
        self.rows.append(([int(each) for each in self._made.get_sequence(0)], logits.reshape(-1, logits.shape[-1])[-1].copy()))
        return logits

    def __getattr__(self, name):
        return getattr(self._made, name)


def own_tokens(made):
    while not made.is_done():
        made.generate_next_token()
    return [int(each) for each in made.get_sequence(0)][len(prompt) :]


def greedy():
    """with temperature 0 the loop gives the generator's own tokens"""
    assert list(generate(generator(), client, temperature=0)) == own_tokens(generator())


def as_plain_calls():
    """every token is the one that a plain call draws, and the generator took it"""
    made = Recording(generator())
    tokens = list(generate(made, client, **OPTIONS, **ENDLESS, seed=7))
    assert len(tokens) == COUNT
    assert tokens == plain(made.rows, len(prompt), **OPTIONS, **ENDLESS, seed=7)
    assert [int(each) for each in made.get_sequence(0)] == prompt + tokens


def errors():
    """a misspelt option and a service that is away reach the caller"""
    raises(SamplerProblem, lambda: list(generate(generator(), client, temprature=1)), "temprature")
    raises(OSError, lambda: list(generate(generator(), SamplerClient(NOWHERE))))


def timed():
    count = 64

    def clock(run):
        begun = time.perf_counter()
        run()
        return round((time.perf_counter() - begun) * 1000 / count, 3)

    sampled = {"do_sample": True, "top_k": 0, "min_length": len(prompt) + count, **TIMED}
    endless = {"min_tokens": count, "stop_token_ids": [0]}
    measured(
        8192,
        lambda: clock(lambda: own_tokens(generator(count, **sampled))),
        lambda client: clock(lambda: list(generate(generator(count), client, **TIMED, **endless))),
    )


host(f"onnxruntime-genai {og.__version__}")
claims(greedy, as_plain_calls, errors)
timed()
