"""The logits processors of transformers, and the draw after them, as generate() runs them on a CPU with one thread.

They have no presence and no frequency penalty, so the result lists these as left out.
"""

import torch
import transformers
from transformers import (
    LogitsProcessorList,
    MinPLogitsWarper,
    RepetitionPenaltyLogitsProcessor,
    SequenceBiasLogitsProcessor,
    TemperatureLogitsWarper,
    TopKLogitsWarper,
    TopPLogitsWarper,
)

NAME = "transformers"


def version():
    return f"{transformers.__version__} with torch {torch.__version__.split('+')[0]}"


class Engine:
    def __init__(self, rows):
        torch.set_num_threads(1)
        torch.manual_seed(1)
        self.rows = [torch.from_numpy(row.copy()).unsqueeze(0) for row in rows]
        self.processors = LogitsProcessorList()
        self.input_ids = torch.zeros((1, 0), dtype=torch.long)
        self.greedy = False

    def prepare(self, rules):
        if "top_logprobs" in rules:
            return None
        run = dict(rules)
        processors = LogitsProcessorList()
        self.input_ids = torch.zeros((1, 0), dtype=torch.long)
        if "edits" in rules:
            edits = {**rules["edits"], "presence_penalty": 0, "frequency_penalty": 0}
            run["edits"] = edits
            self.input_ids = torch.tensor([edits["history"]], dtype=torch.long)
            pairs = zip(edits["bias_ids"], edits["biases"])
            processors.append(SequenceBiasLogitsProcessor([[[token], float(bias)] for token, bias in pairs]))
            processors.append(RepetitionPenaltyLogitsProcessor(edits["repetition_penalty"]))
        self.greedy = rules["temperature"] == 0
        if not self.greedy:
            processors.append(TemperatureLogitsWarper(rules["temperature"]))
        if "top_k" in rules:
            processors.append(TopKLogitsWarper(rules["top_k"]))
        if "top_p" in rules:
            processors.append(TopPLogitsWarper(rules["top_p"]))
        if "min_p" in rules:
            processors.append(MinPLogitsWarper(rules["min_p"]))
        self.processors = processors
        return run

    def ready(self, row):
        """The logits are in memory, as the model leaves them."""

    @torch.no_grad()
    def step(self, row):
        scores = self.processors(self.input_ids, self.rows[row])
        if self.greedy:
            return torch.argmax(scores, dim=-1).item()
        probabilities = torch.nn.functional.softmax(scores, dim=-1)
        return torch.multinomial(probabilities, num_samples=1).item()

    @torch.no_grad()
    def kept(self, row):
        scores = self.processors(self.input_ids, self.rows[row])
        if self.greedy:
            return [torch.argmax(scores, dim=-1).item()], [1.0]
        probabilities = torch.nn.functional.softmax(scores.double(), dim=-1)[0]
        token_ids = torch.nonzero(probabilities).flatten()
        return token_ids.tolist(), probabilities[token_ids].tolist()
