"""Writes early_layers.onnx: what makes the demo model tell its logits after earlier layers, too.

    python3 -m venv build/venv && build/venv/bin/pip install onnx==1.17.0
    build/venv/bin/python examples/model-host/model/early_layers.py

The nodes behind the last block (norm and output matrix) are written once more for each earlier block in LAYERS, with the
same weights. Protocol buffers that stand one behind the other are one message, whose lists are joined: the bytes of the
model and then those of this file are the edited model, and nothing of the nine megabytes has to be stored twice.
"""

from pathlib import Path

import onnx

#: After so many of the model's six blocks; the outputs are called logits.2 and logits.4.
LAYERS = (2, 4)
FOLDER = Path(__file__).parent
BLOCK_OUTPUT = "/bl.{}/Add_4_output_0"


def main() -> None:
    model = onnx.load(FOLDER / "model_quantized.onnx")
    blocks = sum(node.output[0] == BLOCK_OUTPUT.format(index) for index in range(64) for node in model.graph.node)
    last = BLOCK_OUTPUT.format(blocks - 1)
    head = nodes_from(model.graph, last)
    [logits] = [output for output in model.graph.output if output.name == "logits"]
    edit = onnx.ModelProto()
    for layer in LAYERS:
        renamed = {name: f"{name}.{layer}" for node in head for name in node.output}
        renamed[last] = BLOCK_OUTPUT.format(layer - 1)
        for node in head:
            copy = edit.graph.node.add()
            copy.CopyFrom(node)
            copy.name = f"{node.name}.{layer}"
            copy.input[:] = [renamed.get(name, name) for name in node.input]
            copy.output[:] = [renamed[name] for name in node.output]
        output = edit.graph.output.add()
        output.CopyFrom(logits)
        output.name = f"logits.{layer}"
    onnx.checker.check_model(onnx.load_from_string(model.SerializeToString() + edit.SerializeToString()))
    (FOLDER / "early_layers.onnx").write_bytes(edit.SerializeToString(deterministic=True))


def nodes_from(graph: onnx.GraphProto, start: str) -> "list[onnx.NodeProto]":
    """The nodes that depend on a value, in their order."""
    reached = {start}
    nodes = []
    for node in graph.node:
        if reached.intersection(node.input):
            reached.update(node.output)
            nodes.append(node)
    return nodes


if __name__ == "__main__":
    main()
