"""The common parts of the adapters for engines, which serve many requests in one process and must survive every failure
of the service.

``Service.draw`` never raises. Rows are sent in slices that any service accepts. When a slice fails, this is logged and
the engine draws its rows; while the service is unreachable, no step waits for it. ``Steps`` knows the step of each
request, and ``validate`` reports wrong options of a request when it arrives.
"""

from __future__ import annotations

import json
import logging
import os
import random
import time
from typing import TYPE_CHECKING, Any, Callable, Dict, List, Optional, Sequence, Union, cast

from logit_sampler import SamplerClient, SamplerProblem
from logit_sampler.adapters._token import GOES_BACK

if TYPE_CHECKING:
    from logit_sampler import types
    from logit_sampler.protocol import SamplerLike

LOG = logging.getLogger(__name__)
KEY = "logit_sampler"

#: Longest wait for the network, in seconds; LOGIT_SAMPLER_TIMEOUT_S. Every request of the engine waits along.
TIMEOUT_S = 2.0
#: Maximum bytes of one body: half of the service's default limit.
SLICE_BYTES_MAX = 32 * 1024 * 1024
#: Maximum rows of one body: a quarter of the service's limit.
SLICE_ROWS_MAX = 256
#: How long a service that failed is left alone: at first, and at most, doubling.
AWAY_S, AWAY_S_MAX = 1.0, 30.0
# : Seconds between two log lines; each line has the number of rows that it stands for.
LOG_EVERY_S = 10.0

#: What is wrong with the options themselves, whatever the row is.
_OPTION_CODES = ("invalid_option", "unknown_option", "unknown_stage", "unknown_preset", "option_conflict")
# : The fields of a step that an adapter sets itself.
_OWN = ("logits", "dtype", "shape", "rows", "history", "prompt_length", "step", "state")
#: In the place of a URL: the sampler in this process, without a service.
LOCAL = "local"


def url_of_environment() -> str:
    return os.environ.get("LOGIT_SAMPLER_URL", "http://127.0.0.1:8080")


#: The sampler of this process, by its id: a process that was forked has one of its own.
_SAMPLERS: Dict[int, Any] = {}


def sampler_of(given: Union[str, SamplerLike, None] = None) -> SamplerLike:
    """The sampler for an adapter: a given sampler, the client of a URL, or for ``local`` the sampler in this process,
    which reads the vocabulary named by LOGIT_SAMPLER_VOCABULARY. Without an argument, LOGIT_SAMPLER_URL decides."""
    if given is not None and not isinstance(given, str):
        return given
    url = given or url_of_environment()
    if url != LOCAL:
        return client_of(url)
    if os.getpid() not in _SAMPLERS:
        from logit_sampler.local import Sampler

        _SAMPLERS[os.getpid()] = Sampler(vocabulary=os.environ.get("LOGIT_SAMPLER_VOCABULARY"))
    sampler: SamplerLike = _SAMPLERS[os.getpid()]
    return sampler


def client_of(url: Optional[str] = None) -> SamplerClient:
    """A client that waits briefly and never sleeps: an engine's step is everybody's step. Services with keys are sent
    LOGIT_SAMPLER_API_KEY."""
    timeout_s = float(os.environ.get("LOGIT_SAMPLER_TIMEOUT_S", TIMEOUT_S))
    key = os.environ.get("LOGIT_SAMPLER_API_KEY")
    headers = {} if key is None else {"Authorization": f"Bearer {key}"}
    return SamplerClient(url or url_of_environment(), timeout_s=timeout_s, retries=0, headers=headers)


