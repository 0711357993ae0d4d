"""A tree of drafts by hand, as EAGLE and Medusa have them: the target reads all branches in one pass under a tree mask.

The drafter is the target without its last layer. Both are tiny and random: no hub is needed. The text is
that of drawing token by token with the same seed, which the last line says. python eagle_tree.py.
pip install torch transformers "logit-sampler[local]".
"""

TOKENS, WIDTHS = 40, (4, 2, 1)  # 4 tokens, 2 after each of them, 1 after each of those: 20 nodes
OPTIONS = {"temperature": 0.8, "top_p": 0.95, "seed": 7}


def tree_of(draft, text, widths):
    """The token ids of a tree and their parents, -1 for the text. ``draft(text, k)`` gives the k likeliest next tokens."""
    ids, parents, frontier = [], [], [(-1, text)]
    for width in widths:
        following = []
        for parent, path in frontier:
            for token_id in draft(path, width):
                ids.append(token_id)
                parents.append(parent)
                following.append((len(ids) - 1, path + [token_id]))
        frontier = following
    return ids, parents


def write(sampler, draft, target, prompt, count, widths=WIDTHS, **options):
    """``count`` tokens or a few more, and the number of calls. ``target(text, ids, parents)`` gives the row after the text, and
    one after each node of the tree."""
    text, calls = list(prompt), 0
    while len(text) < len(prompt) + count:
        ids, parents = tree_of(draft, text, widths)
        reply = sampler.verify(
            target(text, ids, parents),
            ids,
            parents=parents,
            history=text,
            prompt_length=len(prompt),
            step=len(text) - len(prompt),
            **options,
        )
        text += reply["token_ids"]  # a host with a cache keeps the cells of the nodes in reply["path"]
        calls += 1
    return text[len(prompt) :], calls


def main():
    import torch
    from logit_sampler import Sampler
    from transformers import LlamaConfig, LlamaForCausalLM

    torch.manual_seed(1)
    config = LlamaConfig(
        vocab_size=500, hidden_size=64, intermediate_size=128, num_hidden_layers=4, num_attention_heads=4
    )
    config.initializer_range = 0.3  # so that a random model prefers some tokens
    model = LlamaForCausalLM(config).eval()

    def draft(text, k):
        states = model.model(torch.tensor([text]), output_hidden_states=True).hidden_states
        return model.lm_head(model.model.norm(states[-2][0, -1])).topk(k).indices.tolist()

    def target(text, ids, parents):
        """One pass over the text and the tree: a node sees the text, the nodes above it, and itself."""
        begin, length = len(text), len(text) + len(ids)
        sees = torch.ones(length, length, dtype=torch.bool).tril()
        sees[begin:, begin:] = False
        positions = list(range(begin))
        for node, parent in enumerate(parents):
            if parent >= 0:
                sees[begin + node, begin:] = sees[begin + parent, begin:]
            sees[begin + node, begin + node] = True
            positions.append(begin if parent < 0 else positions[begin + parent] + 1)
        mask = torch.zeros(length, length).masked_fill(~sees, torch.finfo(torch.float32).min)
        read = model(
            torch.tensor([text + ids]), attention_mask=mask[None, None], position_ids=torch.tensor([positions])
        )
        return read.logits[0, begin - 1 :].float().numpy()

    prompt = [1, 2, 3]
    with torch.no_grad(), Sampler() as sampler:
        text, calls = write(sampler, draft, target, prompt, TOKENS, **OPTIONS)
        print(f"{len(text)} tokens in {calls} calls: {text}")
        plain = list(prompt)
        for step in range(len(text)):
            row = model(torch.tensor([plain])).logits[0, -1].float().numpy()
            reply = sampler.sample(row, history=plain, prompt_length=len(prompt), step=step, **OPTIONS)
            plain.append(reply["token_id"])
        print("the same as token by token" if plain[len(prompt) :] == text else "not the same as token by token")


if __name__ == "__main__":
    main()
