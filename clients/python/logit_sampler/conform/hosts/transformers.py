"""transformers: the logits processors and warpers of generation/logits_process.py, one for each stage, in the requested
order."""

from importlib.metadata import version
from typing import Any, Dict, List

import torch
from transformers.generation import logits_process

from .. import NotSupported, Options
from .._judge import Choice
from ._order import Host as _Host
from ._order import Takes, bias_of, entries

#: Options of each stage that the processor of that name has.
TAKES: Takes = {
    "temperature": ["temperature"],
    "top_k": {"top_k": None, "ties": ["keep"]},
    "top_p": {"top_p": None, "top_p_ties": ["highest"]},
    "min_p": ["min_p"],
    "typical_p": ["typical_p"],
    "epsilon_cutoff": ["epsilon_cutoff"],
    "eta_cutoff": ["eta_cutoff"],
    "top_h": ["top_h"],
    "repetition_penalty": ["repetition_penalty"],
    "no_repeat_ngram_size": ["no_repeat_ngram_size"],
    "encoder_repetition_penalty": ["encoder_repetition_penalty", "encoder_input_ids"],
    "encoder_no_repeat_ngram_size": ["encoder_no_repeat_ngram_size", "encoder_input_ids"],
    "bad_words_ids": ["bad_words_ids"],
    "logit_bias": ["logit_bias"],
    "sequence_bias": ["sequence_bias"],
    "min_tokens": ["min_tokens", "stop_token_ids"],
    "allowed_token_ids": ["allowed_token_ids"],
}


class Host(_Host):
    recorded_as = "transformers"
    choices = (
        Choice(
            "keeps all tokens that tie at k",
            "`TopKLogitsWarper`: `scores < torch.topk(scores, top_k)[0][..., -1, None]`",
            "as if ties of top_k were keep",
        ),
        Choice("keeps the highest ids of tokens that tie at p", "`TopPLogitsWarper`", "as if top_p_ties of top_p were highest"),
        Choice(
            "keeps all tokens that are as typical as the last",
            "`TypicalLogitsWarper`: `sorted_scores > sorted_scores.gather(1, last_ind.view(-1, 1))`",
            "as if typical_p_ties of typical_p were keep",
        ),
    )

    def __init__(self) -> None:
        torch.set_num_threads(1)
        self.version = f"transformers {version('transformers')}"

    def sampler(self, row: Any, options: Options, history: List[int]) -> Any:
        scores = torch.tensor(row, dtype=torch.float32)[None]
        ids = torch.tensor([list(history)], dtype=torch.long)
        for stage, entry in entries(options, TAKES):
            scores = self._processor(stage, entry, options, ids)(ids, scores)
        return torch.softmax(scores, dim=-1)[0].tolist()

    def _processor(self, stage: str, entry: Dict[str, Any], options: Options, ids: Any) -> Any:
        made = logits_process
        value = entry[stage]
        if stage == "temperature" and value == 0:
            raise NotSupported  # generate() does not sample then
        simple = {
            "temperature": made.TemperatureLogitsWarper,
            "top_k": made.TopKLogitsWarper,
            "top_p": made.TopPLogitsWarper,
            "min_p": made.MinPLogitsWarper,
            "typical_p": made.TypicalLogitsWarper,
            "epsilon_cutoff": made.EpsilonLogitsWarper,
            "top_h": made.TopHLogitsWarper,
            "repetition_penalty": made.RepetitionPenaltyLogitsProcessor,
            "no_repeat_ngram_size": made.NoRepeatNGramLogitsProcessor,
        }
        try:
            if stage in simple:
                return simple[stage](value)
            if stage == "eta_cutoff":
                return made.EtaLogitsWarper(value, device="cpu")
            if stage == "bad_words_ids":
                return made.NoBadWordsLogitsProcessor(value, eos_token_id=None)
            if stage == "logit_bias":
                bias = {(token,): amount for token, amount in bias_of(value).items()}
                return made.SequenceBiasLogitsProcessor(bias)
            if stage == "sequence_bias":
                bias = {tuple(each["token_ids"]): bias_of({0: each["bias"]})[0] for each in value}
                return made.SequenceBiasLogitsProcessor(bias)
            if stage == "min_tokens":
                return made.MinNewTokensLengthLogitsProcessor(
                    options.prompt_length, value, entry["stop_token_ids"], device="cpu"
                )
            if stage == "allowed_token_ids":
                return made.PrefixConstrainedLogitsProcessor(lambda *_: value, 1)
            encoder = torch.tensor([entry["encoder_input_ids"]], dtype=torch.long)
            if stage == "encoder_repetition_penalty":
                return made.EncoderRepetitionPenaltyLogitsProcessor(value, encoder)
            return made.EncoderNoRepeatNGramLogitsProcessor(value, encoder)
        except ValueError as error:  # a value that the host refuses
            raise NotSupported from error
