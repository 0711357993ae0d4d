"""NVIDIA Dynamo and TensorRT-LLM: Dynamo's real adapter for TensorRT-LLM drives our processor for Dynamo, and our
processors for TensorRT-LLM are called as its PyTorch backend calls them.

TensorRT-LLM itself cannot be installed without NVIDIA's index and a GPU. Stand-ins replace its two base classes, which
are abstract and have one method each. The model is the demo model, run by transformers.
"""

import abc
import sys
import types
from importlib.metadata import version

import torch
from batches import PROMPTS, greedy, logits_after, rows_of
from checks import NOWHERE, OPTIONS, URL, claims, host, plain, raises, waited_s


class _Base(abc.ABC):
    @abc.abstractmethod
    def __call__(self, *arguments):
        raise NotImplementedError


module = types.ModuleType("tensorrt_llm.sampling_params")
module.LogitsProcessor = module.BatchedLogitsProcessor = _Base
sys.modules["tensorrt_llm"] = types.ModuleType("tensorrt_llm")
sys.modules["tensorrt_llm.sampling_params"] = module

from dynamo.trtllm.logits_processing.adapter import create_trtllm_adapters
from logit_sampler.adapters import dynamo, tensorrt_llm

COUNT = 6


def write(processor, prompt, count=COUNT, req_id=1):
    """As TensorRT-LLM calls the processor of a request: with logits [1, 1, V], which it changes, and all tokens so far.
    """
    ids = list(prompt)
    for _ in range(count):
        logits = logits_after(ids)[None, None].clone()
        processor(req_id, logits, [ids], None, None)
        ids.append(int(logits[0, 0].argmax()))
    return ids[len(prompt) :]


def as_plain_calls(prompt, output, options):
    want = plain(rows_of(prompt, output), len(prompt), **options)
    assert output == want, (output, want)


def by_dynamo():
    """through Dynamo's adapter every token is the one that a plain call draws"""
    options = {**OPTIONS, "seed": 7}
    [adapter] = create_trtllm_adapters([dynamo.ServiceLogitsProcessor(URL, **options)])
    as_plain_calls(PROMPTS[0], write(adapter, PROMPTS[0]), options)


def by_request():
    """a processor of one request draws as plain calls do"""
    options = {**OPTIONS, "seed": 7}
    as_plain_calls(PROMPTS[0], write(tensorrt_llm.ServiceLogitsProcessor(URL, **options), PROMPTS[0]), options)


def by_batch():
    """a batched processor draws as plain calls do while requests come and go"""
    options = {**OPTIONS, "seed": 7}
    processor = tensorrt_llm.BatchedServiceLogitsProcessor(URL, **options)
    ids = {number: list(PROMPTS[number]) for number in range(4)}
    for living in ([0, 1], [1, 0], [0, 1, 2], [2, 1], [3, 2], [2, 3]):
        logits = [logits_after(ids[number])[None, None].clone() for number in living]
        processor(living, logits, [[list(ids[number])] for number in living], None, [None] * len(living))
        for number, row in zip(living, logits):
            ids[number].append(int(row.argmax()))
    for number, prompt in enumerate(PROMPTS[:4]):
        as_plain_calls(prompt, ids[number][len(prompt) :], options)


def beams():
    """beams are left to TensorRT-LLM"""
    logits = torch.stack([logits_after(PROMPTS[0])] * 2)[None]
    before = logits.clone()
    tensorrt_llm.BatchedServiceLogitsProcessor(URL)([1], [logits], [[PROMPTS[0], PROMPTS[0]]], None, [None])
    assert torch.equal(logits, before)


def mistakes():
    """a misspelt option is an error when the processor is created"""
    raises(ValueError, lambda: dynamo.ServiceLogitsProcessor(URL, temprature=1), "temprature")
    raises(ValueError, lambda: tensorrt_llm.ServiceLogitsProcessor(URL, temprature=1), "temprature")


def away():
    """while the service is away the backend draws, nothing is raised, and a step waits for nothing"""
    waited = waited_s()
    processor = tensorrt_llm.BatchedServiceLogitsProcessor(NOWHERE)
    alone = lambda req_id, logits, ids, *_: processor([req_id], [logits], [ids], None, [None])
    assert write(alone, PROMPTS[0]) == greedy(PROMPTS[0], COUNT) and waited_s() - waited < 1.0


host(f"ai-dynamo {version('ai-dynamo')}", "Dynamo's adapter for TensorRT-LLM; with doubles of TensorRT-LLM's base classes")
claims(by_dynamo, by_request, by_batch, beams, mistakes, away)
