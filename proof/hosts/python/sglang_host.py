"""SGLang: its real SamplingBatchInfo and apply_custom_logit_processor, with requests that come and go.

The rest of SGLang (scheduler, kernels, model) needs a GPU; the model is the demo model, run by transformers.
"""

import ast
import os
import sys
import types
import weakref

import stubs
import torch
from batches import PROMPTS, greedy, logits_after, rows_of
from checks import HAS_LOCAL, NOWHERE, OPTIONS, TIMED, URL, claims, host, measured, plain, waited_s

FOLDER = stubs.folder_of("sglang")
stubs.stand_in(["sglang"], ["sglang.srt.layers.sampler", "sglang.srt.sampling"], ["torchvision"])
import sglang.srt.runtime_context as context
import sglang.srt.utils.common as common

common.is_pin_memory_available = lambda *_: False
context.get_exec = lambda: types.SimpleNamespace(
    deterministic=types.SimpleNamespace(enable_deterministic_inference=False, rl_on_policy_target=None),
    features=types.SimpleNamespace(enable_custom_logit_processor=True, sampling_mask_max_tokens=None),
    kernel=types.SimpleNamespace(sampling_backend="pytorch"),
)


def parts_of_schedule_batch():
    """The real classes by which SGLang ends a request, and the real method that does it; the module itself needs the
    libraries of a GPU."""
    tree = ast.parse(open(f"{FOLDER}/srt/managers/schedule_batch.py").read())
    classes = {node.name: node for node in tree.body if isinstance(node, ast.ClassDef)}
    [method] = [node for node in classes["Req"].body if getattr(node, "name", "") == "update_finish_state"]
    wanted = [classes["BaseFinishReason"], classes["FINISH_ABORT"], method]
    space = {"Optional": None, "Union": None, "List": None, "Dict": None, "Any": None}
    later = ast.ImportFrom("__future__", [ast.alias("annotations")], 0)
    exec(compile(ast.fix_missing_locations(ast.Module([later, *wanted], [])), "schedule_batch", "exec"), space)
    return space


REAL = parts_of_schedule_batch()
sys.modules["sglang.srt.managers.schedule_batch"] = types.SimpleNamespace(
    ScheduleBatch=type("ScheduleBatch", (), {}), FINISH_ABORT=REAL["FINISH_ABORT"]
)
from logit_sampler.adapters import sglang as adapter
from sglang.srt.layers.sampler import apply_custom_logit_processor
from sglang.srt.sampling.sampling_batch_info import SamplingBatchInfo
from sglang.srt.sampling.sampling_params import SamplingParams


class Request:
    """The parts of Req that a processor and SamplingBatchInfo use; ``__req__`` is the weak reference that SGLang puts
    there."""

    update_finish_state = REAL["update_finish_state"]

    def __init__(self, rid, prompt, options=None, return_logprob=False):
        self.return_logprob, self.to_finish, self.finished_reason = return_logprob, None, None
        self.rid, self.origin_input_ids, self.output_ids = rid, list(prompt), []
        custom = {} if options is None else {"logit_sampler": options}
        self.sampling_params = SamplingParams(temperature=0, custom_params={**custom, "__req__": weakref.proxy(self)})
        self.custom_logit_processor = None if options is None else adapter.ServiceLogitsProcessor.to_str()
        self.return_sampling_mask, self.sampling_logprobs_mode = False, "raw"
        self.eos_token_ids, self.tokenizer = set(), types.SimpleNamespace(additional_stop_token_ids=None, eos_token_id=None)


    def finished(self):
        return self.finished_reason is not None

    def told(self):
        """The result that the sender gets at the end of a step."""
        if self.to_finish:
            self.update_finish_state()
        return self.finished_reason.to_json() if self.finished_reason else None


class Batch:
    device = "cpu"

    def __init__(self, requests):
        self.reqs = list(requests)


