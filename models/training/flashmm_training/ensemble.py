"""A voting ensemble: the mean of its members' calibrated probabilities, sharpened again by a temperature of its own."""

from dataclasses import dataclass

import numpy as np

from .calibration import log_softmax
from .graph import Graph

FLOOR = 1e-6
"""Below this a probability is taken for it, so that its logarithm stays finite."""


@dataclass(frozen=True)
class Ensemble:
    """Members with the temperatures [3] that they were calibrated with."""

    members: tuple[tuple[object, np.ndarray], ...]
    kind: str = "ensemble"

    def logits(self, windows: np.ndarray) -> np.ndarray:
        """[n, 25, 64] → [n, 3, 3]: the logarithm of the mean probability."""
        return vote([model.logits(windows) for model, _ in self.members], [t for _, t in self.members])

    def graph(self, g: Graph, window: str) -> str:
        """The same as nodes, all members in one graph."""
        votes = [g.calibrated(model.graph(g, window), temperature) for model, temperature in self.members]
        mean = g.node("Mean", votes)
        return g.node("Log", [g.node("Max", [mean, g.constant(np.float32(FLOOR))])])


def vote(logits: list[np.ndarray], temperatures: list[np.ndarray]) -> np.ndarray:
    """The members' logits [n, 3, 3] with their temperatures [3] → the logarithm of the mean probability."""
    mean = np.mean([np.exp(log_softmax(x / t[None, :, None])) for x, t in zip(logits, temperatures, strict=True)], axis=0)
    return np.log(np.maximum(mean, FLOOR))
