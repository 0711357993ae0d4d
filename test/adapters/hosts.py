"""Small doubles of the hosts with only the functions that the adapters call.

A model is a table: the last token of a sequence selects the row of its logits, so every test can compute the token that
a plain call of the service would draw.
"""

import contextlib
import inspect
import sys
import types
from dataclasses import dataclass
from enum import Enum, auto

import numpy

VOCABULARY = 64


def logits_after(token_id):
    """The model's logits after this token, the same in every run."""
    places = numpy.arange(VOCABULARY) * 7919 + int(token_id) * 104729
    return ((places % 1000) / 128.0 - 4.0).astype("float32")


class Tensor:
    """The used part of torch.Tensor, over numpy."""

    def __init__(self, array, dtype=None):
        self.array = numpy.asarray(array)
        self.dtype = dtype or f"torch.{self.array.dtype.name}"

    shape = property(lambda self: self.array.shape)

    def __len__(self):
        return len(self.array)

    def __getitem__(self, key):
        return Tensor(self.array[key], self.dtype)

    def __setitem__(self, key, value):
        self.array[key] = value

    def new_full(self, shape, value):
        return Tensor(numpy.full(shape, value, self.array.dtype))

    def __invert__(self):
        return Tensor(~self.array)

    def squeeze(self):
        return Tensor(self.array.reshape(self.array.shape[-1]), self.dtype)

    def numel(self):
        return self.array.size

    def __eq__(self, other):
        return Tensor(self.array == other.array)

    def __lt__(self, other):
        return Tensor(self.array < other)

    def abs(self):
        return Tensor(numpy.abs(self.array))

    def logsumexp(self, axis):
        return Tensor(numpy.log(numpy.exp(self.array.astype("float64")).sum(axis)))

    def new_tensor(self, values):
        return Tensor(numpy.array(values, self.array.dtype))

    def detach(self):
        return self

    cpu = contiguous = detach

    def float(self):
        return Tensor(self.array.astype("float32"))

    def view(self, dtype):
        return Tensor(self.array.view(dtype))

    def all(self):
        return bool(self.array.all())

    def tolist(self):
        return self.array.tolist()

    def numpy(self):
        if self.dtype == "torch.bfloat16":
            raise TypeError("Got unsupported ScalarType BFloat16")
        return self.array


def install_torch():
    torch = types.ModuleType("torch")
    torch.int16 = "int16"
    torch.cat = lambda tensors, dim=0: Tensor(numpy.concatenate([each.array for each in tensors], axis=dim))
    torch.cuda = types.SimpleNamespace(stream=lambda _: contextlib.nullcontext())
    sys.modules["torch"] = torch


def install_abstract(name, *classes):
    """A module that contains only base classes, and the packages above it."""
    parts = name.split(".")
    for end in range(1, len(parts) + 1):
        sys.modules.setdefault(".".join(parts[:end]), types.ModuleType(".".join(parts[:end])))
    for each in classes:
        setattr(sys.modules[name], each, type(each, (), {}))


def config(seed):
    """The parts of vLLM's configuration that a processor reads."""
    return types.SimpleNamespace(model_config=types.SimpleNamespace(seed=seed))


class SglangRequest:
    def __init__(self, rid, prompt):
        self.rid, self.origin_input_ids, self.output_ids = rid, prompt, []


class Streamer:
    def __init__(self):
        self.ids, self.has_ended = [], False

    def put(self, ids):
        self.ids += ids.array.reshape(-1).tolist()

    def end(self):
        self.has_ended = True


class TransformersModel:
    """model(input_ids, past_key_values, use_cache) and the greedy loop of generate()."""

    def __init__(self, bf16=False):
        self.bf16 = bf16

    def __call__(self, input_ids, past_key_values=None, use_cache=False):
        assert use_cache
        rows = numpy.stack([[logits_after(token_id) for token_id in ids] for ids in input_ids.array])
        logits = Tensor(rows)
        if self.bf16:
            logits = Tensor((rows.view("uint32") >> 16).astype("uint16"), "torch.bfloat16")
        return types.SimpleNamespace(logits=logits, past_key_values=(past_key_values or 0) + input_ids.shape[1])

    def generate(self, input_ids, max_new_tokens, logits_processor=None, custom_generate=None, **kwargs):
        """Like transformers, removes from its arguments those that the callable's signature names and its own loop does
        not."""
        width = input_ids.shape[1] + max_new_tokens

        def stopping_criteria(ids, _scores):
            return Tensor(numpy.full(len(ids), ids.shape[1] >= width))

        if custom_generate is not None:
            kwargs["attention_mask"] = Tensor(numpy.ones(input_ids.shape, "int64"))
            known = ("model", "input_ids", "logits_processor", "stopping_criteria", "generation_config")
            named = [name for name in inspect.signature(custom_generate).parameters if name not in (*known, "model_kwargs")]
            taken = {name: kwargs.pop(name) for name in named if name in kwargs}
            return custom_generate(
                self,
                input_ids,
                logits_processor=logits_processor or [],
                stopping_criteria=stopping_criteria,
                generation_config=types.SimpleNamespace(max_length=width),
                **taken,
                **{"attention_mask": Tensor(numpy.ones(input_ids.shape, "int64")), "use_cache": True},
                **{name: value for name, value in kwargs.items() if name != "attention_mask"},
            )
        while True:
            scores = self(input_ids, use_cache=True).logits[:, -1, :]
            for processor in logits_processor or []:
                scores = processor(input_ids, scores)
            column = scores.array.argmax(axis=-1)[:, None]
            input_ids = Tensor(numpy.concatenate([input_ids.array, column], axis=1))
            if stopping_criteria(input_ids, None).all():
                return input_ids


