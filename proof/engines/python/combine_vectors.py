"""Runs transformers' own code on several rows and writes the vectors of test/vectors/combine-transformers.ndjson.

pip download --no-deps transformers==4.49.0 && unzip transformers-4.49.0-py3-none-any.whl -d build/transformers-4.49
python proof/engines/python/combine_vectors.py build/transformers-4.49 > test/vectors/combine-transformers.ndjson

with a Python that has torch and transformers 5. Guidance is UnbatchedClassifierFreeGuidanceLogitsProcessor, whose model
returns the current row; DoLa's functions left the library after 4.49, and are read out of that release's file.
"""

import ast
import json
import random
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Dict, List

import numpy
import torch
from transformers.generation.logits_process import UnbatchedClassifierFreeGuidanceLogitsProcessor
from transformers.utils import ModelOutput

LENGTH = 48
CASES = 16


def row(generator: random.Random, masks: bool = False) -> "list[float]":
    values = [round(generator.gauss(0, 3), 3) for _ in range(LENGTH)]
    if masks:
        for index in generator.sample(range(LENGTH), 3):
            values[index] = float("-inf")
    return values


def guidance(rows: "list[list[float]]", scale: float) -> torch.Tensor:
    def model(_ids, **_options):
        return ModelOutput(logits=torch.tensor([[rows[1]]]))

    processor = UnbatchedClassifierFreeGuidanceLogitsProcessor(scale, model)
    return processor(torch.tensor([[1]]), torch.tensor([rows[0]]))[0]


def dola_functions(folder: Path) -> SimpleNamespace:
    tree = ast.parse((folder / "transformers/generation/utils.py").read_text())
    wanted = [node for node in tree.body if getattr(node, "name", "") in ("_relative_top_filter", "_dola_select_contrast")]
    scope = {"torch": torch, "np": numpy, "F": torch.nn.functional, "List": List, "Dict": Dict}
    exec(compile(ast.Module(wanted, []), "utils.py", "exec"), scope)
    return SimpleNamespace(**scope)


def write(combine: dict, rows: "list[list[float]]", scores: torch.Tensor) -> None:
    logprobs = torch.log_softmax(scores.double(), -1).tolist()
    texts = lambda values: [value if value > float("-inf") else "-inf" for value in values]
    expected = [round(value, 6) if value > float("-inf") else "-inf" for value in logprobs]
    print(json.dumps({"combine": combine, "rows": [texts(each) for each in rows], "logprobs": expected}, separators=(",", ":")))


def main() -> None:
    generator = random.Random(17)
    dola = dola_functions(Path(sys.argv[1]))
    for case in range(CASES):
        scale = round(generator.uniform(-1, 4), 2)
        rows = [row(generator, masks=case % 4 == 3), row(generator)]
        write({"rule": "guidance", "guidance_scale": scale}, rows, guidance(rows, scale))
    for _ in range(CASES):
        rows = [row(generator), row(generator)]
        layers = {0: torch.tensor([rows[1]])}
        write({"rule": "dola"}, rows, dola._dola_select_contrast([0], layers, torch.tensor([rows[0]]))[0])


main()
