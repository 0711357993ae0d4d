"""llama.cpp's own chain of samplers from its C library, called through llama-cpp-python.

A step is llama_sampler_apply over a prepared array of candidates. llama_sampler_sample would fill that array from the
logits before every step; this time is not counted here.
"""

import ctypes

import llama_cpp
import numpy

NAME = "llama.cpp"
TOKEN = numpy.dtype([("id", "<i4"), ("logit", "<f4"), ("p", "<f4")])
SEED = 1


def version():
    return f"llama-cpp-python {llama_cpp.__version__}"


class Engine:
    def __init__(self, rows):
        self.vocab_size = rows.shape[1]
        self.filled = [candidates(row) for row in rows]
        self.working = numpy.zeros(self.vocab_size, dtype=TOKEN)
        data = self.working.ctypes.data_as(ctypes.POINTER(llama_cpp.llama_token_data))
        self.array = llama_cpp.llama_token_data_array(data=data, size=0, selected=-1, sorted=False)
        self.drawing = self.leaving = None

    def prepare(self, rules):
        if "top_logprobs" in rules:
            return None
        for chain in (self.drawing, self.leaving):
            if chain is not None:
                llama_cpp.llama_sampler_free(chain)
        self.drawing = chain_of(rules, self.vocab_size, draws=True)
        self.leaving = chain_of(rules, self.vocab_size, draws=rules["temperature"] == 0)
        self.greedy = rules["temperature"] == 0
        return rules

    def ready(self, row):
        ctypes.memmove(self.working.ctypes.data, self.filled[row].ctypes.data, self.working.nbytes)
        self.array.size, self.array.selected, self.array.sorted = self.vocab_size, -1, False

    def step(self, row):
        llama_cpp.llama_sampler_apply(self.drawing, ctypes.byref(self.array))
        return self.array.data[self.array.selected].id

    def kept(self, row):
        llama_cpp.llama_sampler_apply(self.leaving, ctypes.byref(self.array))
        if self.greedy:
            return [self.array.data[self.array.selected].id], [1.0]
        # A sampler may return its tokens in another array.
        address = ctypes.addressof(self.array.data.contents)
        bytes_left = (ctypes.c_char * (self.array.size * TOKEN.itemsize)).from_address(address)
        left = numpy.frombuffer(bytes_left, dtype=TOKEN)
        weights = numpy.exp(left["logit"].astype(numpy.float64) - left["logit"].max())
        return left["id"], weights / weights.sum()


def candidates(row):
    filled = numpy.zeros(row.size, dtype=TOKEN)
    filled["id"] = numpy.arange(row.size)
    filled["logit"] = row
    return filled


def chain_of(rules, vocab_size, draws):
    """Top-k comes first, where it is cheapest; dividing by a temperature changes no order."""
    chain = llama_cpp.llama_sampler_chain_init(llama_cpp.llama_sampler_chain_default_params())
    history = []
    parts = []
    if "edits" in rules:
        edits = rules["edits"]
        history = edits["history"]
        pairs = zip(edits["bias_ids"], edits["biases"])
        biases = [llama_cpp.llama_logit_bias(token=token, bias=bias) for token, bias in pairs]
        array = (llama_cpp.llama_logit_bias * len(biases))(*biases)
        parts.append(llama_cpp.llama_sampler_init_logit_bias(vocab_size, len(biases), array))
        penalties = (edits["repetition_penalty"], edits["frequency_penalty"], edits["presence_penalty"])
        parts.append(llama_cpp.llama_sampler_init_penalties(vocab_size, len(history), *penalties))
    if "top_k" in rules:
        parts.append(llama_cpp.llama_sampler_init_top_k(rules["top_k"]))
    if rules["temperature"] > 0:
        parts.append(llama_cpp.llama_sampler_init_temp(rules["temperature"]))
    if "top_p" in rules:
        parts.append(llama_cpp.llama_sampler_init_top_p(rules["top_p"], 1))
    if "min_p" in rules:
        parts.append(llama_cpp.llama_sampler_init_min_p(rules["min_p"], 1))
    if draws:
        is_greedy = rules["temperature"] == 0
        parts.append(llama_cpp.llama_sampler_init_greedy() if is_greedy else llama_cpp.llama_sampler_init_dist(SEED))
    for part in parts:
        llama_cpp.llama_sampler_chain_add(chain, part)
    for token in history:
        llama_cpp.llama_sampler_accept(chain, token)
    return chain
