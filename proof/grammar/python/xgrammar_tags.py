"""Which texts XGrammar's matcher parses as structural tags: a line of JSON in, a line of JSON out.

In: {"tags": …, "triggers": …, "at_least_one": …, "stop_after_first": …, "texts": ["…"]}.
Out: for each text "whole", "begun" or "no".
"""

import json
import sys

import standin  # noqa: F401  (before xgrammar, which imports torch and transformers for names only)
import xgrammar
from xgrammar.testing import _get_matcher_from_grammar


def content_of(content):
    if "json_schema" in content:
        return {"type": "json_schema", "json_schema": content["json_schema"]}
    if "regex" in content:
        return {"type": "regex", "pattern": content["regex"]}
    return {"type": "any_text"}


def judge(grammar, text):
    matcher = _get_matcher_from_grammar(grammar)
    data = text.encode()
    for i in range(len(data)):
        if not matcher.accept_string(data[i : i + 1]):
            return "no"
    return "whole" if matcher.is_completed() else "begun"


for line in sys.stdin:
    asked = json.loads(line)
    form = {
        "type": "triggered_tags",
        "triggers": asked["triggers"],
        "tags": [
            {"type": "tag", "begin": tag["begin"], "content": content_of(tag["content"]), "end": tag["end"]}
            for tag in asked["tags"]
        ],
        "at_least_one": asked["at_least_one"],
        "stop_after_first": asked["stop_after_first"],
    }
    grammar = xgrammar.Grammar.from_structural_tag(json.dumps({"type": "structural_tag", "format": form}))
    print(json.dumps([judge(grammar, text) for text in asked["texts"]]), flush=True)
