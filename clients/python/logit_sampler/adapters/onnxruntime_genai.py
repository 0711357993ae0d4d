"""onnxruntime-genai: the loop of its examples, with every token drawn by the service.

    params = og.GeneratorParams(model)
    params.set_search_options(max_length=200, do_sample=False)
    generator = og.Generator(model, params)
    generator.append_tokens(tokenizer.encode("Once upon a time"))
    for token_id in generate(generator, SamplerClient(url), temperature=0.8, top_p=0.95, seed=7):
        print(stream.decode(token_id), end="", flush=True)

``do_sample=False``: the generator takes the largest logit, and only the service's token has one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Iterator

import numpy

from logit_sampler.adapters._token import token_of

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from logit_sampler import types
    from logit_sampler.protocol import SamplerLike

#: Far below any logit, and finite: the generator's own arithmetic may follow.
_MASKED = -1e9


def generate(generator: Any, client: SamplerLike, **options: Unpack[types.StepOptions]) -> Iterator[int]:
    """Yields the tokens of one sequence until the generator is done, or a reply has a ``finish_reason``. The prompt has been
    appended before. ``client`` is a ``SamplerClient`` or a ``Sampler``."""
    history = [int(token_id) for token_id in generator.get_sequence(0)]
    place: types.StepOptions = {**options, "history": history, "prompt_length": len(history)}
    stream = client.stream(**place)
    try:
        while not generator.is_done():
            logits = numpy.asarray(generator.get_logits(), dtype=numpy.float32)  # [1, positions, vocab_size]
            row = logits.reshape(-1, logits.shape[-1])[-1]
            reply = stream.next(row)
            token_id = token_of(reply)
            forced = numpy.full_like(logits, _MASKED)
            forced[..., token_id] = 0.0
            generator.set_logits(forced)
            generator.generate_next_token()
            yield token_id
            if reply.get("finish_reason") is not None:
                break
    finally:
        stream.close()
