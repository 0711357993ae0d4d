"""onnxruntime-genai: Generator.set_logits, then generate_next_token. It shows no probabilities, so it answers with counts.

Its generator needs a model. This one has 64 tokens, and its logits are replaced. Needs the package onnx, which writes the file.
"""

import json
import tempfile
from collections import Counter
from importlib.metadata import version
from pathlib import Path
from typing import Any, Dict, List

import numpy as np
import onnxruntime_genai as og
from onnx import TensorProto, helper, numpy_helper, save

from .. import NotSupported, Options, draws_wanted
from ._order import Host as _Host
from ._order import Takes, in_order

#: Temperature and top_k give the same in both orders.
ORDER = ["repetition_penalty", "temperature", "top_k", "top_p"]
_SWAPPED = ["repetition_penalty", "top_k", "temperature", "top_p"]
TAKES: Takes = {"repetition_penalty": ["repetition_penalty"], "temperature": ["temperature"], "top_k": ["top_k"], "top_p": ["top_p"]}

#: Size of the vocabulary; the last token ends a text, so a row has one token less.
_SIZE = 64
#: Rows of one batch.
_BATCH = 32


class Host(_Host):
    recorded_as = "onnxruntime-genai"

    def __init__(self) -> None:
        self.version = f"onnxruntime-genai {version('onnxruntime-genai')}"
        self._seed = 0
        with tempfile.TemporaryDirectory() as folder:
            _write_model(Path(folder))
            self._model = og.Model(folder)

    def sampler(self, row: Any, options: Options, history: List[int]) -> Any:
        stages = [entry["stage"] for entry in options.chain]
        if len(set(stages)) < len(stages) or len(row) >= _SIZE or max(history, default=0) >= _SIZE:
            raise NotSupported
        is_swapped = "top_k" in stages and "temperature" in stages and stages.index("top_k") < stages.index("temperature")
        given = in_order(options, _SWAPPED if is_swapped else ORDER, TAKES)
        logits = np.full(_SIZE, -np.inf, dtype=np.float32)
        logits[: len(row)] = row
        counts: Counter[int] = Counter()
        for _ in range(0, draws_wanted(len(row)), _BATCH):
            counts.update(self._draw(logits, {"top_k": 0, "top_p": 1.0, **given}, history or [0]))
        return {"counts": counts}

    def _draw(self, logits: Any, options: Dict[str, Any], history: List[int]) -> List[int]:
        self._seed += 1
        params = og.GeneratorParams(self._model)
        params.set_search_options(
            do_sample=True, batch_size=_BATCH, max_length=len(history) + 2, random_seed=self._seed, **options
        )
        generator = og.Generator(self._model, params)
        generator.append_tokens(np.tile(np.array(history, dtype=np.int32), (_BATCH, 1)))
        generator.get_logits()
        generator.set_logits(np.tile(logits, (_BATCH, 1, 1)))
        generator.generate_next_token()
        return [int(token) for token in generator.get_next_tokens()]


def _write_model(folder: Path) -> None:
    """A model of one layer whose logits are zeros and whose cache has a number for each token."""
    cache = [f"past_key_values.0.{name}" for name in ("key", "value")]
    present = [f"present.0.{name}" for name in ("key", "value")]
    nodes = [
        helper.make_node("Cast", ["input_ids"], ["tokens"], to=TensorProto.FLOAT),
        helper.make_node("Unsqueeze", ["tokens", "last"], ["column"]),
        helper.make_node("Mul", ["column", "zeros"], ["logits"]),
        helper.make_node("Unsqueeze", ["tokens", "around"], ["states"]),
        *(helper.make_node("Concat", [old, "states"], [new], axis=2) for old, new in zip(cache, present)),
    ]
    inputs = [
        helper.make_tensor_value_info("input_ids", TensorProto.INT64, ["batch", "length"]),
        *(helper.make_tensor_value_info(name, TensorProto.FLOAT, ["batch", 1, "past", 1]) for name in cache),
    ]
    outputs = [
        helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["batch", "length", _SIZE]),
        *(helper.make_tensor_value_info(name, TensorProto.FLOAT, ["batch", 1, "all", 1]) for name in present),
    ]
    constants = {"last": np.array([2]), "around": np.array([1, 3]), "zeros": np.zeros(_SIZE, dtype=np.float32)}
    graph = helper.make_graph(
        nodes, "rows", inputs, outputs, [numpy_helper.from_array(each, name) for name, each in constants.items()]
    )
    save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), str(folder / "model.onnx"))
    (folder / "genai_config.json").write_text(json.dumps(_CONFIG), encoding="utf-8")


_CONFIG = {
    "model": {
        "type": "llama",
        "vocab_size": _SIZE,
        "context_length": 2048,
        "bos_token_id": 0,
        "eos_token_id": _SIZE - 1,
        "pad_token_id": _SIZE - 1,
        "decoder": {
            "filename": "model.onnx",
            "session_options": {"intra_op_num_threads": 1},
            "head_size": 1,
            "hidden_size": 1,
            "num_attention_heads": 1,
            "num_hidden_layers": 1,
            "num_key_value_heads": 1,
            "inputs": {
                "input_ids": "input_ids",
                "past_key_names": "past_key_values.%d.key",
                "past_value_names": "past_key_values.%d.value",
            },
            "outputs": {
                "logits": "logits",
                "present_key_names": "present.%d.key",
                "present_value_names": "present.%d.value",
            },
        },
    },
    "search": {"max_length": 2048, "past_present_share_buffer": False},
}
