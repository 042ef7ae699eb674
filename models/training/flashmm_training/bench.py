"""
The same weights in JAX: an ONNX file's graph, run operator by operator under `jax.jit` on the CPU, and how long one window takes.

It reads the weights from the file, so it is the same model, and it says whether both answer the same. Trees are left out: JAX has none.
"""

from collections.abc import Callable
from pathlib import Path
from time import perf_counter

import jax
import jax.numpy as jnp
import numpy as np
import onnx
from onnx import helper, numpy_helper

from .export import session

RUNS = 500
WARM_UP_RUNS = 50


class Unsupported(ValueError):
    """A graph with an operator that is not written here."""


def jax_of(path: Path) -> Callable[[jax.Array], jax.Array]:
    """windows [b, 25, 64] → probabilities [b, 3, 3], compiled. Raises Unsupported."""
    graph = onnx.load(path).graph
    weights = {w.name: numpy_helper.to_array(w) for w in graph.initializer}
    unknown = {node.op_type for node in graph.node} - set(OPERATORS)
    if unknown:
        raise Unsupported(f"{path}: no {sorted(unknown)[0]} in JAX")

    def run(window: jax.Array) -> jax.Array:
        values = dict(weights) | {"window": window}
        for node in graph.node:
            attributes = {a.name: helper.get_attribute_value(a) for a in node.attribute}
            values[node.output[0]] = OPERATORS[node.op_type](attributes, *(values[name] for name in node.input))
        return values["probabilities"]

    return jax.jit(run)


def lstm(attributes: dict, x: jax.Array, weight_in: np.ndarray, weight_back: np.ndarray, bias: np.ndarray) -> jax.Array:
    """Bidirectional: x [steps, b, in] → [steps, 2, b, hidden]."""
    hidden = attributes["hidden_size"]
    both = bias[:, : 4 * hidden] + bias[:, 4 * hidden :]
    ways = []
    for way in range(2):
        ahead = (x if way == 0 else x[::-1]) @ weight_in[way].T + both[way]

        def step(state: tuple, a: jax.Array, back: np.ndarray = weight_back[way].T) -> tuple[tuple, jax.Array]:
            h, c = state
            i, o, f, g = jnp.split(a + h @ back, 4, axis=-1)
            c = jax.nn.sigmoid(f) * c + jax.nn.sigmoid(i) * jnp.tanh(g)
            h = jax.nn.sigmoid(o) * jnp.tanh(c)
            return (h, c), h

        zero = jnp.zeros((x.shape[1], hidden))
        states = jax.lax.scan(step, (zero, zero), ahead)[1]
        ways.append(states if way == 0 else states[::-1])
    return jnp.stack(ways, axis=1)


def layer_norm(attributes: dict, x: jax.Array, scale: np.ndarray, bias: np.ndarray) -> jax.Array:
    """Over the last axis."""
    away = x - x.mean(-1, keepdims=True)
    return away / jnp.sqrt((away**2).mean(-1, keepdims=True) + attributes["epsilon"]) * scale + bias


def attention(attributes: dict, query: jax.Array, key: jax.Array, value: jax.Array) -> jax.Array:
    """Rows [b, steps, heads · size], no mask."""
    heads = attributes["q_num_heads"]
    query, key, value = (x.reshape(*x.shape[:2], heads, -1).transpose(0, 2, 1, 3) for x in (query, key, value))
    share = jax.nn.softmax(query @ key.transpose(0, 1, 3, 2) / np.sqrt(query.shape[-1]).astype(np.float32), axis=-1)
    joined = (share @ value).transpose(0, 2, 1, 3)
    return joined.reshape(*joined.shape[:2], -1)


def reshape(_: dict, x: jax.Array, shape: np.ndarray) -> jax.Array:
    """0 keeps a dimension."""
    return x.reshape([x.shape[k] if size == 0 else int(size) for k, size in enumerate(shape)])


OPERATORS: dict[str, Callable] = {
    "Identity": lambda _, x: x,
    "Add": lambda _, a, b: a + b,
    "Sub": lambda _, a, b: a - b,
    "Mul": lambda _, a, b: a * b,
    "Div": lambda _, a, b: a / b,
    "Sqrt": lambda _, x: jnp.sqrt(x),
    "Relu": lambda _, x: jax.nn.relu(x),
    "Tanh": lambda _, x: jnp.tanh(x),
    "Clip": lambda _, x, low, high: jnp.clip(x, low, high),
    "MatMul": lambda _, a, b: a @ b,
    "Gemm": lambda _, a, b, c: a @ b + c,
    "Gather": lambda a, x, at: jnp.take(x, at, axis=a["axis"]),
    "ReduceMean": lambda a, x, axes: x.mean(tuple(int(k) for k in axes), keepdims=bool(a["keepdims"])),
    "ReduceSum": lambda a, x, axes: x.sum(tuple(int(k) for k in axes), keepdims=bool(a["keepdims"])),
    "Softmax": lambda a, x: jax.nn.softmax(x, axis=a["axis"]),
    "Transpose": lambda a, x: x.transpose(a["perm"]),
    "Reshape": reshape,
    "LayerNormalization": layer_norm,
    "LSTM": lstm,
    "Attention": attention,
}


def bench(models: Path) -> dict[str, object]:
    """p50 of one window in JAX for every model of a folder that JAX can run, and in onnxruntime beside it, milliseconds; one after
    another, run by run, so that both have the same machine. `difference` is the greatest between their answers."""
    p50, beside, difference = {}, {}, {}
    for file in sorted(models.glob("*/*/model.onnx")):
        try:
            run = jax_of(file)
        except Unsupported:
            continue
        name = f"{file.parent.parent.name}/{file.parent.name}"
        running = session(file.read_bytes())
        windows = np.random.default_rng(1).normal(size=(WARM_UP_RUNS + RUNS, 1, 25, 64)).astype(np.float32)
        took, other, away = [], [], 0.0
        for window in windows:
            begun = perf_counter()
            ours = np.asarray(run(window))
            middle = perf_counter()
            theirs = running.run(None, {"window": window})[0]
            took.append((middle - begun) * 1000)
            other.append((perf_counter() - middle) * 1000)
            away = max(away, float(np.abs(ours - theirs).max()))
        p50[name] = round(float(np.median(took[WARM_UP_RUNS:])), 4)
        beside[name] = round(float(np.median(other[WARM_UP_RUNS:])), 4)
        difference[name] = float(f"{away:.1e}")
    return {"runtime": f"jax {jax.__version__}, CPU", "p50_ms": p50, "onnxruntime_p50_ms": beside, "difference": difference}
