"""ONNX graphs, written node by node with `onnx.helper`: one input `window` [batch, 25, 64], one output `probabilities` [batch, 3, 3]."""

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from . import CLASSES, FEATURE_COUNT, HORIZONS_MS, WINDOW_STEPS

OPSET = 17
"""What a graph is written in that needs nothing newer."""
ML_OPSET = 3
IR_VERSIONS = {17: 8, 18: 8, 23: 11}
"""The file format that goes with an opset."""


class Graph:
    """Collects nodes and weights; every method gives the name of the value it makes."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.weights: list[onnx.TensorProto] = []
        self.uses_ml = False
        self.opset = OPSET

    def constant(self, value: np.ndarray) -> str:
        """A weight, float32 or int64 as it comes."""
        name = f"w{len(self.weights)}"
        self.weights.append(numpy_helper.from_array(np.ascontiguousarray(value) if np.ndim(value) else np.asarray(value), name))
        return name

    def ints(self, *values: int) -> str:
        """A weight of int64, for shapes and indices."""
        return self.constant(np.array(values, np.int64))

    def node(self, op: str, inputs: list[str], outputs: int = 1, domain: str = "", since: int = OPSET, **attributes: object) -> str:
        """An operator that opset `since` has; of several outputs the name of the first, the k-th (from 0) being `<name>` with its last part + k."""
        first = f"v{len(self.nodes)}"
        names = [first] + [f"{first}_{k}" for k in range(1, outputs)]
        self.nodes.append(helper.make_node(op, inputs, names, domain=domain, **attributes))
        self.uses_ml |= domain == "ai.onnx.ml"
        self.opset = max(self.opset, since)
        return first

    def dense(self, x: str, weight: np.ndarray, bias: np.ndarray) -> str:
        """x [..., in] · weight [in, out] + bias [out]."""
        return self.node("Add", [self.node("MatMul", [x, self.constant(weight)]), self.constant(bias)])

    def last_row(self, window: str) -> str:
        """[batch, 25, 64] → [batch, 64], the newest row."""
        return self.node("Gather", [window, self.constant(np.array(WINDOW_STEPS - 1, np.int64))], axis=1)

    def by_horizon(self, flat: str) -> str:
        """[batch, 9] → [batch, 3, 3]."""
        return self.node("Reshape", [flat, self.ints(0, len(HORIZONS_MS), len(CLASSES))])

    def calibrated(self, logits: str, temperature: np.ndarray) -> str:
        """Softmax of logits [batch, 3, 3] over temperature [3] by horizon."""
        scaled = self.node("Div", [logits, self.constant(temperature.astype(np.float32).reshape(1, -1, 1))])
        return self.node("Softmax", [scaled], axis=-1)

    def model(self, probabilities: str) -> onnx.ModelProto:
        """The finished model, checked. Raises onnx.checker.ValidationError."""
        self.nodes.append(helper.make_node("Identity", [probabilities], ["probabilities"]))
        window = helper.make_tensor_value_info("window", TensorProto.FLOAT, ["batch", WINDOW_STEPS, FEATURE_COUNT])
        out = helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, ["batch", len(HORIZONS_MS), len(CLASSES)])
        graph = helper.make_graph(self.nodes, "flashmm", [window], [out], self.weights)
        opsets = [helper.make_opsetid("", self.opset)] + ([helper.make_opsetid("ai.onnx.ml", ML_OPSET)] if self.uses_ml else [])
        model = helper.make_model(graph, opset_imports=opsets, ir_version=IR_VERSIONS[self.opset], producer_name="flashmm-training")
        onnx.checker.check_model(model, full_check=True)
        return model
