"""onnxruntime-genai's own beam search on the CPU, over an ONNX model whose logits are the rows of this proof.

The model stores the token ids in its key cache and computes each row as the hash of the last two tokens and the length.
"""

import json
import pathlib
import tempfile

import numpy as np
import onnx
import onnxruntime_genai as og
from onnx import TensorProto, helper, numpy_helper
from rows import _mixed, searches


class Graph:
    """Builds an ONNX graph: each call adds one node or constant and returns the name of its output."""

    def __init__(self):
        self.nodes = []
        self.constants = []

    def constant(self, array):
        name = f"c{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.asarray(array), name))
        return name

    def add(self, kind, *inputs, out=None, **attributes):
        name = out or f"n{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, list(inputs), [name], **attributes))
        return name

    def cast(self, value, kind):
        return self.add("Cast", value, to=kind)

    def low(self, value):
        """The lower 32 bits of int64."""
        return self.add("BitwiseAnd", value, self.constant(np.int64(0xFFFFFFFF)))

    def right(self, value, bits):
        shifted = self.add("BitShift", self.cast(value, TensorProto.UINT64), self.constant(np.uint64(bits)), direction="RIGHT")
        return self.cast(shifted, TensorProto.INT64)

    def xor(self, one, other):
        return self.add("BitwiseXor", one, other)

    def times(self, value, factor):
        return self.low(self.add("Mul", value, self.constant(np.int64(factor))))

    def mixed(self, value):
        x = self.low(value)
        x = self.times(self.xor(x, self.right(x, 16)), 0x85EBCA6B)
        x = self.times(self.xor(x, self.right(x, 13)), 0xC2B2AE35)
        return self.xor(x, self.right(x, 16))


def model_of(world):
    g = Graph()
    size = world["vocab_size"]
    ids = g.add("Unsqueeze", g.cast("input_ids", TensorProto.FLOAT), g.constant(np.array([1, 3])))  # [b, 1, s, 1]
    g.add("Concat", "past_key_values.0.key", ids, out="present.0.key", axis=2)
    g.add("Concat", "past_key_values.0.value", ids, out="present.0.value", axis=2)
    tokens = g.cast("present.0.key", TensorProto.INT64)
    padded = g.add("Pad", tokens, g.constant(np.array([0, 0, 1, 0, 0, 0, 0, 0])))
    place = lambda at: g.add("Squeeze", g.add("Gather", padded, g.constant(np.array([at])), axis=2), g.constant(np.array([3])))
    length = g.add("Gather", g.add("Shape", tokens), g.constant(np.array([2])), axis=0)
    key = g.mixed(g.xor(g.constant(np.array([int(_mixed(world["seed"]))])), length))
    key = g.mixed(g.xor(key, place(-2)))
    key = g.mixed(g.add("Add", key, place(-1)))  # [b, 1, 1]
    steps = (np.arange(size, dtype=np.uint64) * np.uint64(0x9E3779B9)) & np.uint64(0xFFFFFFFF)
    bits = g.right(g.mixed(g.add("Add", key, g.constant(steps.astype(np.int64)))), 12)  # [b, 1, vocab]
    unit = g.add("Div", g.cast(bits, TensorProto.DOUBLE), g.constant(np.float64(2**19)))
    row = g.add("Mul", g.add("Sub", unit, g.constant(np.float64(1))), g.constant(np.float64(world["spread"])))
    g.add("Cast", row, out="logits", to=TensorProto.FLOAT)
    value = lambda name, kind, shape: helper.make_tensor_value_info(name, kind, shape)
    cache = ["b", 1, "t", 1]
    graph = helper.make_graph(
        g.nodes,
        "rows",
        [
            value("input_ids", TensorProto.INT64, ["b", "s"]),
            value("attention_mask", TensorProto.INT64, ["b", "a"]),
            value("past_key_values.0.key", TensorProto.FLOAT, cache),
            value("past_key_values.0.value", TensorProto.FLOAT, cache),
        ],
        [
            value("logits", TensorProto.FLOAT, ["b", 1, size]),
            value("present.0.key", TensorProto.FLOAT, ["b", 1, "u", 1]),
            value("present.0.value", TensorProto.FLOAT, ["b", 1, "u", 1]),
        ],
        g.constants,
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)


def write_model(folder, world, ends):
    onnx.save(model_of(world), folder / "model.onnx")
    decoder = {
        "session_options": {"log_id": "rows", "intra_op_num_threads": 1, "provider_options": []},
        "filename": "model.onnx",
        "head_size": 1,
        "hidden_size": 1,
        "num_attention_heads": 1,
        "num_hidden_layers": 1,
        "num_key_value_heads": 1,
        "inputs": {
            "input_ids": "input_ids",
            "attention_mask": "attention_mask",
            "past_key_names": "past_key_values.%d.key",
            "past_value_names": "past_key_values.%d.value",
        },
        "outputs": {"logits": "logits", "present_key_names": "present.%d.key", "present_value_names": "present.%d.value"},
    }
    config = {
        "model": {
            "type": "llama",
            "vocab_size": world["vocab_size"],
            "context_length": 64,
            "bos_token_id": 0,
            "eos_token_id": ends,
            "pad_token_id": world["vocab_size"] - 1,
            "decoder": decoder,
        },
        "search": {"max_length": 64, "past_present_share_buffer": False},
    }
    (folder / "genai_config.json").write_text(json.dumps(config))


def main():
    for search in searches():
        world, beam = search["world"], search["beam"]
        prompt = world["prompt"]
        with tempfile.TemporaryDirectory() as name:
            write_model(pathlib.Path(name), world, beam["end_token_ids"])
            model = og.Model(name)
        params = og.GeneratorParams(model)
        params.set_search_options(
            num_beams=beam["num_beams"],
            num_return_sequences=beam["num_beams"],
            length_penalty=beam["length_penalty"],
            early_stopping=beam["early_stopping"],
            max_length=len(prompt) + beam["max_tokens"],
            do_sample=False,
            past_present_share_buffer=False,
        )
        generator = og.Generator(model, params)
        generator.append_tokens(prompt)
        while not generator.is_done():
            generator.generate_next_token()
        found = [list(generator.get_sequence(i))[len(prompt) :] for i in range(beam["num_beams"])]
        print(json.dumps([[[int(token) for token in ids], None] for ids in found]), flush=True)  # it tells no scores


main()
