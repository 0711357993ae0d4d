"""Triton's Python backend: adapters/triton/sampled, called as the backend calls a model.

The backend's module is part of Triton's server, which is not available as a package, so a double with the functions
that the model uses takes its place. The language model is the demo model, run by transformers.
"""

import importlib.util
import json
import os
import re
import sys
import types
from pathlib import Path

import numpy as np
from batches import PROMPTS, greedy, logits_after, rows_of
from checks import OPTIONS, URL, claims, host, plain

FOLDER = Path(os.environ["HOSTS_ROOT"]) / "adapters/triton/sampled"


class Tensor:
    def __init__(self, name, array):
        self._name, self._array = name, array

    def name(self):
        return self._name

    def as_numpy(self):
        return self._array


class Response:
    def __init__(self, output_tensors=(), error=None):
        self.tensors, self._error = {each.name(): each for each in output_tensors}, error

    def has_error(self):
        return self._error is not None

    def error(self):
        return self._error


class TritonError:
    def __init__(self, message):
        self._message = message

    def message(self):
        return self._message


class Request:
    """A request to a model of the same server: there is one, called language-model."""

    def __init__(self, model_name, requested_output_names, inputs, preferred_memory):
        self.model_name, self.names = model_name, requested_output_names
        self.tensors = {each.name(): each for each in inputs}

    def exec(self):
        if self.model_name != "language-model":
            return Response(error=TritonError(f"Failed for execute the inference request. Model '{self.model_name}' is not ready."))
        ids = self.tensors["input_ids"].as_numpy()
        assert ids.dtype == np.int64 and ids.shape[0] == 1
        return Response([Tensor(self.names[0], logits_after(ids[0].tolist()).numpy()[None, None])])


pb_utils = types.ModuleType("triton_python_backend_utils")
pb_utils.Tensor, pb_utils.InferenceRequest, pb_utils.InferenceResponse = Tensor, Request, Response
pb_utils.TritonError, pb_utils.TritonModelException = TritonError, type("TritonModelException", (Exception,), {})
pb_utils.PreferredMemory, pb_utils.TRITONSERVER_MEMORY_CPU = lambda *_: None, 0
pb_utils.get_input_tensor_by_name = pb_utils.get_output_tensor_by_name = lambda owner, name: owner.tensors.get(name)
sys.modules["triton_python_backend_utils"] = pb_utils

spec = importlib.util.spec_from_file_location("model", FOLDER / "1/model.py")
module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)

# The parameters that config.pbtxt has, as Triton hands them on.
PAIRS = re.findall(r'key: "(\w+)", value: \{ string_value: "([^"]*)" \}', (FOLDER / "config.pbtxt").read_text())


def respond(options=None, count=6, **over):
    parameters = {**dict(PAIRS), "url": URL, "end_token_ids": "[]", **over}
    config = {"parameters": {name: {"string_value": value} for name, value in parameters.items()}}
    model = module.TritonPythonModel()
    model.initialize({"model_config": json.dumps(config)})
    tensors = {"input_ids": Tensor("input_ids", np.array(PROMPTS[0])), "max_tokens": Tensor("max_tokens", np.array([count], np.int32))}
    if options is not None:
        tensors["options"] = Tensor("options", np.array([json.dumps(options).encode()], dtype=np.object_))
    [response] = model.execute([types.SimpleNamespace(tensors=tensors)])
    model.finalize()
    return response


def tokens_of(response):
    assert not response.has_error(), response.error().message()
    return response.tensors["output_ids"].as_numpy().tolist()


def as_plain_calls():
    """every token is the one that a plain call draws"""
    options = {**OPTIONS, "seed": 7}
    tokens = tokens_of(respond(options))
    assert tokens == plain(rows_of(PROMPTS[0], tokens), len(PROMPTS[0]), **options)


def ends():
    """an end token ends the text and is given out; without options it draws"""
    want = greedy(PROMPTS[0], 6)
    end = want[2]
    assert tokens_of(respond({"temperature": 0}, end_token_ids=f"[{end}]")) == want[: want.index(end) + 1]
    assert len(tokens_of(respond())) == 6


def errors():
    """a misspelt option, and a language model that is not there, are errors of the request"""
    assert "temprature" in respond({"temprature": 1}).error().message()
    assert "not ready" in respond({}, model="another").error().message()


host("model.py for the Python backend", "Triton's server is not run; a double of its Python backend takes its place")
claims(as_plain_calls, ends, errors)
