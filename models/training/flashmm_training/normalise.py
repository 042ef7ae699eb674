"""
Normalisation, as a part of each model: features go in raw.

Robust: (x − median) / scale, clipped to ±5, with the scale from the quartiles. The sequence models put a learned layer behind it that
mixes this view with one of the window alone, feature by feature (after BiN, Tran et al. 2021, which normalises along time and features).
"""

from dataclasses import dataclass

import numpy as np

from .graph import Graph

CLIP = 5.0
NORMAL_IQR = 1.349


@dataclass(frozen=True)
class Robust:
    """`centre` and `scale` [64] float32."""

    centre: np.ndarray
    scale: np.ndarray

    def __call__(self, x: np.ndarray) -> np.ndarray:
        """Features [..., 64] → the same shape, within ±5."""
        return np.clip((x - self.centre) / self.scale, -CLIP, CLIP).astype(np.float32)

    def graph(self, g: Graph, x: str) -> str:
        """The same as nodes."""
        z = g.node("Div", [g.node("Sub", [x, g.constant(self.centre)]), g.constant(self.scale)])
        return g.node("Clip", [z, g.constant(np.float32(-CLIP)), g.constant(np.float32(CLIP))])


def fit_robust(x: np.ndarray) -> Robust:
    """From features [n, 64]. A feature that hardly ever leaves its median is scaled by its deviation, a constant one by 1."""
    low, centre, high = np.quantile(x.astype(np.float64), [0.25, 0.5, 0.75], axis=0)
    deviation = x.std(axis=0, dtype=np.float64)
    scale = np.maximum((high - low) / NORMAL_IQR, 0.3 * deviation)
    scale = np.where(scale > 1e-9, scale, 1.0)
    return Robust(centre.astype(np.float32), scale.astype(np.float32))
