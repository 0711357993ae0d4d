"""SGLang: a custom logit processor that draws the tokens of the requests that ask for it, with one POST [n, V] a step.

    LOGIT_SAMPLER_URL=http://127.0.0.1:8080 \\
      python -m sglang.launch_server --model-path MODEL --enable-custom-logit-processor

A request, over HTTP or in process, brings the processor and the options:

    {"text": "Once upon a time",
     "custom_logit_processor": ServiceLogitsProcessor.to_str(),
     "sampling_params": {"temperature": 0, "custom_params": {"logit_sampler": {"temperature": 0.8, "seed": 7}}}}

SGLang runs its penalties and ``logit_bias`` before its processors, and its temperature and filters after them, which see
one token only. Rows that the service does not answer are left to SGLang: nothing that happens to it ends the server. The
options are checked with the first row; a request with a mistake is ended with the sentence that says it, and so is one that
asks for log-probabilities (``return_logprob``), since SGLang reads them behind its processors, where one token is left.
Speculative decoding is left to SGLang, which hands a processor several rows of one request without saying which tokens are
between them.
"""

import hashlib
from http import HTTPStatus
from typing import Any, Dict, List, Optional

from sglang.srt.sampling.custom_logit_processor import CustomLogitProcessor

from logit_sampler import SamplerProblem
from logit_sampler.adapters._engine import KEY, LOG, Service, Steps, force, options_of

_STEPS = "logit_sampler_steps"
_LOGPROBS = (
    f"return_logprob cannot be had beside {KEY}: SGLang reads log-probabilities behind its processors, where one token is left"
)
#: One for the process: SGLang makes a new processor whenever its batch changes.
_SERVICE: List[Service] = []


class ServiceLogitsProcessor(CustomLogitProcessor):
    """Forces the service's token on every row whose request has ``logit_sampler`` in its custom_params."""

    def __call__(self, logits: Any, custom_param_list: Optional[List[Dict[str, Any]]] = None) -> Any:
        asking = [(row, one) for row, one in enumerate(custom_param_list or []) if _steps_of(one) is not None]
        if not asking:
            return logits
        if len({id(one) for _, one in asking}) != len(asking):
            LOG.error("a request has several rows in one step (speculative decoding): SGLang draws them")
            return logits
        own = [_next(one) for _, one in asking]
        rows = logits[[row for row, _ in asking]].float().cpu().numpy()

        def refused(index: int, problem: SamplerProblem) -> None:
            _end(asking[index][1], f"{KEY}{problem.pointer}: {problem.detail}")

        for (row, one), options, reply in zip(asking, own, _service().draw(rows, own, refused)):
            if reply is not None:
                force(logits, row, reply)
                one[_STEPS].drawn(options["step"], reply["state"])
        return logits


def _service() -> Service:
    if not _SERVICE:
        _SERVICE.append(Service())
    return _SERVICE[0]


def _steps_of(custom_params: Optional[Dict[str, Any]]) -> Optional[Steps]:
    """Where a request stands; kept among its own parameters, which live as long as it does."""
    if not custom_params or KEY not in custom_params:
        return None
    if _STEPS not in custom_params:
        try:
            options = options_of(custom_params[KEY])
            if options is not None and getattr(custom_params["__req__"], "return_logprob", False):
                raise ValueError(_LOGPROBS)
        except ValueError as problem:
            _end(custom_params, str(problem))
            options = None
        custom_params[_STEPS] = None if options is None else Steps(options, _seed(custom_params["__req__"].rid))
    steps: Optional[Steps] = custom_params[_STEPS]
    return steps


def _end(custom_params: Dict[str, Any], sentence: str) -> None:
    """Ends a request with a sentence for its sender, as SGLang ends those that it refuses itself."""
    custom_params[_STEPS] = None
    try:
        from sglang.srt.managers.schedule_batch import FINISH_ABORT
    except ImportError:
        LOG.error("%s; this SGLang ends no request from here and draws it", sentence)
        return
    LOG.error("%s; the request is ended", sentence)
    custom_params["__req__"].to_finish = FINISH_ABORT(sentence, HTTPStatus.BAD_REQUEST, "BadRequestError")


def _seed(rid: Any) -> int:
    """The seed of a request without one: the same on every rank of a tensor-parallel group, because all ranks draw."""
    return int.from_bytes(hashlib.sha256(str(rid).encode()).digest()[:6], "big")


def _next(custom_params: Dict[str, Any]) -> Dict[str, Any]:
    request = custom_params["__req__"]
    prompt = list(request.origin_input_ids)
    steps: Steps = custom_params[_STEPS]
    return steps.options(prompt + list(request.output_ids), len(prompt))
