"""Triton: a model for the Python backend that lets another model of the same server make logits (business logic scripting)
and draws each token with logit-sampler.

Copy the folder ``sampled`` into the model repository, ``logit_sampler`` of clients/python beside model.py or into the
backend's Python, and name the language model in config.pbtxt: it takes ``input_ids`` [1, n] of INT64 and answers ``logits``
[1, n, vocab_size] or [1, 1, vocab_size] of FP32 or FP16. It is asked for the whole sequence at every step, since a request
of business logic keeps no cache. ``options`` is the JSON of a stream's options: {"temperature": 0.8, "seed": 7}.
"""

import json

import numpy as np
import triton_python_backend_utils as pb_utils

from logit_sampler import SamplerClient, SamplerProblem


class TritonPythonModel:
    def initialize(self, args):
        given = json.loads(args["model_config"])["parameters"]
        self._given = {name: value["string_value"] for name, value in given.items()}
        self._end_token_ids = json.loads(self._given["end_token_ids"])
        self._client = SamplerClient(self._given["url"])

    def execute(self, requests):
        return [self._respond(request) for request in requests]

    def finalize(self):
        self._client.close()

    def _respond(self, request):
        try:
            ids = self._write(request)
        except (SamplerProblem, OSError, ValueError, pb_utils.TritonModelException) as failure:
            return pb_utils.InferenceResponse(error=pb_utils.TritonError(f"{type(failure).__name__}: {failure}"))
        return pb_utils.InferenceResponse(output_tensors=[pb_utils.Tensor("output_ids", np.array(ids, dtype=np.int64))])

    def _write(self, request):
        """The generated tokens, with the token that ends the text."""
        prompt = _input(request, "input_ids").reshape(-1).tolist()
        count = int(_input(request, "max_tokens").reshape(-1)[0])
        text = _input(request, "options")
        options = {} if text is None else json.loads(text.reshape(-1)[0])
        ids = list(prompt)
        with self._client.stream(**options, history=prompt, prompt_length=len(prompt)) as stream:
            for _ in range(count):
                ids.append(stream.next(self._logits_after(ids))["token_id"])
                if ids[-1] in self._end_token_ids:
                    break
        return ids[len(prompt) :]

    def _logits_after(self, ids):
        asked = pb_utils.InferenceRequest(
            model_name=self._given["model"],
            requested_output_names=[self._given["logits"]],
            inputs=[pb_utils.Tensor(self._given["input"], np.array([ids], dtype=np.int64))],
            preferred_memory=pb_utils.PreferredMemory(pb_utils.TRITONSERVER_MEMORY_CPU, 0),
        )
        answered = asked.exec()
        if answered.has_error():
            raise pb_utils.TritonModelException(answered.error().message())
        logits = pb_utils.get_output_tensor_by_name(answered, self._given["logits"]).as_numpy()
        return np.asarray(logits.reshape(-1, logits.shape[-1])[-1], dtype=np.float32)


def _input(request, name):
    tensor = pb_utils.get_input_tensor_by_name(request, name)
    return None if tensor is None else tensor.as_numpy()
