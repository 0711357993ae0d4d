"""vLLM's model runner V2: its real loader, interface and contexts of logits processors; slots, rows and drafts as the runner
lays them out. The runner itself and its Triton kernels need a GPU; the model is the demo model, run by transformers.
"""

import os
import types

import numpy
import torch
import vllm
from batches import PROMPTS, greedy, logits_after, rows_of
from checks import NOWHERE, OPTIONS, TIMED, URL, claims, host, measured, plain, raises, waited_s
from vllm import SamplingParams
from vllm.v1.worker.gpu.sample.logits_processor.interface import LogitsContext
from vllm.v1.worker.gpu.sample.logits_processor.loader import (
    build_custom_logits_processors,
    build_custom_logits_processors_params_validator,
)

NAME = "logit_sampler.adapters.vllm_v2:ServiceLogitsProcessor"
CONFIG = types.SimpleNamespace(model_config=types.SimpleNamespace(seed=0))
SLOTS, LENGTH = 8, 512


class Engine:
    def __init__(self, url=URL, slots=SLOTS, vocab_size=8192):
        os.environ["LOGIT_SAMPLER_URL"] = url
        self.lengths = numpy.zeros(slots, dtype=int)
        self.ids = torch.zeros(slots, LENGTH, dtype=torch.int32)
        states = types.SimpleNamespace(
            device=torch.device("cpu"), max_num_reqs=slots, vocab_size=vocab_size,
            all_token_ids=types.SimpleNamespace(gpu=self.ids),
            prompt_len=types.SimpleNamespace(np=numpy.zeros(slots, dtype=numpy.int32)),
            prefill_len=types.SimpleNamespace(np=numpy.zeros(slots, dtype=numpy.int32)),
            total_len=None,
        )
        [self.processor] = build_custom_logits_processors(CONFIG, states, False, [NAME])
        self.states = states

    def add(self, slot, prompt, options=None):
        self.ids[slot, : len(prompt)] = torch.tensor(prompt, dtype=torch.int32)
        self.states.prompt_len.np[slot] = self.states.prefill_len.np[slot] = self.lengths[slot] = len(prompt)
        extra = None if options is None else {"logit_sampler": options}
        asks = self.processor.add_request(slot, SamplingParams(extra_args=extra))
        assert asks == (options is not None)

    def output(self, slot):
        return self.ids[slot, self.states.prompt_len.np[slot] : self.lengths[slot]].tolist()

    def chunk(self, slot, length):
        """The model has read this part of the prompt; its draw is discarded."""
        self._apply([(slot, 0, int(self.ids[slot, length - 1]), length - 1)], [slot], {})

    def step(self, order, drafts=None, logits=None):
        """One step: drafts are verified against the row that the processor leaves, as rejection sampling of one token
        does."""
        drafts = drafts or {}
        rows = []
        for slot in order:
            last = int(self.lengths[slot]) - 1
            fed = [int(self.ids[slot, last]), *drafts.get(slot, [])]
            rows += [(slot, offset, token_id, last + offset) for offset, token_id in enumerate(fed)]
        forced = self._apply(rows, order, drafts, logits)
        rejected = set()
        for (slot, offset, _, _), token_id in zip(rows, forced.argmax(-1).tolist()):
            if slot in rejected:
                continue
            self.ids[slot, self.lengths[slot]] = token_id
            self.lengths[slot] += 1
            if drafts.get(slot, [])[offset : offset + 1] != [token_id]:
                rejected.add(slot)

    def _apply(self, rows, order, drafts, logits=None):
        slots, offsets, fed, places = (torch.tensor(column, dtype=torch.int32) for column in zip(*rows))
        if logits is None:
            logits = torch.stack([logits_after(self._history(*row, drafts)) for row in rows])
        mapping = numpy.array(order, dtype=numpy.int32)
        context = LogitsContext(
            expanded_idx_mapping=slots, idx_mapping=torch.tensor(mapping), idx_mapping_np=mapping,
            expanded_local_pos=offsets, input_ids=fed, pos=places, seq_lens_upper_bound_np=self.lengths,
        )
        return self.processor.apply(logits, context)

    def _history(self, slot, offset, _, place, drafts):
        return self.ids[slot, : place + 1 - offset].tolist() + drafts.get(slot, [])[:offset]


def as_plain_calls(prompt, output, options):
    want = plain(rows_of(prompt, output), len(prompt), **options)
    assert output == want, (output, want)


def mixed():
    """slots in any order, used again, with chunks of prompts: each that asks draws as plain calls do, others as vLLM does"""
    engine, options = Engine(), [{**OPTIONS, "seed": seed} for seed in range(5)]
    engine.add(0, PROMPTS[0], options[0])
    engine.add(1, PROMPTS[1])
    engine.add(2, PROMPTS[2], options[2])
    for order in ([0, 1, 2], [2, 0, 1], [1, 2, 0]):
        engine.step(order)
    as_plain_calls(PROMPTS[0], engine.output(0), options[0])
    engine.add(0, PROMPTS[4], options[4])
    engine.chunk(0, 3)
    for order in ([0, 2, 1], [1, 0, 2]):
        engine.step(order)
    as_plain_calls(PROMPTS[4], engine.output(0), options[4])
    as_plain_calls(PROMPTS[2], engine.output(2), options[2])
    assert engine.output(1) == greedy(PROMPTS[1], 5)


def drafts():
    """drafts that are right and drafts that are wrong leave the text of a request as it is without any"""
    alone, options = Engine(), {**OPTIONS, "seed": 7}
    alone.add(0, PROMPTS[0], options)
    for _ in range(9):
        alone.step([0])
    text = alone.output(0)
    engine = Engine()
    engine.add(0, PROMPTS[0], options)
    engine.add(1, PROMPTS[1], {**options, "seed": 8})
    engine.step([0, 1], {0: text[:2]})
    engine.step([1, 0], {0: [text[3] + 1, text[4]]})
    engine.step([0, 1], {0: [text[4], text[5] + 1], 1: [5]})
    while len(engine.output(0)) < 9:
        engine.step([0, 1])
    assert engine.output(0)[:9] == text, (engine.output(0), text)
    as_plain_calls(PROMPTS[1], engine.output(1), {**options, "seed": 8})


def mistakes():
    """a misspelt option and a service that is away refuse the request"""
    check = build_custom_logits_processors_params_validator([NAME])
    os.environ["LOGIT_SAMPLER_URL"] = URL
    raises(Exception, lambda: check(SamplingParams(extra_args={"logit_sampler": {"top_p": 2}})), "top_p")
    os.environ["LOGIT_SAMPLER_URL"] = NOWHERE
    raises(Exception, lambda: check(SamplingParams(extra_args={"logit_sampler": {}})), "away")


def away():
    """while the service is away vLLM draws, nothing is raised, and a step waits for nothing"""
    engine = Engine(NOWHERE)
    engine.add(0, PROMPTS[0], {"temperature": 0.8})
    waited = waited_s()
    for _ in range(5):
        engine.step([0])
    assert engine.output(0) == greedy(PROMPTS[0], 5) and waited_s() - waited < 1.0


host(f"vllm {vllm.__version__}", "loader, interface and contexts of model runner V2, on the CPU")
claims(mixed, drafts, mistakes, away)