class Engine:
    def __init__(self, url=URL):
        os.environ["LOGIT_SAMPLER_URL"] = url
        adapter._SERVICE.clear()
        self.requests, self.info = [], None

    def add(self, *requests):
        info = SamplingBatchInfo.from_schedule_batch(Batch(requests), 8192)
        if self.info is None:
            self.info = info
        else:
            self.info.merge_batch(info)
        self.requests += requests

    def keep(self, indices):
        self.info.filter_batch(indices, torch.tensor(indices))
        self.requests = [self.requests[index] for index in indices]

    def step(self):
        logits = torch.stack([logits_after(each.origin_input_ids + each.output_ids) for each in self.requests])
        if self.info.has_custom_logit_processor:
            apply_custom_logit_processor(logits, self.info)
        for request, token_id in zip(self.requests, logits.argmax(-1).tolist()):
            request.output_ids.append(token_id)


def as_plain_calls(request, options):
    want = plain(rows_of(request.origin_input_ids, request.output_ids), len(request.origin_input_ids), **options)
    assert request.output_ids == want, (request.output_ids, want)


def mixed():
    """requests are merged and filtered by SGLang: each that asks draws as plain calls do, others as SGLang does"""
    engine, options = Engine(), [{**OPTIONS, "seed": seed} for seed in range(4)]
    requests = [Request(str(index), PROMPTS[index], options[index] if index != 1 else None) for index in range(4)]
    engine.add(requests[0], requests[1])
    engine.step()
    engine.step()
    engine.add(requests[2], requests[3])
    engine.step()
    engine.keep([1, 3])
    engine.step()
    for index in (0, 2, 3):
        as_plain_calls(requests[index], options[index])
    assert requests[1].output_ids == greedy(PROMPTS[1], 4)


def seeds():
    """requests without a seed draw the same on every rank, and otherwise than each other"""
    texts = []
    for _ in range(2):
        engine = Engine()
        requests = [Request(rid, PROMPTS[0], {"temperature": 1.5}) for rid in ("one", "other")]
        engine.add(*requests)
        for _ in range(6):
            engine.step()
        texts.append([request.output_ids for request in requests])
    assert texts[0] == texts[1] and texts[0][0] != texts[0][1], texts


def mistakes():
    """a misspelt option, an option that the adapter sets itself, and log-probabilities that SGLang would read after its
    processors end the request with their message, and the server and its other requests continue"""
    engine, good = Engine(), Request("3", PROMPTS[1], {**OPTIONS, "seed": 7})
    wrong = [
        Request("0", PROMPTS[0], {"temprature": 1}),
        Request("1", PROMPTS[0], {"step": 1}),
        Request("2", PROMPTS[0], {"temperature": 1}, return_logprob=True),
    ]
    engine.add(*wrong, good)
    engine.step()
    for request, words in zip(wrong, ("temprature", "must not have step", "return_logprob")):
        told = request.told()
        assert told["type"] == "abort" and told["status_code"] == 400 and words in told["message"], told
    engine.keep([3])
    engine.step()
    assert good.told() is None
    as_plain_calls(good, {**OPTIONS, "seed": 7})


def local():
    """with LOGIT_SAMPLER_URL=local the sampler in the process draws the service's tokens"""
    engine, options = Engine("local"), [{**OPTIONS, "seed": seed} for seed in range(2)]
    requests = [Request(str(index), PROMPTS[index], options[index]) for index in range(2)]
    engine.add(*requests)
    for _ in range(4):
        engine.step()
    for request, own in zip(requests, options):
        as_plain_calls(request, own)


def away():
    """while the service is away SGLang draws, nothing is raised, and a step waits for nothing"""
    engine = Engine(NOWHERE)
    request = Request("0", PROMPTS[0], {"temperature": 0.8})
    engine.add(request)
    waited = waited_s()
    for _ in range(5):
        engine.step()
    assert request.output_ids == greedy(PROMPTS[0], 5) and waited_s() - waited < 1.0


host(f"sglang {stubs.version_of('sglang')}", "SamplingBatchInfo and apply_custom_logit_processor, on the CPU")
claims(mixed, seeds, mistakes, away)
if HAS_LOCAL:
    claims(local)
