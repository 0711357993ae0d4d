"""The calls that ``SamplerClient`` and ``Sampler`` have in common: each is one request, answered at once."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, List, Mapping, Optional, Sequence, TypeVar, Union

from . import _calls
from ._calls import Call
from ._problem import SamplerProblem
from ._rows import Row, Rows

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from . import types

T = TypeVar("T")


class SamplerMethods(ABC):
    """The methods of a sampler, in the service or in this process."""

    @abstractmethod
    def _send(self, call: Call[T]) -> T:
        """Answers a call. Raises SamplerProblem when it is refused."""

    def sample(self, logits: Union[Row, Rows], **options: Unpack[types.StepOptions]) -> types.Sampled:
        """Draws one token from one row.

        ``logits`` is a row [vocab_size] in any form of ``Row``. With ``combine`` it is the rows of several sources,
        which the rule combines into one: an array [k, vocab_size], or a sequence of rows. Options are those of the
        service (docs/samplers.md); ``types.StepOptions`` has the range and the default of each.

        The reply has ``token_id``, ``seed``, ``step``, ``state`` and the requested fields. Raises SamplerProblem when
        the service refuses, ValueError or TypeError for an invalid row, TimeoutError and ConnectionError of the
        network.
        """
        reply: types.Sampled = self._send(_calls.sample_call(logits, options))
        return reply

    def sample_batch(
        self, logits: Rows, rows: Optional[Sequence[types.StepOptions]] = None, **shared: Unpack[types.StepOptions]
    ) -> List[Union[types.Sampled, SamplerProblem]]:
        """Draws a token from each of n rows: an array [n, vocab_size], or a sequence of rows of one length.

        ``rows`` has the options of each row, which win over the shared ones. A row that is refused has its
        SamplerProblem in its place and fails alone; a batch that is wrong as a whole raises it.
        """
        replies: List[Union[types.Sampled, SamplerProblem]] = self._send(_calls.sample_batch_call(logits, rows, shared))
        return replies

    def verify(
        self, logits: Rows, draft_token_ids: Sequence[int], **options: Unpack[types.VerifyOptions]
    ) -> types.Verified:
        """Accepts drafted tokens until the target disagrees, and draws the next token.

        ``logits`` is an array [k + 1, vocab_size], or a sequence of rows of one length: k + 1 rows of the target for k
        drafted tokens, then the rows of the draft when ``draft_rows`` is given. The reply has ``accepted`` and
        ``token_ids``. Raises as ``sample`` does.
        """
        reply: types.Verified = self._send(_calls.verify_call(logits, draft_token_ids, options))
        return reply

    def verify_batch(
        self, logits: Rows, sequences: Sequence[types.VerifySequence], **shared: Unpack[types.VerifyOptions]
    ) -> List[Union[types.Verified, SamplerProblem]]:
        """Verifies the drafts of many sequences: the rows of all sequences, one sequence after the other, and for each
        its ``draft_token_ids`` and its own options. A refused sequence has its SamplerProblem in its place."""
        replies: List[Union[types.Verified, SamplerProblem]] = self._send(
            _calls.verify_batch_call(logits, sequences, shared)
        )
        return replies

    def probabilities(
        self, logits: Union[Row, Rows], **options: Unpack[types.ProbabilitiesOptions]
    ) -> types.ProbabilitiesReply:
        """The softmax of each row with its entropy and log-odds in nats; with ``threshold`` a decision, with
        ``conformal`` a set of classes.

        ``logits`` is one row [classes], and the reply is of it; or many, an array [n, classes] or a sequence of rows of
        one length, and the reply has them under ``results``. One class alone is the binary case. Raises as ``sample``.
        """
        reply: types.ProbabilitiesReply = self.analyze("probabilities", logits, **options)
        return reply

    def score(self, logits: Union[Row, Rows], **options: Unpack[types.ScoreOptions]) -> types.ScoreReply:
        """Log-probability (nats), rank (1 is the likeliest) and cross-entropy of the true class: ``target`` for one row
        [classes], ``targets`` for many rows [n, classes]. Raises as ``sample``."""
        reply: types.ScoreReply = self.analyze("score", logits, **options)
        return reply

    def diagnose(self, logits: Union[Row, Rows], **options: Unpack[types.DiagnoseOptions]) -> types.DiagnoseReply:
        """Margin, entropy, energy and a verdict of one row [classes], or of each of [n, classes] under ``results``; with
        ``baseline`` whether it is suspicious. Raises as ``sample``."""
        reply: types.DiagnoseReply = self.analyze("diagnose", logits, **options)
        return reply

    def calibrate(self, logits: Rows, **options: Unpack[types.CalibrateOptions]) -> types.CalibrateReply:
        """The calibration with the smallest cross-entropy on rows [n, classes] with their ``targets``. Raises as
        ``sample``."""
        reply: types.CalibrateReply = self.analyze("calibrate", logits, **options)
        return reply

    def baseline(self, logits: Rows, **options: Unpack[types.BaselineOptions]) -> types.BaselineReply:
        """Computes the statistics of clean rows [n, classes], for ``diagnose``. Raises as ``sample``."""
        reply: types.BaselineReply = self.analyze("baseline", logits, **options)
        return reply

    def analyze(self, call: str, logits: Union[Row, Rows], **options: Any) -> Any:
        """The five calls above by name: "probabilities", "score", "diagnose", "calibrate" or "baseline"."""
        return self._send(_calls.analysis_call(call, logits, options))

    def compare(
        self, logits: Row, compare: Sequence[Union[str, Mapping[str, Any]]], **options: Unpack[types.CompareOptions]
    ) -> types.CompareReply:
        """One row [vocab_size] through several presets or chains: where and why they differ. ``compare`` has their names,
        or objects of options such as ``{"preset": "vllm", "top_k": 5}``. Raises as ``sample``."""
        reply: types.CompareReply = self._send(_calls.compare_call(logits, compare, options))
        return reply

    def beam(
        self,
        logits: Rows,
        beam: Mapping[str, Any],
        search: Optional[Mapping[str, Any]] = None,
        rows: Optional[Sequence[types.StepOptions]] = None,
        **shared: Unpack[types.StepOptions],
    ) -> types.BeamReply:
        """Takes one step of a beam search. ``logits`` is [beams, vocab_size]: a row for each live beam, one in the first step.

        ``beam`` has the rule and its options: ``{"rule": "transformers", "num_beams": 4, "end_token_ids": [2],
        "max_tokens": 64}`` (docs/beams.md). ``search`` is that of the last reply; ``rows`` has the options of each row, its
        history for one. The reply has ``beams``, ``ended``, ``finished`` and ``search``. Raises as ``sample`` does.
        """
        reply: types.BeamReply = self._send(_calls.beam_call(logits, beam, search, rows, shared))
        return reply

    def resample(
        self, log_weights: Sequence[Optional[float]], *, threshold: float = 1.0, **key: Any
    ) -> types.ResampleReply:
        """Chooses which of N weighted sequences continue. ``log_weights`` are ln of their weights, None or -inf for 0;
        ``seed=`` and ``step=`` key the draw. The reply has ``parents``. Raises as ``sample`` does."""
        reply: types.ResampleReply = self._send(_calls.resample_call(log_weights, {"threshold": threshold, **key}))
        return reply

    def replay(
        self, logits: Rows, rows: Sequence[types.ReplayStep], **shared: Unpack[types.ReplayStep]
    ) -> types.ReplayReply:
        """Repeats steps and compares them with their claims. ``logits`` is [n, vocab_size]; ``rows`` has for each row
        its options and its claim, at least ``token_id``. The reply has ``results`` in order, and ``totals``."""
        reply: types.ReplayReply = self._send(_calls.replay_call(logits, rows, shared))
        return reply

    def detect(
        self,
        token_ids: Optional[Sequence[int]] = None,
        *,
        texts: Optional[Sequence[Union[Sequence[int], Mapping[str, Any]]]] = None,
        **options: Unpack[types.DetectOptions],
    ) -> types.DetectReply:
        """Looks for a watermark in one text of token ids, or in each of ``texts``: lists of ids, or objects with
        ``token_ids`` and ``prompt_length``. The reply has ``p_value`` and ``score``, or ``results`` in order."""
        reply: types.DetectReply = self._send(_calls.detect_call(token_ids, texts, options))
        return reply

    def grammar(
        self, grammar: Mapping[str, Any], vocabulary: Optional[str] = None, text: str = "", tokens_max: int = 20
    ) -> types.GrammarReply:
        """Examines a grammar without drawing a token: ``{"json_schema": {...}}``, ``{"regex": "..."}`` or another kind
        of docs/structured.md. The reply has ``parts``, ``bytes`` and ``work``; ``notes`` lists the rules that the masks
        do not enforce. Its ``text`` says whether ``text`` is complete, is a valid beginning, or where it deviates from
        the grammar. Its ``next`` has the tokens of ``vocabulary`` that may follow the text and lists up to
        ``tokens_max`` of them (0 to 1,000); it is None without a vocabulary. Raises SamplerProblem for a grammar that a
        step would refuse."""
        reply: types.GrammarReply = self._send(_calls.grammar_call(grammar, vocabulary, text, tokens_max))
        return reply

    def common_tokens(
        self,
        draft_vocabulary: str,
        vocabulary: Optional[str] = None,
        *,
        draft_token_ids: Optional[Sequence[int]] = None,
        draft_match: Optional[str] = None,
    ) -> types.CommonTokensReply:
        """The tokens that a drafter's vocabulary has in common with that of the target, ``vocabulary`` (default: the
        sampler's own). The reply has ``count``, ``draft_token_bitmask`` (the drafter's tokens that the target has too, as
        the option ``token_bitmask`` takes them) and ``target_ids``, base64 of little-endian int32: by id of the drafter the
        target's id, or -1. With ``draft_token_ids`` it has ``token_ids`` in their place, the draft in ids of the target;
        ``draft_match`` is "tokens" or "text" (docs/speculation.md). Raises SamplerProblem for a vocabulary that is not
        known, and for a draft with a token that the target cannot spell."""
        reply: types.CommonTokensReply = self._send(
            _calls.common_tokens_call(draft_vocabulary, vocabulary, draft_token_ids, draft_match)
        )
        return reply
