"""What both vLLM adapters know of a request: its options in ``extra_args``, the service, and where each step stands."""

import json
import logging
import os
import random
from typing import Any, Dict, List, Optional

from logit_sampler import SamplerClient, SamplerProblem

LOG = logging.getLogger(__name__)
KEY = "logit_sampler"
#: What is wrong with the options themselves, whatever the row is.
_OPTION_CODES = ("invalid_option", "unknown_option", "unknown_stage", "unknown_preset", "option_conflict")


def service() -> SamplerClient:
    return SamplerClient(os.environ.get("LOGIT_SAMPLER_URL", "http://127.0.0.1:8080"))


def options_of(params: Any) -> Optional[Dict[str, Any]]:
    """The options of a request's SamplingParams; None when it is left to vLLM."""
    given = (params.extra_args or {}).get(KEY)
    if given is None:
        return None
    options = json.loads(given) if isinstance(given, str) else given
    if not isinstance(options, dict):
        raise ValueError(f"{KEY} must be an object of sampling options, got {given!r}")
    return dict(options)


def validate(params: Any) -> None:
    """Asks the service whether the options are right, so that a mistake is refused when the request arrives."""
    options = options_of(params)
    if options is None:
        return
    client = service()
    try:
        client.sample([0.0], **options)
    except SamplerProblem as problem:
        if problem.code in _OPTION_CODES:
            raise ValueError(f"{KEY}{problem.pointer}: {problem.detail}") from problem
    finally:
        client.close()


class Steps:
    """The steps of one request, each of which vLLM may ask for again."""

    def __init__(self, options: Dict[str, Any]) -> None:
        self._options = {"seed": str(random.getrandbits(53)), **options}
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


def force(logits: Any, row: int, reply: Any) -> bool:
    """Leaves the drawn token of a row and nothing else. False when the service refused the row: vLLM draws it then, for
    an exception would end the engine and every request in it."""
    if isinstance(reply, SamplerProblem):
        LOG.error("the service refused a row, vLLM draws it: %s", reply)
        return False
    logits[row] = float("-inf")
    logits[row, reply["token_id"]] = 0.0
    return True
