"""INT8 by onnxruntime's dynamic quantisation, and whether it may be shipped."""

import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from onnxruntime.quantization import QuantType, quantize_dynamic

from . import HORIZONS_MS
from .export import answers, session
from .metrics import counts, figures

AGREEMENT_MIN = 0.99
MACRO_F1_FALL_MAX = 0.005
OPERATORS = ["MatMul", "Gemm", "LSTM"]
"""What has weights. The quantiser takes ONNX's Attention for the one of its own domain."""


@dataclass(frozen=True)
class Int8:
    """The quantised file with the least agreement of the likeliest class, and the greatest fall of macro-F1, over the horizons."""

    data: bytes
    agreement: float
    macro_f1_fall: float

    @property
    def shippable(self) -> bool:
        """Agreement of 99 % at least and macro-F1 less than 0.5 points lower, at every horizon."""
        return self.agreement >= AGREEMENT_MIN and self.macro_f1_fall < MACRO_F1_FALL_MAX


def quantised(data: bytes) -> bytes:
    """Weights of MatMul, Gemm and LSTM as 8-bit integers, with a scale for each column."""
    with tempfile.TemporaryDirectory() as folder:
        before, after = Path(folder) / "fp32.onnx", Path(folder) / "int8.onnx"
        before.write_bytes(data)
        quantize_dynamic(before, after, op_types_to_quantize=OPERATORS, weight_type=QuantType.QInt8, per_channel=True)
        return after.read_bytes()


def check_int8(data: bytes, windows: np.ndarray, labels: np.ndarray) -> Int8:
    """Quantises and compares on windows [n, 25, 64] with labels [n, 3] that the model was not trained on."""
    small = quantised(data)
    full, rough = answers(session(data), windows), answers(session(small), windows)
    agreement = (full.argmax(2) == rough.argmax(2)).mean(0)
    fall = [
        figures(counts(labels[:, h], full[:, h]).sum(0))[0] - figures(counts(labels[:, h], rough[:, h]).sum(0))[0]
        for h in range(len(HORIZONS_MS))
    ]
    return Int8(small, float(agreement.min()), float(max(fall)))
