"""Hugging Face transformers: every token of ``generate()`` is drawn by the service, or by the sampler in the process.

    from transformers import LogitsProcessorList
    processor = ServiceLogitsProcessor(SamplerClient(url), temperature=0.8, top_p=0.95, seed=7)
    model.generate(**inputs, do_sample=False, logits_processor=LogitsProcessorList([processor]))

or, for one sequence, a loop of its own that keeps a stream open and sends the logits in the model's own dtype:

    model.generate(**inputs, max_new_tokens=50, custom_generate=generate,
                   client=SamplerClient(url), options={"temperature": 0.8, "seed": 7})

``Sampler()`` takes the place of ``SamplerClient(url)`` in both. Leave the sampling flags of transformers alone
(``do_sample=False``): whatever they would do comes before the service. For ``output_scores`` and
``compute_transition_scores`` ask with ``logprobs=True``.
"""

from __future__ import annotations

import random
import sys
from typing import TYPE_CHECKING, Any, Dict, List, Mapping, Optional, Sequence, cast

import numpy

from logit_sampler import Packed, SamplerProblem
from logit_sampler.adapters._scores import scores_of
from logit_sampler.adapters._token import token_of

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from logit_sampler import types
    from logit_sampler.protocol import SamplerLike, StreamLike

try:
    from transformers import LogitsProcessor
except ImportError:  # the shape of the class is all that generate() asks for
    LogitsProcessor = object

_BEAMS = "the service draws tokens and cannot search for beams: num_beams must be 1"
_ANOTHER = "a ServiceLogitsProcessor serves one generate() call that takes the tokens it draws: make another"
_DRAFTS = (
    "a ServiceLogitsProcessor draws one token a step, and assistants and prompt lookup ask for several:"
    " leave assistant_model and prompt_lookup_num_tokens out"
)
#: Names of the loops from which generate() calls its processors.
_LOOPS = {"_sample": None, "_assisted_decoding": _DRAFTS, "_beam_search": _BEAMS, "_group_beam_search": _BEAMS}
# : Number of frames that are searched: a loop calls its list of processors, and an assistant's generate() is called by
# a loop.
_FRAMES_MAX = 40


