"""
MarketTransformer: 64 → 128, positional encoding, 4 encoder layers of 8 heads and feed-forward 512, dropout 0.1; the last step through
64 and ReLU to the classes (Vaswani et al. 2017; normalisation before each part, Xiong et al. 2020, which trains without a long warm-up).
"""

import jax
import jax.numpy as jnp
import numpy as np

from . import FEATURE_COUNT, WINDOW_STEPS
from .deep import Architecture, Budget, Parameters, drawn, dropout
from .graph import Graph

MODEL = 128
LAYERS = 4
HEADS = 8
FEED_FORWARD = 512
LAST = 64
DROPOUT = 0.1
EPSILON = 1e-5


def positions() -> np.ndarray:
    """The sinusoidal encoding [25, 128] (Vaswani et al. 2017, section 3.5)."""
    at = np.arange(WINDOW_STEPS)[:, None] / 10_000 ** (np.arange(0, MODEL, 2) / MODEL)
    return np.stack([np.sin(at), np.cos(at)], axis=-1).reshape(WINDOW_STEPS, MODEL).astype(np.float32)


def make(key: jax.Array) -> Parameters:
    """Fresh parameters; the output of each part starts small, by the depth."""
    keys = iter(jax.random.split(key, 2 + 4 * LAYERS))
    norm = lambda: {"scale": jnp.ones(MODEL), "bias": jnp.zeros(MODEL)}  # noqa: E731
    dense = lambda rows, columns, gain=1.0: {"weight": drawn(next(keys), rows, columns, gain), "bias": jnp.zeros(columns)}  # noqa: E731
    small = float(1 / np.sqrt(2 * LAYERS))
    return {
        "in": dense(FEATURE_COUNT, MODEL),
        "layers": [
            {
                "attention_norm": norm(),
                "query_key_value": dense(MODEL, 3 * MODEL),
                "attention_out": dense(MODEL, MODEL, small),
                "forward_norm": norm(),
                "forward_in": dense(MODEL, FEED_FORWARD),
                "forward_out": dense(FEED_FORWARD, MODEL, small),
            }
            for _ in range(LAYERS)
        ],
        "norm": norm(),
        "last": dense(MODEL, LAST),
    }


def normed(p: Parameters, x: jax.Array) -> jax.Array:
    """Layer normalisation (Ba et al. 2016)."""
    away = x - x.mean(-1, keepdims=True)
    return away / jnp.sqrt((away**2).mean(-1, keepdims=True) + EPSILON) * p["scale"] + p["bias"]


def dense(p: Parameters, x: jax.Array) -> jax.Array:
    """x · weight + bias."""
    return x @ p["weight"] + p["bias"]


def attention(p: Parameters, x: jax.Array) -> jax.Array:
    """Attention of every step to every step: [b, 25, 128] → the same."""
    b = x.shape[0]
    parts = dense(p["query_key_value"], normed(p["attention_norm"], x)).reshape(b, WINDOW_STEPS, 3, HEADS, MODEL // HEADS)
    query, key, value = parts.transpose(2, 0, 3, 1, 4)
    share = jax.nn.softmax(query @ key.transpose(0, 1, 3, 2) / np.sqrt(MODEL // HEADS).astype(np.float32), axis=-1)
    return dense(p["attention_out"], (share @ value).transpose(0, 2, 1, 3).reshape(b, WINDOW_STEPS, MODEL))


def forward(p: Parameters, x: jax.Array) -> jax.Array:
    """The feed-forward part."""
    return dense(p["forward_out"], jax.nn.relu(dense(p["forward_in"], normed(p["forward_norm"], x))))


def apply(p: Parameters, z: jax.Array, key: "jax.Array | None") -> jax.Array:
    """[b, 25, 64] → [b, 64]."""
    keys = iter(jax.random.split(key, 1 + 2 * LAYERS) if key is not None else [None] * (1 + 2 * LAYERS))
    x = dropout(dense(p["in"], z) + positions(), next(keys), DROPOUT)
    for layer in p["layers"]:
        x = x + dropout(attention(layer, x), next(keys), DROPOUT)
        x = x + dropout(forward(layer, x), next(keys), DROPOUT)
    return jax.nn.relu(dense(p["last"], normed(p["norm"], x[:, -1])))


def nodes(g: Graph, p: dict, z: str) -> str:
    """The same, on ONNX's own LayerNormalization and Attention operators.

    Steps lie below one another as rows [b · 25, 128], so that a product and its bias are one operator; and of the last layer only what
    reaches the last step is worked out."""
    x = gemm(g, p["in"], g.node("Reshape", [z, g.ints(-1, FEATURE_COUNT)]))
    x = g.node("Add", [steps_of(g, x), g.constant(positions())])
    x = g.node("Reshape", [x, g.ints(-1, MODEL)])
    for layer in p["layers"][:-1]:
        x = encoder_layer(g, layer, x, last_only=False)
    return g.node("Relu", [gemm(g, p["last"], norm_nodes(g, p["norm"], encoder_layer(g, p["layers"][-1], x, last_only=True)))])


def gemm(g: Graph, p: dict, x: str) -> str:
    """x [rows, in] · weight + bias."""
    return g.node("Gemm", [x, g.constant(p["weight"]), g.constant(p["bias"])])


def norm_nodes(g: Graph, p: dict, x: str) -> str:
    """Layer normalisation."""
    return g.node("LayerNormalization", [x, g.constant(p["scale"]), g.constant(p["bias"])], axis=-1, epsilon=EPSILON)


def steps_of(g: Graph, rows: str) -> str:
    """[b · 25, 128] → [b, 25, 128]."""
    return g.node("Reshape", [rows, g.ints(-1, WINDOW_STEPS, MODEL)])


def encoder_layer(g: Graph, p: dict, x: str, *, last_only: bool) -> str:
    """Rows [b · 25, 128] → the same, or only those of the last step [b, 128]."""
    attended = attention_nodes(g, p, norm_nodes(g, p["attention_norm"], x), last_only=last_only)
    x = g.node("Add", [g.last_row(steps_of(g, x)) if last_only else x, attended])
    inner = g.node("Relu", [gemm(g, p["forward_in"], norm_nodes(g, p["forward_norm"], x))])
    return g.node("Add", [x, gemm(g, p["forward_out"], inner)])


def attention_nodes(g: Graph, p: dict, x: str, *, last_only: bool) -> str:
    """Attention of the normalised rows; ONNX's operator divides by √16 as `attention` does."""
    weight, bias = p["query_key_value"]["weight"], p["query_key_value"]["bias"]
    parts = []
    for part in range(3):
        last = last_only and part == 0
        columns = slice(part * MODEL, (part + 1) * MODEL)
        rows = gemm(g, {"weight": weight[:, columns], "bias": bias[columns]}, g.last_row(steps_of(g, x)) if last else x)
        parts.append(g.node("Reshape", [rows, g.ints(-1, 1 if last else WINDOW_STEPS, MODEL)]))
    joined = g.node("Attention", parts, since=23, q_num_heads=HEADS, kv_num_heads=HEADS)
    return gemm(g, p["attention_out"], g.node("Reshape", [joined, g.ints(-1, MODEL)]))


TRANSFORMER = Architecture("transformer", LAST, make, apply, nodes, Budget(steps=200, batch=64, learning_rate=1e-3, check_every=50, patience=2))
"""About 820 thousand parameters."""
