"""A sampler as a program of the conformance suite: copy it, and put your sampler in the place of `distribution`.

    logit-sampler conform --command "python3 sampler.py"
    python -m logit_sampler.conform --command "python3 sampler.py"
"""

import json
import math
import sys


def distribution(row, chain):
    """Probabilities by token id behind the stages; None for a stage that this sampler does not have."""
    kept = {token: logit for token, logit in enumerate(row) if logit > -math.inf}
    for entry in chain:
        if set(entry) == {"stage", "temperature"} and entry["temperature"] > 0:
            kept = {token: logit / entry["temperature"] for token, logit in kept.items()}
        elif set(entry) == {"stage", "top_k"} and entry["top_k"] > 0:
            best = sorted(kept, key=lambda token: (-kept[token], token))[: entry["top_k"]]
            kept = {token: kept[token] for token in sorted(best)}
        else:
            return None
    highest = max(kept.values())
    weights = {token: math.exp(logit - highest) for token, logit in kept.items()}
    total = sum(weights.values())
    return {token: weight / total for token, weight in weights.items()}


for line in sys.stdin:
    question = json.loads(line)
    answer = None
    if question["task"] == "distribution" and isinstance(question["row"], list):
        row = [-math.inf if logit is None else logit for logit in question["row"]]
        answer = distribution(row, question["chain"])
    if answer is None:
        print(json.dumps({"id": question["id"], "not_supported": True}))
    else:
        print(json.dumps({"id": question["id"], "kept": list(answer), "probabilities": list(answer.values())}))
