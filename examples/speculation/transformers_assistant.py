"""Speculation with transformers' own assistant and a service that verifies, on two tiny random models: no hub is needed.

The assistant drafts by transformers' AssistedCandidateGenerator, the target reads the draft in one pass, and the service
says what holds. python transformers_assistant.py http://127.0.0.1:8080. pip install torch transformers logit-sampler.
"""

import sys

import torch
from logit_sampler import SamplerClient
from transformers import GenerationConfig, LlamaConfig, LlamaForCausalLM
from transformers.generation.candidate_generator import AssistedCandidateGenerator

TOKENS, DRAFTED = 40, 4
torch.manual_seed(1)


def model(layers):
    config = LlamaConfig(
        vocab_size=500, hidden_size=64, intermediate_size=128, num_hidden_layers=layers, num_attention_heads=4
    )
    return LlamaForCausalLM(config).eval()


target, assistant = model(4), model(1)
assistant.generation_config.update(num_assistant_tokens=DRAFTED, num_assistant_tokens_schedule="constant")
assistant.generation_config.assistant_confidence_threshold = 0  # what stops a draft by its tokens would change its law
ids = torch.tensor([[1, 2, 3]])
prompt, seed, step, accepted, calls = ids.shape[1], 7, 0, 0, 0
config = GenerationConfig(do_sample=True, temperature=1.0, top_k=0, min_length=0, max_length=100)
with SamplerClient(sys.argv[1]) as service, torch.no_grad():
    while ids.shape[1] < prompt + TOKENS:
        drafter = AssistedCandidateGenerator(ids, assistant, config, {"attention_mask": torch.ones_like(ids)})
        drafted, draft_logits = drafter.get_candidates(ids)
        count = drafted.shape[1] - ids.shape[1]
        rows = target(drafted).logits[0, -count - 1 :]  # behind the text, and behind each drafted token
        verified = service.verify(
            torch.cat([rows, draft_logits[0]]).float().numpy(),
            drafted[0, ids.shape[1] :].tolist(),
            draft_rows="logits",  # what the draft was drawn from: scores that the assistant's own chain has left
            method="rejection",
            temperature=0.8,
            history=ids[0].tolist(),
            prompt_length=prompt,
            seed=seed,
            step=step,
        )
        ids = torch.cat([ids, torch.tensor([verified["token_ids"]])], dim=1)
        step, accepted, calls = verified["step"], accepted + verified["accepted"], calls + 1
print(f"{step} tokens in {calls} calls, {accepted} of them drafted: {ids[0, prompt:].tolist()}")
