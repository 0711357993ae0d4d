"""vLLM's first model runner: its real InputBatch, its loader of logits processors and its Sampler, on torch for the CPU.

What needs a GPU, the model's forward pass, is the demo model run by transformers.
"""

import os
import time
import types

import torch
import vllm
import vllm.utils.torch_utils

vllm.utils.torch_utils.PIN_MEMORY = False  # which needs a GPU's driver; read once by all that follow

from batches import PROMPTS, greedy, logits_after, rows_of
from checks import HAS_LOCAL, NOWHERE, OPTIONS, TIMED, URL, claims, host, measured, plain, raises, waited_s
from vllm import SamplingParams
from vllm.exceptions import VLLMValidationError
from vllm.v1.sample.logits_processor import build_logitsprocs, validate_logits_processors_parameters
from vllm.v1.sample.sampler import Sampler
from vllm.v1.worker.gpu_input_batch import CachedRequestState, InputBatch

NAME = "logit_sampler.adapters.vllm:ServiceLogitsProcessor"
CONFIG = types.SimpleNamespace(
    speculative_config=None,
    scheduler_config=types.SimpleNamespace(max_num_seqs=1200),
    model_config=types.SimpleNamespace(seed=0),
)


class Engine:
    """The part of the model runner that samples: the batch, its metadata, the sampler."""

    def __init__(self, requests_max=8, vocab_size=8192, url=URL):
        os.environ["LOGIT_SAMPLER_URL"] = url
        processors = build_logitsprocs(CONFIG, torch.device("cpu"), False, False, [NAME])
        self.batch = InputBatch(
            max_num_reqs=requests_max, max_model_len=512, max_num_batched_tokens=512, device=torch.device("cpu"),
            vocab_size=vocab_size, block_sizes=[16], max_num_blocks_per_req=[32], logitsprocs=processors,
            logitsprocs_need_output_token_ids=True,
        )
        self.sampler = Sampler()
        self.states = {}

    def add(self, name, prompt, options=None, **params):
        extra = None if options is None else {"logit_sampler": options}
        state = CachedRequestState(
            req_id=name, prompt_token_ids=list(prompt), mm_features=[], sampling_params=SamplingParams(**{"temperature": 0.0, "extra_args": extra, **params}),
            generator=None, block_ids=([0],), num_computed_tokens=0, output_token_ids=[],
        )
        self.states[name] = state
        self.batch.add_request(state)
        self.batch.refresh_metadata()

    def remove(self, name):
        self.batch.remove_request(name)
        self.batch.condense()
        self.batch.refresh_metadata()
        return self.states.pop(name).output_token_ids

    def swap(self, one, other):
        self.batch.swap_states(one, other)
        self.batch.refresh_metadata()

    def step(self, logits=None):
        names = self.batch.req_ids
        if logits is None:
            logits = torch.stack([logits_after(self._ids(name)) for name in names])
        self.batch.refresh_metadata()
        self.output = self.sampler(logits, self.batch.sampling_metadata)
        sampled = self.output.sampled_token_ids[:, 0].tolist()
        for name, token_id in zip(names, sampled):
            self.states[name].output_token_ids.append(token_id)
        return sampled

    def _ids(self, name):
        state = self.states[name]
        return state.prompt_token_ids + state.output_token_ids


def as_plain_calls(prompt, output, options):
    want = plain(rows_of(prompt, output), len(prompt), **options)
    assert output == want, (output, want)


def mixed():
    """requests come, go and change places in InputBatch: each that asks draws as plain calls do, others as vLLM does"""
    engine = Engine()
    options = [{**OPTIONS, "seed": seed} for seed in range(5)]
    for index in range(3):
        engine.add(str(index), PROMPTS[index], options[index] if index != 1 else None)
    for _ in range(3):
        engine.step()
    engine.swap(0, 2)
    engine.add("3", PROMPTS[3], options[3])
    for _ in range(3):
        engine.step()
    as_plain_calls(PROMPTS[0], engine.remove("0"), options[0])
    engine.add("4", PROMPTS[4], options[4])
    for _ in range(3):
        engine.step()
    plainly = engine.remove("1")
    assert plainly == greedy(PROMPTS[1], 9), plainly
    for name in ("2", "3", "4"):
        as_plain_calls(PROMPTS[int(name)], engine.remove(name), options[int(name)])


def with_penalties():
    """with vLLM's own temperature, top_p and penalties set as well, the service's token is taken"""
    engine = Engine()
    engine.add("0", PROMPTS[0], {"temperature": 0.8, "seed": 7}, temperature=1.3, top_p=0.5, top_k=3)
    for _ in range(4):
        engine.step()
    as_plain_calls(PROMPTS[0], engine.remove("0"), {"temperature": 0.8, "seed": 7})


def seeds():
    """requests without a seed draw the same on every rank of a tensor-parallel group: one seed, one order, one draw"""
    texts = []
    for _ in range(2):
        engine = Engine()
        for name in "01":
            engine.add(name, PROMPTS[0], {"temperature": 1.5})
        for _ in range(6):
            engine.step()
        texts.append([engine.remove(name) for name in "01"])
    assert texts[0] == texts[1] and texts[0][0] != texts[0][1], texts


