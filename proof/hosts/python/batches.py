"""The demo model for engines whose own models need a GPU: logits of whole sequences, by transformers."""

import torch
from checks import MODEL, PROMPT
from transformers import AutoModelForCausalLM, AutoTokenizer

torch.set_num_threads(1)
tokenizer = AutoTokenizer.from_pretrained(MODEL)
_model = AutoModelForCausalLM.from_pretrained(MODEL)
PROMPTS = [tokenizer(text)["input_ids"] for text in (PROMPT, "My dear", "Call me", "The sea", "It was a fine")]


@torch.no_grad()
def logits_after(ids):
    return _model(torch.tensor([ids])).logits[0, -1].float()


def rows_of(prompt, output):
    """The history before each step of a sequence, and the row of that step."""
    histories = [prompt + output[:count] for count in range(len(output))]
    return [(history, logits_after(history).numpy()) for history in histories]


def greedy(prompt, count):
    ids = list(prompt)
    for _ in range(count):
        ids.append(int(logits_after(ids).argmax()))
    return ids[len(prompt) :]
