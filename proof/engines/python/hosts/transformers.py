"""transformers: GenerationMixin._get_logits_processor and the processors that it lists, unmodified."""

import stubs
import torch

stubs.stable_sorts()

from transformers import GenerationConfig, GenerationMixin, LogitsProcessorList  # noqa: E402


class _Config:
    is_encoder_decoder = False


class _Model(GenerationMixin):
    device = torch.device("cpu")
    config = _Config()


def about():
    return {
        "version": f"transformers {stubs.version_of('transformers')}",
        "ran": "generation/logits_process.py and GenerationMixin._get_logits_processor, float32, torch.sort asked to be stable",
    }


RENAMED = {"min_tokens": None, "stop_token_ids": None, "logit_bias": None}


def run(case):
    options = dict(case["options"])
    history, prompt_length = case["history"], case["prompt_length"]
    config = {"do_sample": True, "num_beams": 1, "num_return_sequences": 1, "top_k": 50, "eos_token_id": options.pop("stop_token_ids", None)}
    minimum = options.pop("min_tokens", None)
    if minimum is not None:
        config["min_new_tokens"] = minimum
    bias = [[list(map(int, each["token_ids"])), float(each["bias"])] for each in options.pop("sequence_bias", [])]
    for token, value in options.pop("logit_bias", {}).items():
        bias.append([[int(token)], float("-inf") if value == "-inf" else float(value)])
    if bias:
        config["sequence_bias"] = bias
    allowed = options.pop("allowed_token_ids", None)
    forced = options.pop("forced_token_ids", None)
    config.update(options)
    generation = GenerationConfig(**config)
    generation._eos_token_tensor = (
        None if config["eos_token_id"] is None else torch.tensor(config["eos_token_id"]).reshape(-1)
    )
    processors = _Model._get_logits_processor(
        _Model(),
        generation_config=generation,
        input_ids_seq_length=prompt_length,
        encoder_input_ids=None,
        prefix_allowed_tokens_fn=None if allowed is None else (lambda _, __: allowed),
        logits_processor=LogitsProcessorList(),
        device="cpu",
    )
    if forced is not None:
        processors = with_forced(processors, forced, len(history) - prompt_length)
    scores = torch.tensor([case["logits"]], dtype=torch.float32)
    scores = processors(torch.tensor([history], dtype=torch.long), scores)
    return torch.softmax(scores, dim=-1)[0].numpy()


def with_forced(processors, forced, generated):
    """Older versions of transformers force tokens by position; the current one forces the first and the last token, at
    the same place in the chain."""
    from transformers.generation.logits_process import (
        ForcedBOSTokenLogitsProcessor,
        InfNanRemoveLogitsProcessor,
        MinNewTokensLengthLogitsProcessor,
        NoBadWordsLogitsProcessor,
        NoRepeatNGramLogitsProcessor,
        PrefixConstrainedLogitsProcessor,
        RepetitionPenaltyLogitsProcessor,
        SequenceBiasLogitsProcessor,
    )

    token = forced.get(str(generated))
    if token is None:
        return processors
    before = (
        InfNanRemoveLogitsProcessor,
        MinNewTokensLengthLogitsProcessor,
        NoBadWordsLogitsProcessor,
        NoRepeatNGramLogitsProcessor,
        PrefixConstrainedLogitsProcessor,
        RepetitionPenaltyLogitsProcessor,
        SequenceBiasLogitsProcessor,
    )
    place = max((i + 1 for i, each in enumerate(processors) if isinstance(each, before)), default=0)
    force = ForcedBOSTokenLogitsProcessor(token)

    def here(input_ids, scores):
        return force(input_ids[:, :1], scores)

    processors.insert(place, here)
    return processors
