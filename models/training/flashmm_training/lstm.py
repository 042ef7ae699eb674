"""A bidirectional LSTM over the window, its steps pooled by attention (Bahdanau et al. 2015, additive score)."""

import jax
import jax.numpy as jnp
import numpy as np

from . import FEATURE_COUNT
from .deep import Architecture, Budget, Parameters, drawn, dropout
from .graph import Graph

HIDDEN = 64
ATTENTION = 64
DROPOUT = 0.2


def make(key: jax.Array) -> Parameters:
    """Gates in ONNX's order: input, output, forget, cell. The forget gate starts open."""
    keys = jax.random.split(key, 6)
    bias = jnp.zeros((2, 4 * HIDDEN)).at[:, 2 * HIDDEN : 3 * HIDDEN].set(1.0)
    return {
        "in": jnp.stack([drawn(keys[d], FEATURE_COUNT, 4 * HIDDEN) for d in range(2)]),
        "back": jnp.stack([drawn(keys[2 + d], HIDDEN, 4 * HIDDEN) for d in range(2)]),
        "bias": bias,
        "score": {"weight": drawn(keys[4], 2 * HIDDEN, ATTENTION), "bias": jnp.zeros(ATTENTION), "vector": drawn(keys[5], ATTENTION, 1)},
    }


def one_way(x: jax.Array, weight_in: jax.Array, weight_back: jax.Array, bias: jax.Array) -> jax.Array:
    """x [25, b, 64] → hidden states [25, b, 64]."""
    ahead = x @ weight_in + bias

    def step(state: tuple[jax.Array, jax.Array], a: jax.Array) -> tuple[tuple[jax.Array, jax.Array], jax.Array]:
        h, c = state
        i, o, f, g = jnp.split(a + h @ weight_back, 4, axis=-1)
        c = jax.nn.sigmoid(f) * c + jax.nn.sigmoid(i) * jnp.tanh(g)
        h = jax.nn.sigmoid(o) * jnp.tanh(c)
        return (h, c), h

    zero = jnp.zeros((x.shape[1], HIDDEN))
    return jax.lax.scan(step, (zero, zero), ahead)[1]


def apply(p: Parameters, z: jax.Array, key: "jax.Array | None") -> jax.Array:
    """[b, 25, 64] → [b, 256]."""
    x = jnp.swapaxes(z, 0, 1)
    forward = one_way(x, p["in"][0], p["back"][0], p["bias"][0])
    backward = one_way(x[::-1], p["in"][1], p["back"][1], p["bias"][1])[::-1]
    states = jnp.swapaxes(jnp.concatenate([forward, backward], axis=-1), 0, 1)
    score = jnp.tanh(states @ p["score"]["weight"] + p["score"]["bias"]) @ p["score"]["vector"]
    pooled = (jax.nn.softmax(score, axis=1) * states).sum(1)
    return dropout(pooled, key, DROPOUT)


def nodes(g: Graph, p: dict, z: str) -> str:
    """The same, on ONNX's own LSTM operator."""
    x = g.node("Transpose", [z], perm=[1, 0, 2])
    weight_in = g.constant(p["in"].transpose(0, 2, 1))
    weight_back = g.constant(p["back"].transpose(0, 2, 1))
    bias = g.constant(np.concatenate([p["bias"], np.zeros_like(p["bias"])], axis=1))
    states = g.node("LSTM", [x, weight_in, weight_back, bias], hidden_size=HIDDEN, direction="bidirectional")
    states = g.node("Reshape", [g.node("Transpose", [states], perm=[2, 0, 1, 3]), g.ints(0, 0, -1)])
    score = g.node("Tanh", [g.dense(states, p["score"]["weight"], p["score"]["bias"])])
    share = g.node("Softmax", [g.node("MatMul", [score, g.constant(p["score"]["vector"])])], axis=1)
    return g.node("ReduceSum", [g.node("Mul", [share, states]), g.ints(1)], keepdims=0)


LSTM = Architecture("lstm", 2 * HIDDEN, make, apply, nodes, Budget(steps=250, batch=96, learning_rate=2e-3, check_every=50, patience=2))
"""About 280 thousand parameters."""