def install_vllm():
    """The parts of vllm.v1.sample.logits_processor that a processor uses."""

    class MoveDirectionality(Enum):
        UNIDIRECTIONAL = auto()
        SWAP = auto()

    @dataclass(frozen=True)
    class BatchUpdate:
        batch_size: int
        removed: tuple = ()
        added: tuple = ()
        moved: tuple = ()

    module = types.ModuleType("vllm.v1.sample.logits_processor")
    module.LogitsProcessor = object
    module.MoveDirectionality = MoveDirectionality
    module.BatchUpdate = BatchUpdate
    for name in ("vllm", "vllm.v1", "vllm.v1.sample"):
        sys.modules[name] = types.ModuleType(name)
    sys.modules[module.__name__] = module
    runner_v2 = types.ModuleType("vllm.v1.worker.gpu.sample.logits_processor")
    runner_v2.LogitsProcessor = object
    for name in ("vllm.v1.worker", "vllm.v1.worker.gpu", "vllm.v1.worker.gpu.sample"):
        sys.modules[name] = types.ModuleType(name)
    sys.modules[runner_v2.__name__] = runner_v2
    return module


class RunnerV2:
    """The parts of vLLM's model runner V2 that a logits processor uses: slots, rows in any order, verified drafts."""

    def __init__(self, slots):
        self.processor = None
        self.states = types.SimpleNamespace(
            all_token_ids=types.SimpleNamespace(gpu=Tensor(numpy.zeros((slots, 64), "int32"))),
            prompt_len=types.SimpleNamespace(np=numpy.zeros(slots, "int32")),
            prefill_len=types.SimpleNamespace(np=numpy.zeros(slots, "int32")),
        )
        self._lengths = [0] * slots

    @property
    def _ids(self):
        return self.states.all_token_ids.gpu.array

    def add(self, slot, prompt):
        self._ids[slot, : len(prompt)] = prompt
        self.states.prompt_len.np[slot] = self.states.prefill_len.np[slot] = len(prompt)
        self._lengths[slot] = len(prompt)

    def output(self, slot):
        return self._ids[slot, self.states.prompt_len.np[slot] : self._lengths[slot]].tolist()

    def chunk(self, slot, length):
        """The model has read this part of the prompt; its draw is discarded."""
        self._apply([(slot, 0, self._ids[slot, length - 1], length - 1)], [slot])

    def step(self, order, drafts={}):
        rows = []
        for slot in order:
            last = self._lengths[slot] - 1
            fed = [self._ids[slot, last], *drafts.get(slot, [])]
            rows += [(slot, offset, token_id, last + offset) for offset, token_id in enumerate(fed)]
        forced = self._apply(rows, order)
        rejected = set()
        for (slot, offset, _, _), token_id in zip(rows, forced.argmax(axis=-1)):
            if slot in rejected:
                continue
            self._ids[slot, self._lengths[slot]] = token_id
            self._lengths[slot] += 1
            if drafts.get(slot, [])[offset : offset + 1] != [int(token_id)]:
                rejected.add(slot)
        return forced

    def _apply(self, rows, order):
        slots, offsets, fed, places = (Tensor(numpy.array(column, "int32")) for column in zip(*rows))
        context = types.SimpleNamespace(
            expanded_idx_mapping=slots,
            idx_mapping_np=numpy.array(order, "int32"),
            expanded_local_pos=offsets,
            input_ids=fed,
            pos=places,
        )
        logits = Tensor(numpy.stack([logits_after(token_id) for _, _, token_id, _ in rows]))
        return self.processor.apply(logits, context).array


class Llama:
    """llama_cpp.Llama.generate: the processor gets a strided column of records, and its result is stored there."""

    def generate(self, tokens, max_tokens, logits_processor):
        tokens = list(tokens)
        for _ in range(max_tokens):
            records = numpy.zeros(VOCABULARY, [("id", "i4"), ("logit", "f4"), ("p", "f4")])
            records["id"] = numpy.arange(VOCABULARY)
            records["logit"] = logits_after(tokens[-1])
            for processor in logits_processor:
                records["logit"][:] = processor(numpy.array(tokens, "i4"), records["logit"])
            token_id = int(records["id"][records["logit"].argmax()])
            tokens.append(token_id)
            rejected = yield token_id
            if rejected is not None:
                tokens[-1] = rejected


class Generator:
    """onnxruntime_genai.Generator with do_sample=False."""

    def __init__(self, max_length):
        self._max_length = max_length
        self._tokens = []
        self._logits = None

    def append_tokens(self, tokens):
        self._tokens.extend(int(token_id) for token_id in tokens)

    def get_sequence(self, index):
        assert index == 0
        return numpy.array(self._tokens, "i4")

    def is_done(self):
        return len(self._tokens) >= self._max_length

    def get_logits(self):
        return logits_after(self._tokens[-1])[None, None, :].copy()

    def set_logits(self, logits):
        assert logits.shape == (1, 1, VOCABULARY) and logits.dtype == numpy.float32
        self._logits = logits

    def generate_next_token(self):
        self._tokens.append(int(self._logits[0, -1].argmax()))
        self._logits = None
