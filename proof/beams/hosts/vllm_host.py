"""vLLM's own BeamSearchOfflineMixin, with a model whose log-probabilities are those of the given rows."""

import types

import numpy as np
from rows import row_of, searches, tell
from vllm.entrypoints.generate.beam_search import offline
from vllm.logprobs import Logprob
from vllm.sampling_params import BeamSearchParams


class Rows(offline.BeamSearchOfflineMixin):
    def __init__(self):
        self.world = {}
        self.ends = []
        tokenizer = types.SimpleNamespace(eos_token_id=None, decode=lambda *_, **__: "")
        self.renderer = types.SimpleNamespace(get_tokenizer=lambda: tokenizer)
        processor = types.SimpleNamespace(
            resolve_watermarking=lambda *_: None, vllm_config=None, generation_config_fields={}
        )
        self.llm_engine = types.SimpleNamespace(input_processor=processor)
        self.count = 0

    def _preprocess_cmpl(self, prompts):
        return [{"type": "token", "prompt_token_ids": list(self.world["prompt"])} for _ in prompts]

    def _lora_request_to_seq(self, lora_request, count):
        return [None] * count

    def _priority_to_seq(self, priority, count):
        return [0] * count

    def _params_to_seq(self, params, count):
        self.count = params.logprobs
        return [params] * count

    def _render_and_run_requests(self, prompts, **_):
        return [self._answer(prompt["prompt_token_ids"]) for prompt in prompts]

    def _answer(self, tokens):
        row = row_of(self.world, tokens).astype(np.float32)
        shifted = row - row.max()
        logprobs = shifted - np.log(np.exp(shifted).sum(dtype=np.float32))
        top = np.argsort(-logprobs, kind="stable")[: self.count]
        entry = {int(i): Logprob(float(logprobs[i]), rank + 1) for rank, i in enumerate(top)}
        return types.SimpleNamespace(outputs=[types.SimpleNamespace(logprobs=[entry], finish_reason="length")])


def main():
    host = Rows()
    for search in searches():
        world, beam = search["world"], search["beam"]
        host.world, host.ends = world, beam["end_token_ids"]
        offline.get_beam_search_eos_token_ids = lambda *_: set(host.ends)
        params = BeamSearchParams(
            beam_width=beam["num_beams"], max_tokens=beam["max_tokens"], length_penalty=beam["length_penalty"]
        )
        params.configure_logprobs = lambda *_: None
        (out,) = host.beam_search([{"prompt_token_ids": world["prompt"]}], params)
        begin = len(world["prompt"])
        scoreOf = offline.create_sort_beams_key_function(beam["length_penalty"])
        tell([(sequence.tokens[begin:], scoreOf(sequence)) for sequence in out.sequences])


main()
