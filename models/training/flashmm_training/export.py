"""From a trained model to an ONNX file, and the proof that both answer the same."""

from dataclasses import dataclass
from time import perf_counter

import numpy as np
import onnx
import onnxruntime as ort

from .calibration import log_softmax
from .graph import Graph

PARITY_TOLERANCE = 1e-4
BYTES_MAX = 5_000_000
LATENCY_RUNS = 400


class ParityError(RuntimeError):
    """The file does not answer as the model that it was made from."""


@dataclass(frozen=True)
class Parity:
    """Greatest difference of a probability, over `rows` windows."""

    difference: float
    rows: int


def export(model: object, temperature: np.ndarray) -> bytes:
    """The ONNX file of a model calibrated with temperature [3]. Raises ParityError when it is too large to ship."""
    g = Graph()
    window = g.node("Identity", ["window"])
    data = g.model(g.calibrated(model.graph(g, window), temperature)).SerializeToString()
    if len(data) > BYTES_MAX:
        raise ParityError(f"{model.kind}: {len(data)} bytes, expected at most {BYTES_MAX}")
    return data


def session(data: bytes) -> ort.InferenceSession:
    """One thread, as the program runs it."""
    options = ort.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    return ort.InferenceSession(data, options, providers=["CPUExecutionProvider"])


def probabilities(model: object, temperature: np.ndarray, windows: np.ndarray) -> np.ndarray:
    """What the model itself says: [n, 3, 3]."""
    return np.exp(log_softmax(model.logits(windows).astype(np.float64) / temperature[None, :, None]))


def answers(running: ort.InferenceSession, windows: np.ndarray, batch: int = 512) -> np.ndarray:
    """What the file says: [n, 3, 3]."""
    parts = [running.run(None, {"window": windows[at : at + batch]})[0] for at in range(0, len(windows), batch)]
    return np.concatenate(parts)


def check_parity(model: object, temperature: np.ndarray, data: bytes, windows: np.ndarray) -> Parity:
    """Raises ParityError when the two differ by more than 1e-4, or when an answer depends on its batch."""
    running = session(data)
    said = answers(running, windows)
    difference = float(np.abs(said - probabilities(model, temperature, windows)).max())
    alone = float(np.abs(answers(running, windows[:8], 1) - said[:8]).max())
    if not max(difference, alone) <= PARITY_TOLERANCE:
        raise ParityError(f"{model.kind}: differs by {difference:.2e} from the model and {alone:.2e} by batch, expected at most {PARITY_TOLERANCE}")
    return Parity(difference, len(windows))


def latency(data: bytes, windows: np.ndarray) -> tuple[float, float]:
    """p50 and p99 of one window on one thread, milliseconds."""
    running = session(data)
    took = []
    for k in range(LATENCY_RUNS):
        feed = {"window": windows[k % len(windows)][None]}
        begun = perf_counter()
        running.run(None, feed)
        took.append((perf_counter() - begun) * 1000)
    return float(np.median(took[20:])), float(np.quantile(took[20:], 0.99))


def operators(data: bytes) -> dict[str, int]:
    """How often each operator occurs."""
    found: dict[str, int] = {}
    for node in onnx.load_from_string(data).graph.node:
        found[node.op_type] = found.get(node.op_type, 0) + 1
    return found
