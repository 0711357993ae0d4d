"""Hugging Face transformers: every token of ``generate()`` is drawn by the service.

    from transformers import LogitsProcessorList
    processor = ServiceLogitsProcessor(SamplerClient(url), temperature=0.8, top_p=0.95, seed=7)
    model.generate(**inputs, do_sample=False, logits_processor=LogitsProcessorList([processor]))

or, for one sequence, a loop of its own that keeps a stream open and sends the logits in the model's own dtype:

    loop = functools.partial(generate, client=SamplerClient(url), options={"temperature": 0.8, "seed": 7})
    model.generate(**inputs, max_new_tokens=50, custom_generate=loop)

Leave the sampling flags of transformers alone (``do_sample=False``): whatever they would do comes before the service.
"""

import random
from typing import Any, Dict, List, Mapping, Optional

from logit_sampler import Packed, SamplerClient, SamplerProblem

try:
    from transformers import LogitsProcessor
except ImportError:  # the shape of the class is all that generate() asks for
    LogitsProcessor = object


class ServiceLogitsProcessor(LogitsProcessor):
    """Asks the service for the token of each row and leaves nothing else to draw. One for each ``generate()`` call.

    ``options`` are those of the service. Row i of a batch draws with ``seed + i``; without a seed one is made up.
    ``pad_token_id`` is what prompts are padded with on the left; without it padding would count as history.
    """

    def __init__(self, client: SamplerClient, *, pad_token_id: Optional[int] = None, **options: Any) -> None:
        self._client = client
        self._pad_token_id = pad_token_id
        self._seed = int(options.pop("seed", random.getrandbits(53)))
        self._options = options
        self._prompt_width = 0
        self._width = 0
        self._states: List[Any] = []

    def __call__(self, input_ids: Any, scores: Any) -> Any:
        rows, width = len(input_ids), len(input_ids[0])
        self._begin_or_go_on(rows, width)
        own = [self._row_options(index, input_ids[index].tolist()) for index in range(rows)]
        replies = self._client.sample_batch(_logits_of(scores), own, **self._options)
        forced = scores.new_full(scores.shape, float("-inf"))
        for index, reply in enumerate(replies):
            if isinstance(reply, SamplerProblem):
                raise reply
            self._states[index] = reply["state"]
            forced[index, reply["token_id"]] = 0.0
        return forced

    def _begin_or_go_on(self, rows: int, width: int) -> None:
        if self._width == 0:
            self._prompt_width = width
            self._states = [None] * rows
        elif width != self._width + 1 or rows != len(self._states):
            raise ValueError("a ServiceLogitsProcessor serves one generate() call without beams: make another")
        self._width = width

    def _row_options(self, index: int, ids: List[int]) -> Dict[str, Any]:
        padding = 0
        while padding < self._prompt_width and ids[padding] == self._pad_token_id:
            padding += 1
        return {
            "seed": str(self._seed + index),
            "step": self._width - self._prompt_width,
            "history": ids[padding:],
            "prompt_length": self._prompt_width - padding,
            "state": self._states[index],
        }


def generate(
    model: Any,
    input_ids: Any,
    logits_processor: Any = None,
    stopping_criteria: Any = None,
    generation_config: Any = None,
    *,
    client: SamplerClient,
    options: Mapping[str, Any],
    streamer: Any = None,
    past_key_values: Any = None,
    attention_mask: Any = None,
    **_: Any,
) -> Any:
    """A decoding loop for ``custom_generate``: one sequence without padding, one row a step over a stream.

    ``logits_processor`` runs before the service, ``stopping_criteria`` after it; ``generation_config`` has done its
    work when generate() made those two.
    """
    import torch

    if len(input_ids) != 1 or (attention_mask is not None and not bool(attention_mask.all())):
        raise ValueError("this loop generates one sequence without padding: use ServiceLogitsProcessor for batches")
    history = input_ids[0].tolist()
    unseen = input_ids
    stream: Any = None
    try:
        while True:
            outputs = model(input_ids=unseen, past_key_values=past_key_values, use_cache=True)
            past_key_values = outputs.past_key_values
            logits = outputs.logits[:, -1, :]
            if logits_processor:
                logits = logits_processor(input_ids, logits)
            row = _logits_of(logits)
            if stream is None:
                dtype = row.dtype if isinstance(row, Packed) else _DTYPES[row.dtype.name]
                stream = client.stream(**{**options, "dtype": dtype, "history": history, "prompt_length": len(history)})
            unseen = input_ids.new_tensor([[stream.next(_first(row))["token_id"]]])
            input_ids = torch.cat([input_ids, unseen], dim=1)
            if streamer is not None:
                streamer.put(unseen[0])
            if stopping_criteria is None or _all(stopping_criteria(input_ids, None)):
                break
    finally:
        if stream is not None:
            stream.close()
    if streamer is not None:
        streamer.end()
    return input_ids


_DTYPES = {"float32": "f32", "float16": "f16"}


def _logits_of(scores: Any) -> Any:
    """The tensor on the CPU, as numpy; bfloat16, which numpy does not know, as its bits."""
    tensor = scores.detach().cpu().contiguous()
    if str(tensor.dtype) != "torch.bfloat16":
        return tensor.numpy()
    import torch

    return Packed(tensor.view(torch.int16).numpy(), "bf16")


def _first(rows: Any) -> Any:
    return rows if isinstance(rows, Packed) else rows[0]


def _all(done: Any) -> bool:
    """Older versions answer one bool, newer ones a tensor of one for each sequence."""
    return bool(done.all()) if hasattr(done, "all") else bool(done)