class ServiceLogitsProcessor(LogitsProcessor):
    """Draws the token of each row with the service, and leaves only that token in the row. Use one for each
    ``generate()`` call.

    ``client`` is a ``SamplerClient`` or a ``Sampler``; ``options`` are those of the service. Row i of a batch draws
    with ``seed + i``; without a seed, a random one is used. ``pad_token_id`` is the token that pads prompts on the
    left; without it, padding would count as history. With ``logprobs=True`` the scores that generate() returns have the
    drawn token's log-probability, which ``compute_transition_scores`` returns; without it, reading the scores raises
    ValueError.
    """

    def __init__(
        self, client: SamplerLike, *, pad_token_id: Optional[int] = None, **options: Unpack[types.StepOptions]
    ) -> None:
        self._client = client
        self._pad_token_id = pad_token_id
        given = cast("Dict[str, Any]", options)
        self._seed = int(given.pop("seed", random.getrandbits(53)))
        self._options = options
        self._prompt_width: Optional[int] = None
        self._states: List[Any] = []
        #: for a sampler in this process: streams keep the histories, so they need not be sent at each step
        self._streams: List[StreamLike] = []
        self._last: List[types.Sampled] = []
        #: the ids of the last call, with the tokens that were drawn then
        self._expected: Any = None
        self._ended: Any = None

    def __call__(self, input_ids: Any, scores: Any) -> Any:
        ids = input_ids.cpu().numpy()
        if self._prompt_width is None:
            self._begin(ids, scores)
        else:
            self._go_on(ids)
        replies = self._streamed(ids, scores) if self._streams else self._batched(ids, scores)
        drawn = numpy.array([[token_of(reply)] for reply in replies], dtype=ids.dtype)
        self._expected = numpy.concatenate([ids, drawn], axis=1)
        return scores_of(scores, replies)

    def _batched(self, ids: Any, scores: Any) -> Sequence[types.Sampled]:
        own = [self._row_options(index, row.tolist()) for index, row in enumerate(ids)]
        replies = []
        for index, reply in enumerate(self._client.sample_batch(_logits_of(scores), own, **self._options)):
            if isinstance(reply, SamplerProblem):
                raise reply
            self._states[index] = reply["state"]
            replies.append(reply)
        return replies

    def _streamed(self, ids: Any, scores: Any) -> Sequence[types.Sampled]:
        rows = _logits_of(scores)
        replies: List[types.Sampled] = []
        for index, stream in enumerate(self._streams):
            if self._ended[index]:  # its stream stays where it ended; what is drawn for it is thrown away
                replies.append(self._last[index])
                continue
            replies.append(stream.next(rows[index] if not isinstance(rows, Packed) else Packed(rows.data[index], "bf16")))
        self._last = replies
        return replies

    def _begin(self, ids: Any, scores: Any) -> None:
        _require_one_token_a_step(ids, scores)
        self._prompt_width = ids.shape[1]
        self._states = [None] * len(ids)
        self._ended = numpy.zeros(len(ids), dtype=bool)
        if getattr(self._client, "in_process", False):
            dtype = "bf16" if str(scores.dtype) == "torch.bfloat16" else "f16" if "float16" in str(scores.dtype) else "f32"
            for index, row in enumerate(ids):
                place = {**self._options, **self._row_options(index, row.tolist()), "dtype": dtype, "step": 0}
                self._streams.append(self._client.stream(**cast("types.StreamOptions", place)))

    def _go_on(self, ids: Any) -> None:
        """The ids must be those of the previous call and its tokens; sequences that ended are padded."""
        if ids.shape != self._expected.shape or (ids[:, :-1] != self._expected[:, :-1])[~self._ended].any():
            raise ValueError(_ANOTHER)
        self._ended |= ids[:, -1] != self._expected[:, -1]

    def _row_options(self, index: int, ids: List[int]) -> types.StepOptions:
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


