"""The plain sampler as a program of the conformance suite; PLAIN_BROKEN names the switch that breaks it."""

import json
import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "clients/python"))
sys.path.insert(0, str(Path(__file__).parent))
import plain_sampler  # noqa: E402

from logit_sampler import conform  # noqa: E402

if sys.argv[1:] == ["mutants"]:
    print(json.dumps(plain_sampler.MUTANTS))
    sys.exit()

sampler = plain_sampler.sampler_with(os.environ.get("PLAIN_BROKEN"))
for line in sys.stdin:
    asked = json.loads(line)
    answer = {"not_supported": True}
    if asked["task"] == "distribution":
        try:
            left = sampler(conform.row_of(asked["row"]), conform.Options.of(asked), asked.get("history", []))
            answer = {"kept": sorted(left), "probabilities": [left[token] for token in sorted(left)]}
        except conform.NotSupported:
            pass
    print(json.dumps({"id": asked["id"], **answer}))
