"""INT8 by onnxruntime's dynamic quantisation, and whether it may be shipped."""

import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from onnxruntime.quantization import QuantType, quantize_dynamic

from . import HORIZONS_MS
from .export import PARITY_TOLERANCE, answers, session
from .metrics import counts, figures

AGREEMENT_MIN = 0.99
MACRO_F1_FALL_MAX = 0.005
BATCH = 16
"""As many markets as a session has at most."""
OPERATORS = ["MatMul", "Gemm", "LSTM"]
"""What has weights. The quantiser takes ONNX's Attention for the one of its own domain."""


@dataclass(frozen=True)
class Int8:
    """The quantised file with the least agreement of the likeliest class, and the greatest fall of macro-F1, over the horizons; `batch` is
    by how much a window's answer changes at most with what else is in its batch."""

    data: bytes
    agreement: float
    macro_f1_fall: float
    batch: float

    @property
    def shippable(self) -> bool:
        """Agreement of 99 % at least and macro-F1 less than 0.5 points lower, at every horizon; and the same answer alone and in a batch,
        since what is said of one market may not depend on another."""
        return self.agreement >= AGREEMENT_MIN and self.macro_f1_fall < MACRO_F1_FALL_MAX and self.batch <= PARITY_TOLERANCE


def quantised(data: bytes) -> bytes:
    """Weights of MatMul, Gemm and LSTM as integers, with a scale for each column: of 7 bits, as products of two of 8 saturate on processors
    with AVX2 and without VNNI, and then no two machines agree."""
    with tempfile.TemporaryDirectory() as folder:
        before, after = Path(folder) / "fp32.onnx", Path(folder) / "int8.onnx"
        before.write_bytes(data)
        quantize_dynamic(before, after, op_types_to_quantize=OPERATORS, weight_type=QuantType.QInt8, per_channel=True, reduce_range=True)
        return after.read_bytes()


def check_int8(data: bytes, windows: np.ndarray, labels: np.ndarray) -> Int8:
    """Quantises and compares on windows [n, 25, 64] with labels [n, 3] that the model was not trained on."""
    small = quantised(data)
    running = session(small)
    full, rough = answers(session(data), windows), answers(running, windows, 1)
    batch = np.abs(answers(running, windows, BATCH) - rough).max()
    agreement = (full.argmax(2) == rough.argmax(2)).mean(0)
    fall = [
        figures(counts(labels[:, h], full[:, h]).sum(0))[0] - figures(counts(labels[:, h], rough[:, h]).sum(0))[0]
        for h in range(len(HORIZONS_MS))
    ]
    return Int8(small, float(agreement.min()), float(max(fall)), float(batch))
