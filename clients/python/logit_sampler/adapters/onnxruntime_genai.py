"""onnxruntime-genai: the loop of its examples, with every token drawn by the service.

    params = og.GeneratorParams(model)
    params.set_search_options(max_length=200, do_sample=False)
    generator = og.Generator(model, params)
    generator.append_tokens(tokenizer.encode("Once upon a time"))
    for token_id in generate(generator, SamplerClient(url), temperature=0.8, top_p=0.95, seed=7):
        print(stream.decode(token_id), end="", flush=True)

``do_sample=False``: the generator takes the largest logit, and only the service's token has one.
"""

from typing import Any, Iterator

import numpy

from logit_sampler import SamplerClient

#: Far below any logit, and finite: the generator's own arithmetic may follow.
_MASKED = -1e9


def generate(generator: Any, client: SamplerClient, **options: Any) -> Iterator[int]:
    """Yields the tokens of one sequence until the generator is done. The prompt has been appended before."""
    history = [int(token_id) for token_id in generator.get_sequence(0)]
    with client.stream(**options, history=history, prompt_length=len(history)) as stream:
        while not generator.is_done():
            logits = numpy.asarray(generator.get_logits(), dtype=numpy.float32)  # [1, positions, vocab_size]
            row = logits.reshape(-1, logits.shape[-1])[-1]
            token_id = stream.next(row)["token_id"]
            forced = numpy.full_like(logits, _MASKED)
            forced[..., token_id] = 0.0
            generator.set_logits(forced)
            generator.generate_next_token()
            yield token_id
