"""Hugging Face transformers: every token of ``generate()`` is drawn by the service.

    from transformers import LogitsProcessorList
    processor = ServiceLogitsProcessor(SamplerClient(url), temperature=0.8, top_p=0.95, seed=7)
    model.generate(**inputs, do_sample=False, logits_processor=LogitsProcessorList([processor]))

or, for one sequence, a loop of its own that keeps a stream open and sends the logits in the model's own dtype:

    model.generate(**inputs, max_new_tokens=50, custom_generate=generate,
                   client=SamplerClient(url), options={"temperature": 0.8, "seed": 7})

Leave the sampling flags of transformers alone (``do_sample=False``): whatever they would do comes before the service.
"""

import random
from typing import Any, Dict, List, Mapping, Optional

import numpy

from logit_sampler import Packed, SamplerClient, SamplerProblem

try:
    from transformers import LogitsProcessor
except ImportError:  # the shape of the class is all that generate() asks for
    LogitsProcessor = object

_BEAMS = "the service draws tokens and cannot search for beams: num_beams must be 1"
_ANOTHER = "a ServiceLogitsProcessor serves one generate() call that takes the tokens it draws: make another"


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
        self._prompt_width: Optional[int] = None
        self._states: List[Any] = []
        #: the ids of the last call, with the tokens that were drawn then
        self._expected: Any = None
        self._ended: Any = None

    def __call__(self, input_ids: Any, scores: Any) -> Any:
        ids = input_ids.cpu().numpy()
        if self._prompt_width is None:
            self._begin(ids, scores)
        else:
            self._go_on(ids)
        own = [self._row_options(index, row.tolist()) for index, row in enumerate(ids)]
        replies = self._client.sample_batch(_logits_of(scores), own, **self._options)
        forced = scores.new_full(scores.shape, float("-inf"))
        drawn = numpy.empty((len(ids), 1), dtype=ids.dtype)
        for index, reply in enumerate(replies):
            if isinstance(reply, SamplerProblem):
                raise reply
            self._states[index] = reply["state"]
            drawn[index] = reply["token_id"]
            forced[index, reply["token_id"]] = 0.0
        self._expected = numpy.concatenate([ids, drawn], axis=1)
        return forced

    def _begin(self, ids: Any, scores: Any) -> None:
        if len(ids) > 1 and _are_beams(ids, scores):
            raise ValueError(_BEAMS)
        self._prompt_width = ids.shape[1]
        self._states = [None] * len(ids)
        self._ended = numpy.zeros(len(ids), dtype=bool)

    def _go_on(self, ids: Any) -> None:
        """The ids are those of the call before with its tokens, but for sequences that ended: those are padded."""
        if ids.shape != self._expected.shape or (ids[:, :-1] != self._expected[:, :-1])[~self._ended].any():
            raise ValueError(_ANOTHER)
        self._ended |= ids[:, -1] != self._expected[:, -1]

    def _row_options(self, index: int, ids: List[int]) -> Dict[str, Any]:
        width = self._prompt_width or 0
        padding = 0
        while padding < width and ids[padding] == self._pad_token_id:
            padding += 1
        return {
            "seed": str(self._seed + index),
            "step": len(ids) - width,
            "history": ids[padding:],
            "prompt_length": width - padding,
            "state": self._states[index],
        }


def _are_beams(ids: Any, scores: Any) -> bool:
    """Beam search alone gives rows of one prompt more than once, and log-probabilities instead of logits."""
    same = bool((ids[0] == ids[1]).all())
    return same and bool((scores.float().logsumexp(-1).abs() < 1e-3).all())


def generate(
    model: Any,
    input_ids: Any,
    logits_processor: Any = None,
    stopping_criteria: Any = None,
    generation_config: Any = None,
    *,
    client: SamplerClient,
    options: Mapping[str, Any],
    stream_to: Any = None,
    **model_kwargs: Any,
) -> Any:
    """A decoding loop for ``custom_generate``: one sequence without padding, one row a step over a stream.

    ``logits_processor`` runs before the service, ``stopping_criteria`` after it; ``generation_config`` has done its
    work when generate() made those two. ``stream_to`` is a streamer; ``streamer=`` of generate() never comes here.

    transformers takes out of its arguments every name of this signature that its own loop has not: ``attention_mask``
    and ``past_key_values`` therefore come in ``model_kwargs``.
    """
    import torch

    _refuse(model, generation_config)
    mask = model_kwargs.pop("attention_mask", None)
    if len(input_ids) != 1 or (mask is not None and not bool(mask.all())):
        raise ValueError("this loop generates one sequence without padding: use ServiceLogitsProcessor for batches")
    past = model_kwargs.pop("past_key_values", None)
    history = input_ids[0].tolist()
    seen = past.get_seq_length() if hasattr(past, "get_seq_length") else 0
    fed = _first_inputs(input_ids[:, seen:], model_kwargs)
    if stream_to is not None:
        stream_to.put(input_ids.cpu())
    stream: Any = None
    try:
        while True:
            outputs = model(**fed, past_key_values=past, use_cache=True)
            past = outputs.past_key_values
            logits = outputs.logits[:, -1, :]
            if logits_processor:
                logits = logits_processor(input_ids, logits)
            row = _logits_of(logits)
            if stream is None:
                dtype = row.dtype if isinstance(row, Packed) else _DTYPES[row.dtype.name]
                stream = client.stream(**{**options, "dtype": dtype, "history": history, "prompt_length": len(history)})
            token = input_ids.new_tensor([[stream.next(_first(row))["token_id"]]])
            input_ids = torch.cat([input_ids, token], dim=1)
            fed = {"input_ids": token}
            if stream_to is not None:
                stream_to.put(token[0].cpu())
            if stopping_criteria is None or _all(stopping_criteria(input_ids, None)):
                break
    finally:
        if stream is not None:
            stream.close()
        if stream_to is not None:
            stream_to.end()
    if not getattr(generation_config, "return_dict_in_generate", False):
        return input_ids
    from transformers.generation import GenerateDecoderOnlyOutput

    return GenerateDecoderOnlyOutput(sequences=input_ids, past_key_values=past)


#: What generate() counts out for its own loop; the model finds them by itself, since nothing is padded.
_COUNTED = ("position_ids", "cache_position", "use_cache", "logits_to_keep")


def _first_inputs(unseen: Any, model_kwargs: Mapping[str, Any]) -> Dict[str, Any]:
    """What the model is fed first: the prompt, or its embeddings, and what belongs to it (images, sounds)."""
    own = {name: value for name, value in model_kwargs.items() if name not in _COUNTED and value is not None}
    return own if "inputs_embeds" in own else {**own, "input_ids": unseen}


def _refuse(model: Any, generation_config: Any) -> None:
    if getattr(generation_config, "num_beams", 1) not in (None, 1):
        raise ValueError(f"{_BEAMS}, got {generation_config.num_beams}")
    if getattr(getattr(model, "config", None), "is_encoder_decoder", False):
        raise ValueError("this loop is for decoders: use ServiceLogitsProcessor for a model with an encoder")


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
