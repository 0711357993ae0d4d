"""A plain loop around a session of onnxruntime. pip install onnx onnxruntime "logit-sampler[local]"."""

import numpy
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

from logit_sampler import Sampler

weights = numpy_helper.from_array(numpy.random.default_rng(1).standard_normal((1000, 1000)).astype("f4") * 3, "weights")
ids = helper.make_tensor_value_info("ids", TensorProto.INT64, ["n"])
logits = helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["n", 1000])
graph = helper.make_graph([helper.make_node("Gather", ["weights", "ids"], ["logits"])], "model", [ids], [logits], [weights])
model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
session = onnxruntime.InferenceSession(model.SerializeToString())
with Sampler().stream(temperature=0.8, top_p=0.95, seed=7, history=[1, 2, 3], prompt_length=3) as stream:
    for _ in range(20):
        stream.next(session.run(None, {"ids": numpy.array(stream.history)})[0][-1])
    print(stream.history)
