"""The common interface of the service's client and the sampler in the process: adapters accept either."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, List, Mapping, Optional, Sequence, Union

from ._problem import SamplerProblem
from ._rows import Row, Rows

if TYPE_CHECKING:
    from typing import Protocol

    from typing_extensions import Unpack

    from . import types
else:
    Protocol = object


class StreamLike(Protocol):
    """A sequence whose history, step and state are kept: ``SamplerStream`` and the streams of ``Sampler``."""

    @property
    def history(self) -> List[int]:
        """The token ids so far, the prompt first."""

    @property
    def checkpoint(self) -> types.StreamOptions:
        """The options that open a stream that continues at this place."""

    def next(self, logits: Union[Row, Rows], **own: Unpack[types.OptionChanges]) -> types.Sampled:
        """Draws the token of a row [vocab_size]; ``own`` options hold for this step only."""

    def verify(
        self, logits: Rows, draft_token_ids: Sequence[int], **draft: Unpack[types.DraftOptions]
    ) -> types.Verified:
        """Verifies a draft of k tokens with the target's rows [k + 1, vocab_size]."""

    def beam(self, logits: Rows, beam: Optional[Mapping[str, Any]] = None) -> types.BeamReply:
        """Takes one step of a beam search with rows [beams, vocab_size]; ``beam`` begins one."""

    def end_search(self) -> None:
        """Abandons the open search."""

    def update(self, **options: Unpack[types.OptionChanges]) -> None:
        """Changes options from the next step on; None takes one back."""

    def accept(self, token_ids: Sequence[int]) -> None:
        """Puts forced tokens behind the history."""

    def rewind(self, steps: int) -> None:
        """Takes back the last tokens."""

    def follow(self, token_ids: Sequence[int]) -> None:
        """Makes the history these ids."""

    def close(self) -> None:
        """Ends the stream."""


class SamplerLike(Protocol):
    """``SamplerClient(url)`` or ``Sampler()``: one set of calls, options, replies and errors."""

    @property
    def in_process(self) -> bool:
        """Whether it draws in this process: a stream of it costs no connection."""

    def sample(self, logits: Union[Row, Rows], **options: Unpack[types.StepOptions]) -> types.Sampled:
        """Draws one token from a row [vocab_size]."""

    def sample_batch(
        self, logits: Rows, rows: Optional[Sequence[types.StepOptions]] = None, **shared: Unpack[types.StepOptions]
    ) -> List[Union[types.Sampled, SamplerProblem]]:
        """Draws a token from each of many rows [n, vocab_size]."""

    def verify(
        self, logits: Rows, draft_token_ids: Sequence[int], **options: Unpack[types.VerifyOptions]
    ) -> types.Verified:
        """Verifies a draft of k tokens with the target's rows [k + 1, vocab_size]."""

    def verify_batch(
        self, logits: Rows, sequences: Sequence[types.VerifySequence], **shared: Unpack[types.VerifyOptions]
    ) -> List[Union[types.Verified, SamplerProblem]]:
        """Verifies the drafts of many sequences."""

    def analyze(self, call: str, logits: Union[Row, Rows], **options: Any) -> Any:
        """Reads logits and draws nothing; ``call`` is the name of one of the calls below."""

    def probabilities(
        self, logits: Union[Row, Rows], **options: Unpack[types.ProbabilitiesOptions]
    ) -> types.ProbabilitiesReply:
        """The softmax of rows, with decisions and sets of classes."""

    def score(self, logits: Union[Row, Rows], **options: Unpack[types.ScoreOptions]) -> types.ScoreReply:
        """Log-probability, rank and cross-entropy of the true classes."""

    def diagnose(self, logits: Union[Row, Rows], **options: Unpack[types.DiagnoseOptions]) -> types.DiagnoseReply:
        """Margin, entropy, energy and a verdict of rows."""

    def calibrate(self, logits: Rows, **options: Unpack[types.CalibrateOptions]) -> types.CalibrateReply:
        """The calibration with the smallest cross-entropy on labelled rows."""

    def baseline(self, logits: Rows, **options: Unpack[types.BaselineOptions]) -> types.BaselineReply:
        """The statistics of clean rows, for ``diagnose``."""

    def compare(
        self, logits: Row, compare: Sequence[Union[str, Mapping[str, Any]]], **options: Unpack[types.CompareOptions]
    ) -> types.CompareReply:
        """One row through several presets or chains."""

    def beam(
        self,
        logits: Rows,
        beam: Mapping[str, Any],
        search: Optional[Mapping[str, Any]] = None,
        rows: Optional[Sequence[types.StepOptions]] = None,
        **shared: Unpack[types.StepOptions],
    ) -> types.BeamReply:
        """Takes one step of a beam search on the rows [beams, vocab_size] of its live beams."""

    def resample(
        self, log_weights: Sequence[Optional[float]], *, threshold: float = 1.0, **key: Any
    ) -> types.ResampleReply:
        """Chooses which of N weighted sequences continue."""

    def replay(
        self, logits: Rows, rows: Sequence[types.ReplayStep], **shared: Unpack[types.ReplayStep]
    ) -> types.ReplayReply:
        """Repeats steps and compares them with their claims."""

    def detect(
        self,
        token_ids: Optional[Sequence[int]] = None,
        *,
        texts: Optional[Sequence[Union[Sequence[int], Mapping[str, Any]]]] = None,
        **options: Unpack[types.DetectOptions],
    ) -> types.DetectReply:
        """Looks for a watermark in texts of token ids."""

    def grammar(
        self, grammar: Mapping[str, Any], vocabulary: Optional[str] = None, text: str = "", tokens_max: int = 20
    ) -> types.GrammarReply:
        """The report on a grammar: the rules that are not enforced, the position of a text in it, and the tokens that
        may follow."""

    def common_tokens(
        self,
        draft_vocabulary: str,
        vocabulary: Optional[str] = None,
        *,
        draft_token_ids: Optional[Sequence[int]] = None,
        draft_match: Optional[str] = None,
    ) -> types.CommonTokensReply:
        """The tokens that a drafter's vocabulary has in common with the target's, or a draft in ids of the target."""

    def stream(self, **options: Unpack[types.StreamOptions]) -> StreamLike:
        """Opens a stream of steps."""

    def close(self) -> None:
        """Frees what it holds."""
