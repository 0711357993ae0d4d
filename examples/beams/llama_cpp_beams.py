"""A beam search with llama-cpp-python: llama.cpp reads all live beams in one pass, the sampler says which go on.

python llama_cpp_beams.py model.gguf "Once upon a time". pip install llama-cpp-python numpy "logit-sampler[local]".
"""

import sys

BEAM = {"rule": "transformers", "num_beams": 4, "max_tokens": 24, "length_penalty": 1.0}


def search(sampler, model, prompt, beam):
    """The sequences that a search finds, the best first, as pairs of a score and token ids. ``model.begin(prompt)`` gives the
    row after the prompt, ``model.go_on(beams)`` a row for each of ``beams`` of a reply, which it takes over from their parents."""
    rows, live, texts, state = [model.begin(prompt)], [[]], {}, None
    while True:
        reply = sampler.beam(rows, beam, state)
        for end in reply["ended"]:
            texts[end["id"]] = live[end["parent"]] + [end["token_id"]]
        live = [live[each["parent"]] + [each["token_id"]] for each in reply["beams"]]
        state = reply["search"]
        if state["finished"]:
            return [(end["score"], texts[end["id"]]) for end in state["ended"]]
        rows = model.go_on(reply["beams"])


class LlamaBeams:
    """The cache of llama.cpp with a sequence for each beam. Beams with one parent share its cells: a split copies nothing."""

    def __init__(self, path, beams, context_tokens=512):
        import llama_cpp

        self.api = api = llama_cpp
        self.beams = beams
        self.text = api.Llama(path, vocab_only=True, verbose=False)  # for its tokenizer
        self.model = api.llama_model_load_from_file(path.encode(), api.llama_model_default_params())
        options = api.llama_context_default_params()
        options.n_ctx, options.n_seq_max, options.kv_unified = context_tokens, 2 * beams, True
        self.context = api.llama_init_from_model(self.model, options)
        self.memory = api.llama_get_memory(self.context)
        self.batch = api.llama_batch_init(context_tokens, 0, 1)
        self.bank = 0  # the live beams are sequences 0 to beams - 1, or those after them

    @property
    def vocab_size(self):
        return self.text.n_vocab()

    @property
    def end_token_id(self):
        return self.text.token_eos()

    def begin(self, prompt):
        self.api.llama_memory_clear(self.memory, True)
        self.bank = 0
        rows = self._read([(token_id, at, 0) for at, token_id in enumerate(prompt)], last_only=True)
        self.length = len(prompt)
        return rows[0]

    def go_on(self, beams):
        old, self.bank = self.bank, self.beams - self.bank
        for i, beam in enumerate(beams):
            self.api.llama_memory_seq_cp(self.memory, old + beam["parent"], self.bank + i, -1, -1)
        for i in range(self.beams):
            self.api.llama_memory_seq_rm(self.memory, old + i, -1, -1)
        rows = self._read([(beam["token_id"], self.length, self.bank + i) for i, beam in enumerate(beams)])
        self.length += 1
        return rows

    def _read(self, tokens, last_only=False):
        """The rows after tokens of (id, position, sequence)."""
        import numpy

        self.batch.n_tokens = len(tokens)
        for i, (token_id, position, sequence) in enumerate(tokens):
            self.batch.token[i], self.batch.pos[i] = token_id, position
            self.batch.n_seq_id[i], self.batch.seq_id[i][0] = 1, sequence
            self.batch.logits[i] = not last_only or i == len(tokens) - 1
        if self.api.llama_decode(self.context, self.batch) != 0:
            raise RuntimeError(f"llama.cpp could not read {len(tokens)} tokens")
        wanted = [len(tokens) - 1] if last_only else range(len(tokens))
        rows = (self.api.llama_get_logits_ith(self.context, i) for i in wanted)
        return [numpy.ctypeslib.as_array(row, (self.vocab_size,)).copy() for row in rows]


def main(path, prompt):
    from logit_sampler import Sampler

    model = LlamaBeams(path, BEAM["num_beams"])
    tokens = model.text.tokenize(prompt.encode(), add_bos=False)
    with Sampler() as sampler:
        for score, text in search(sampler, model, tokens, {**BEAM, "end_token_ids": [model.end_token_id]}):
            print(f"{score:8.4f} {prompt + model.text.detokenize(text).decode(errors='replace')!r}")


if __name__ == "__main__":
    main(*sys.argv[1:])
