"""The scores of a step as transformers keeps them: one token is left, with its log-probability from the draw."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, List, Optional, Sequence

if TYPE_CHECKING:
    from logit_sampler import types

_NOT_ASKED = "the scores of tokens that the service drew have no log-probabilities: ask with logprobs=True"
#: Functions of torch after which a tensor still holds such scores; all others give a plain tensor.
_KEPT = frozenset(
    ("stack", "cat", "reshape", "view", "transpose", "to", "float", "clone", "detach", "cpu", "cuda", "contiguous")
)
_CLASSES: List[Any] = []


def scores_of(scores: Any, replies: Sequence[types.Sampled]) -> Any:
    """Rows of the same shape with the drawn tokens alone, which greedy and sampling loops of transformers both take.

    Where the replies have ``processed_logprob`` it stands in the row, and normalising the row again does not change it.
    Where they have not, reading the scores as ``compute_transition_scores`` does raises ValueError.
    """
    forced = scores.new_full(scores.shape, float("-inf"))
    logprobs: List[Optional[float]] = [reply.get("processed_logprob") for reply in replies]
    for row, (reply, logprob) in enumerate(zip(replies, logprobs)):
        forced[row, reply["token_id"]] = 0.0 if logprob is None else logprob
    classes = _classes()
    if not classes:
        return forced
    return forced.as_subclass(classes[0 if None in logprobs else 1])


def _classes() -> List[Any]:
    """Rows without log-probabilities, and rows with them, as tensors; none where torch has no tensors to extend."""
    import torch

    if not _CLASSES and hasattr(torch, "Tensor"):
        _CLASSES.extend(_made(torch))
    return _CLASSES


def _made(torch: Any) -> List[Any]:
    def call(kind: Any, func: Any, args: Any, kwargs: Any) -> Any:
        with torch._C.DisableTorchFunctionSubclass():
            result = func(*args, **kwargs)
        if func.__name__ in _KEPT and isinstance(result, torch.Tensor):
            return result.as_subclass(kind)
        return result

    class DrawnScores(torch.Tensor):  # type: ignore[misc, name-defined, unused-ignore]
        """Rows of which only the drawn token is known."""

        @classmethod
        def __torch_function__(cls, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            if func.__name__ in ("stack", "log_softmax"):
                raise ValueError(_NOT_ASKED)
            return call(cls, func, args, kwargs or {})

    class DrawnLogprobs(torch.Tensor):  # type: ignore[misc, name-defined, unused-ignore]
        """Rows that hold the log-probability of the drawn token."""

        @classmethod
        def __torch_function__(cls, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            if func.__name__ == "log_softmax":  # they are log-probabilities already
                return args[0].as_subclass(torch.Tensor)
            return call(cls, func, args, kwargs or {})

    return [DrawnScores, DrawnLogprobs]
