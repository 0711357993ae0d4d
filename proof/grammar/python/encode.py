"""Encodes texts as Hugging Face's tokenizers do: reads a JSON text a line, writes its ids a line. `encode.py tokenizer.json`."""

import json
import sys

import tokenizers

tokenizer = tokenizers.Tokenizer.from_file(sys.argv[1])
for line in sys.stdin:
    print(json.dumps(tokenizer.encode(json.loads(line), add_special_tokens=False).ids))