def _require_one_token_a_step(ids: Any, scores: Any) -> None:
    """Raises ValueError under beam search and drafts, recognised by the name of the calling loop or by the shape of the
    rows."""
    frame: Any = sys._getframe(2)
    is_known = False
    for _ in range(_FRAMES_MAX):
        if frame is None:
            break
        name = frame.f_code.co_name
        is_known = is_known or name in _LOOPS
        sentence = _LOOPS.get(name)
        if sentence is not None:  # an assistant's own loop is called by that of the model
            raise ValueError(sentence)
        frame = frame.f_back
    if is_known:
        return
    if len(ids) > 1 and _are_beams(ids, scores):
        raise ValueError(_BEAMS)


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
    client: SamplerLike,
    options: Mapping[str, Any],
    stream_to: Any = None,
    **model_kwargs: Any,
) -> Any:
    """A decoding loop for ``custom_generate``: one sequence without padding, one row a step over a stream.

    ``client`` is a ``SamplerClient`` or a ``Sampler``; ``options`` are those of a stream. It ends where the stopping
    criteria say so, or a reply has a ``finish_reason``. With ``output_scores`` the scores have the drawn token's
    log-probability and no other; ``output_logits`` are the model's own.

    ``logits_processor`` runs before the service, ``stopping_criteria`` after it; ``generation_config`` has done its
    work when generate() made those two. ``stream_to`` is a streamer; ``streamer=`` of generate() never comes here.

    transformers takes out of its arguments every name of this signature that its own loop has not: ``attention_mask``
    and ``past_key_values`` therefore come in ``model_kwargs``.
    """
    import torch

    _refuse(model, generation_config, model_kwargs)
    wants_scores, wants_logits = _wanted(generation_config)
    if wants_scores:
        options = {**options, "logprobs": True}
    mask = model_kwargs.pop("attention_mask", None)
    if len(input_ids) != 1 or (mask is not None and not bool(mask.all())):
        raise ValueError("this loop generates one sequence without padding: use ServiceLogitsProcessor for batches")
    kept = "cache" if "cache" in model_kwargs else "past_key_values"  # as this version of transformers names it
    past = model_kwargs.pop(kept, None)
    history = input_ids[0].tolist()
    seen = past.get_seq_length() if hasattr(past, "get_seq_length") else 0
    fed = _first_inputs(input_ids[:, seen:], model_kwargs)
    if stream_to is not None:
        stream_to.put(input_ids.cpu())
    stream: Any = None
    all_scores: List[Any] = []
    all_logits: List[Any] = []
    try:
        while True:
            outputs = model(**fed, **{kept: past}, use_cache=True)
            past = getattr(outputs, kept)
            logits = outputs.logits[:, -1, :]
            if wants_logits:
                all_logits.append(logits.float())
            if logits_processor:
                logits = logits_processor(input_ids, logits)
            row = _logits_of(logits)
            if stream is None:
                dtype = row.dtype if isinstance(row, Packed) else _DTYPES[row.dtype.name]
                place = {**options, "dtype": dtype, "history": history, "prompt_length": len(history)}
                stream = client.stream(**cast("types.StreamOptions", place))
            reply = stream.next(_first(row))
            token = input_ids.new_tensor([[token_of(reply)]])
            if wants_scores:
                all_scores.append(scores_of(logits.float(), [reply]))
            input_ids = torch.cat([input_ids, token], dim=1)
            fed = {"input_ids": token}
            if stream_to is not None:
                stream_to.put(token[0].cpu())
            if stopping_criteria is None or _all(stopping_criteria(input_ids, None)) or reply.get("finish_reason"):
                break
    finally:
        if stream is not None:
            stream.close()
        if stream_to is not None:
            stream_to.end()
    if not getattr(generation_config, "return_dict_in_generate", False):
        return input_ids
    from transformers.generation import GenerateDecoderOnlyOutput

    told = {"scores": tuple(all_scores) if wants_scores else None, "logits": tuple(all_logits) if wants_logits else None}
    return GenerateDecoderOnlyOutput(sequences=input_ids, **{kept: past}, **told)


#: What generate() counts out for its own loop; the model finds them by itself, since nothing is padded.
_COUNTED = ("position_ids", "cache_position", "use_cache", "logits_to_keep")


def _first_inputs(unseen: Any, model_kwargs: Mapping[str, Any]) -> Dict[str, Any]:
    """The model's first input: the prompt, or its embeddings, with further inputs (images, sounds)."""
    own = {name: value for name, value in model_kwargs.items() if name not in _COUNTED and value is not None}
    return own if "inputs_embeds" in own else {**own, "input_ids": unseen}


def _wanted(generation_config: Any) -> "tuple[bool, bool]":
    """Whether scores and logits are to be returned. Raises ValueError for what this loop does not keep."""
    if not getattr(generation_config, "return_dict_in_generate", False):
        return False, False
    for name in ("output_attentions", "output_hidden_states"):
        if getattr(generation_config, name, False):
            raise ValueError(f"this loop does not keep what {name} asks for: use ServiceLogitsProcessor")
    asked = [bool(getattr(generation_config, name, False)) for name in ("output_scores", "output_logits")]
    return asked[0], asked[1]


def _refuse(model: Any, generation_config: Any, model_kwargs: Mapping[str, Any]) -> None:
    if getattr(generation_config, "num_beams", 1) not in (None, 1):
        raise ValueError(f"{_BEAMS}, got {generation_config.num_beams}")
    lookup = getattr(generation_config, "prompt_lookup_num_tokens", None)
    if lookup is not None or model_kwargs.get("assistant_model") is not None:
        raise ValueError(
            "this loop draws one token a step, and assistants and prompt lookup ask for several:"
            " leave assistant_model and prompt_lookup_num_tokens out"
        )
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
