"""A plain loop in PyTorch, with a row in bfloat16. pip install torch "logit-sampler[local]"."""

import torch

from logit_sampler import Sampler

torch.manual_seed(1)
model = torch.nn.Sequential(torch.nn.Embedding(1000, 64), torch.nn.Linear(64, 1000)).to(torch.bfloat16)

with Sampler().stream(temperature=0.8, min_p=0.05, seed=7, history=[1, 2, 3], prompt_length=3, dtype="bf16") as stream:
    for _ in range(20):
        with torch.no_grad():
            logits = model(torch.tensor(stream.history))  # [tokens, vocab_size]
        stream.next(logits[-1])
    print(stream.history)