class Service:
    """The service, or a sampler in the process, as an engine needs it."""

    def __init__(self, given: Union[str, SamplerLike, None] = None) -> None:
        self._client = sampler_of(given)
        self._away_s = 0.0
        self._asked_again_s = 0.0
        self._logged: Dict[str, List[float]] = {}

    def draw(
        self,
        rows: Any,
        own: Sequence[Dict[str, Any]],
        refused: Optional[Callable[[int, SamplerProblem], None]] = None,
    ) -> List[Optional[types.Sampled]]:
        """The reply to each row of an array [n, vocab_size]; None for a row that the engine must draw. ``refused`` is
        called with the index and the problem of a row with wrong options."""
        replies: List[Optional[types.Sampled]] = []
        count = max(1, min(SLICE_ROWS_MAX, SLICE_BYTES_MAX // max(1, rows[0].nbytes))) if len(own) else 1
        for first in range(0, len(own), count):
            results = self._slice(rows[first : first + count], own[first : first + count])
            for index, result in enumerate(results, first):
                replies.append(self._reply(result))
                if refused is not None and isinstance(result, SamplerProblem) and result.code in _OPTION_CODES:
                    refused(index, result)
        return replies

    def _slice(self, rows: Any, own: Sequence[Dict[str, Any]]) -> Sequence[Union[types.Sampled, SamplerProblem, None]]:
        nothing = [None] * len(own)
        if time.monotonic() < self._asked_again_s:
            self._tell("the service is away", len(own))
            return nothing
        try:
            results = self._client.sample_batch(rows, cast("Sequence[types.StepOptions]", own))
        except SamplerProblem as problem:
            if problem.status >= 500:
                self._is_away()
            self._tell(f"the service refused rows: {problem}", len(own))
            return nothing
        except Exception as failure:  # whatever it is, it would end the engine and every request in it
            self._client.close()
            self._is_away()
            self._tell(f"the service cannot be asked: {type(failure).__name__}: {failure}", len(own))
            return nothing
        self._away_s = 0.0
        return results

    def _reply(self, result: Union[types.Sampled, SamplerProblem, None]) -> Optional[types.Sampled]:
        if isinstance(result, SamplerProblem):
            self._tell(f"the service refused a row: {result}", 1)
            return None
        if result is not None and result.get("rewind"):
            self._tell(GOES_BACK, 1)
            return None
        return result

    def _is_away(self) -> None:
        self._away_s = min(AWAY_S_MAX, max(AWAY_S, 2 * self._away_s))
        self._asked_again_s = time.monotonic() + self._away_s

    def _tell(self, sentence: str, rows: int) -> None:
        now = time.monotonic()
        told = self._logged.setdefault(sentence, [-LOG_EVERY_S, 0.0])
        told[1] += rows
        if now - told[0] < LOG_EVERY_S:
            return
        LOG.error("%s; the engine draws %d rows", sentence, told[1])
        # Sentences name values, of which there may be any number: only the newest are remembered.
        if len(self._logged) > 100:
            self._logged.clear()
        self._logged[sentence] = [now, 0.0]


def options_of(given: Any) -> Optional[Dict[str, Any]]:
    """The options of a request, which may be JSON text; None when the request is left to the engine."""
    if given is None:
        return None
    options = json.loads(given) if isinstance(given, str) else given
    if not isinstance(options, dict):
        raise ValueError(f"{KEY} must be an object of sampling options, got {given!r}")
    for name in _OWN:
        if name in options:
            raise ValueError(f"{KEY} must not have {name}: the adapter says it of every step")
    if "banned_strings" in options:
        raise ValueError(GOES_BACK)
    return dict(options)


def validate(given: Any, url: Union[str, SamplerLike, None] = None) -> None:
    """Asks the service whether the options are right, so that a mistake is refused when the request arrives."""
    options = options_of(given)
    if options is None:
        return
    sampler = sampler_of(url)
    try:
        sampler.sample([0.0], **options)
    except SamplerProblem as problem:
        if problem.code in _OPTION_CODES or problem.status in (401, 403):
            raise ValueError(f"{KEY}{problem.pointer}: {problem.detail}") from problem
    except OSError as failure:
        raise ValueError(f"{KEY} cannot be checked: the service at {url or url_of_environment()} is away") from failure
    finally:
        if isinstance(sampler, SamplerClient):
            sampler.close()


class Steps:
    """The steps of one request, each of which an engine may ask for again. ``seed`` is for requests that give none."""

    def __init__(self, options: Dict[str, Any], seed: Optional[int] = None) -> None:
        made_up = random.getrandbits(53) if seed is None else seed
        self._options = {"seed": str(made_up), **options}
        #: state before each step that was drawn
        self._states: List[Any] = [None]

    def options(self, history: List[int], prompt_length: int) -> Dict[str, Any]:
        """The options of the step behind this history."""
        step = len(history) - prompt_length
        state = self._states[min(step, len(self._states) - 1)]
        return {**self._options, "step": step, "history": history, "prompt_length": prompt_length, "state": state}

    def drawn(self, step: int, state: Any) -> None:
        del self._states[step + 1 :]
        self._states.append(state)


def force(logits: Any, row: int, reply: types.Sampled) -> None:
    """Leaves the drawn token of a row and nothing else."""
    logits[row] = float("-inf")
    logits[row, reply["token_id"]] = 0.0