def mistakes():
    """a misspelt option, an option that the adapter says itself and a service that is away refuse the request"""

    def check(options):
        validate_logits_processors_parameters([NAME], SamplingParams(extra_args={"logit_sampler": options}))

    os.environ["LOGIT_SAMPLER_URL"] = URL
    raises(VLLMValidationError, lambda: check({"top_p": 2}), "top_p")
    raises(VLLMValidationError, lambda: check({"dtype": "f16"}), "dtype")
    os.environ["LOGIT_SAMPLER_URL"] = NOWHERE
    raises(VLLMValidationError, lambda: check({"top_p": 0.9}), "away")
    os.environ["LOGIT_SAMPLER_URL"] = URL
    check({"top_p": 0.9})


def log_probabilities():
    """vLLM reports a drawn token's log-probability from the unchanged row; modes that read the rows after the
    processors are refused at start"""
    engine = Engine()
    engine.add("0", PROMPTS[0], {"temperature": 1.5, "seed": 7}, logprobs=1)
    row = logits_after(PROMPTS[0])
    [token_id] = engine.step(row[None].clone())
    reported = float(engine.output.logprobs_tensors.logprobs[0, 0])
    assert abs(reported - float(row.float().log_softmax(-1)[token_id])) < 1e-4 and reported < -0.001, reported
    for mode in ("processed_logprobs", "processed_logits"):
        config = types.SimpleNamespace(**{**vars(CONFIG), "model_config": types.SimpleNamespace(seed=0, logprobs_mode=mode)})
        raises(ValueError, lambda config=config: build_logitsprocs(config, torch.device("cpu"), False, False, [NAME]), mode)


def local():
    """with LOGIT_SAMPLER_URL=local the sampler in the process draws the service's tokens"""
    engine, options = Engine(url="local"), [{**OPTIONS, "seed": seed} for seed in range(2)]
    for index in range(2):
        engine.add(str(index), PROMPTS[index], options[index])
    for _ in range(4):
        engine.step()
    for index in range(2):
        as_plain_calls(PROMPTS[index], engine.remove(str(index)), options[index])


def many(rows, vocab_size):
    engine = Engine(rows, vocab_size)
    for row in range(rows):
        engine.add(str(row), [1, 2], {"temperature": 0.8, "seed": row})
    generator = torch.Generator().manual_seed(1)
    logits = torch.randn(rows, vocab_size, generator=generator) * 3
    sampled = engine.step(logits.clone())
    for row in (0, rows - 1):
        assert [sampled[row]] == plain([([1, 2], logits[row].numpy())], 2, temperature=0.8, seed=row)


def many_bytes():
    """256 requests of 151,936 tokens, 148 MiB of logits, are drawn in slices"""
    many(256, 151936)


def many_rows():
    """1,100 requests, more than the service takes at once, are drawn in slices"""
    many(1100, 512)


def too_long():
    """rows longer than the service takes are left to vLLM, and the engine lives"""
    engine = Engine(2, 300_000)
    engine.add("0", [1], {"temperature": 0.8})
    logits = torch.randn(1, 300_000)
    assert engine.step(logits.clone()) == [int(logits.argmax())]


def away():
    """while the service is away vLLM draws, nothing is raised, and a step waits for nothing"""
    engine = Engine(url=NOWHERE)
    engine.add("0", PROMPTS[0], {"temperature": 0.8})
    waited = waited_s()
    tokens = [engine.step()[0] for _ in range(5)]
    assert tokens == greedy(PROMPTS[0], 5) and waited_s() - waited < 1.0


def timed(rows, vocab_size):
    generator = torch.Generator().manual_seed(1)
    logits = torch.randn(rows, vocab_size, generator=generator) * 3

    def clock(url=URL, **more):
        engine = Engine(rows, vocab_size, url)
        for row in range(rows):
            engine.add(str(row), [1, 2], **more)
        engine.step(logits.clone())
        begun = time.perf_counter()
        for _ in range(4):
            engine.step(logits.clone())
        return round((time.perf_counter() - begun) * 1000 / 4 / rows, 3)

    requests = f"{rows} request{'s' if rows > 1 else ''}, without the model"
    for what, chain in ((requests, TIMED), (f"{requests}, its default chain", {"temperature": 1.0})):
        measured(vocab_size, lambda: clock(**chain), lambda url: clock(url, options=dict(chain)), what,
                 {"ours": URL, **({"local": "local"} if HAS_LOCAL else {})})


host(f"vllm {vllm.__version__}", "InputBatch, build_logitsprocs and Sampler of the first model runner, on the CPU")
claims(mixed, with_penalties, seeds, mistakes, many_bytes, many_rows, too_long, away,
       log_probabilities)
if HAS_LOCAL:
    claims(local)
for rows in (1, 8):
    timed(rows, 128256)
