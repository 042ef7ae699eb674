"""
What the sequence models share: learned normalisation, the path from the newest row straight to the classes, and training.

AdamW with warm-up and cosine decay, cross-entropy weighted by class, half of each batch mirrored, and the parameters of the best
check on held-out rows. Weights are float32 in nested dictionaries; `apply` is a pure function of them, so the same weights run in JAX
and, written node by node, in ONNX.
"""

import functools
from collections.abc import Callable
from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
import optax

from . import CLASSES, FEATURE_COUNT, HORIZONS_MS
from .calibration import log_softmax
from .data import Rows
from .examples import Examples, class_weights
from .graph import Graph
from .normalise import Robust, fit_robust
from .progress import Progress
from .splits import latest

Parameters = dict[str, "jax.Array | Parameters"]
OUTPUTS = len(HORIZONS_MS) * len(CLASSES)
VARIANCE_FLOOR = 0.1
HELD_MAX = 1024
PREDICT_BATCH = 512


@dataclass(frozen=True)
class Budget:
    """How long to train: at most `steps` batches of `batch` windows, checked every `check_every`, ended after `patience` checks
    without a better one. `learning_rate` is the peak."""

    steps: int
    batch: int
    learning_rate: float
    check_every: int
    patience: int


@dataclass(frozen=True)
class Architecture:
    """A network: `make` draws parameters, `apply` maps (parameters, z [b, 25, 64], key or null for no dropout) to hidden [b, width],
    and `nodes` writes the same."""

    kind: str
    width: int
    make: Callable[[jax.Array], Parameters]
    apply: Callable[[Parameters, jax.Array, "jax.Array | None"], jax.Array]
    nodes: Callable[[Graph, dict, str], str]
    budget: Budget


@dataclass(frozen=True)
class Deep:
    """A trained network."""

    architecture: Architecture
    normalise: Robust
    parameters: Parameters
    steps: int

    @property
    def kind(self) -> str:
        """The kind of the network."""
        return self.architecture.kind

    def logits(self, windows: np.ndarray) -> np.ndarray:
        """[n, 25, 64] → [n, 3, 3]."""
        if len(windows) == 0:
            return np.zeros((0, len(HORIZONS_MS), len(CLASSES)), np.float32)
        forward = forward_of(self.architecture)
        parts = []
        for at in range(0, len(windows), PREDICT_BATCH):
            part = self.normalise(windows[at : at + PREDICT_BATCH])
            whole = np.concatenate([part, np.zeros((PREDICT_BATCH - len(part), *part.shape[1:]), np.float32)])
            parts.append(np.asarray(forward(self.parameters, whole))[: len(part)])
        return np.concatenate(parts)

    def graph(self, g: Graph, window: str) -> str:
        """The logits as nodes."""
        p = jax.tree.map(np.asarray, self.parameters)
        z = self.normalise.graph(g, window)
        newest = g.last_row(z)
        hidden = self.architecture.nodes(g, p["body"], mixed_nodes(g, p["mix"], z))
        deep = g.dense(hidden, p["head"]["weight"], p["head"]["bias"])
        return g.by_horizon(g.node("Add", [deep, g.node("MatMul", [newest, g.constant(p["skip"])])]))


@functools.cache
def forward_of(architecture: Architecture) -> Callable[[Parameters, np.ndarray], jax.Array]:
    """`network` without dropout, compiled once for each architecture."""
    return jax.jit(lambda p, z: network(architecture, p, z, None))


def network(architecture: Architecture, p: Parameters, z: jax.Array, key: "jax.Array | None") -> jax.Array:
    """Normalised windows [b, 25, 64] → logits [b, 3, 3]."""
    hidden = architecture.apply(p["body"], mixed(p["mix"], z), key)
    flat = hidden @ p["head"]["weight"] + p["head"]["bias"] + z[:, -1] @ p["skip"]
    return flat.reshape(-1, len(HORIZONS_MS), len(CLASSES))


def mixed(p: Parameters, z: jax.Array) -> jax.Array:
    """The learned normalisation: each feature a mixture of its value and its value against the window's own mean and deviation."""
    mean = z.mean(1, keepdims=True)
    away = z - mean
    deviation = jnp.sqrt((away**2).mean(1, keepdims=True) + VARIANCE_FLOOR)
    return z * p["global"] + away / deviation * p["local"] + p["bias"]


def mixed_nodes(g: Graph, p: dict, z: str) -> str:
    """The same as nodes."""
    away = g.node("Sub", [z, g.node("ReduceMean", [z, g.ints(1)], since=18, keepdims=1)])
    square = g.node("ReduceMean", [g.node("Mul", [away, away]), g.ints(1)], since=18, keepdims=1)
    deviation = g.node("Sqrt", [g.node("Add", [square, g.constant(np.float32(VARIANCE_FLOOR))])])
    local = g.node("Mul", [g.node("Div", [away, deviation]), g.constant(p["local"])])
    return g.node("Add", [g.node("Add", [g.node("Mul", [z, g.constant(p["global"])]), local]), g.constant(p["bias"])])


def drawn(key: jax.Array, rows: int, columns: int, gain: float = 1.0) -> jax.Array:
    """A weight matrix [rows, columns], uniform after Glorot and Bengio 2010."""
    limit = gain * float(np.sqrt(6 / (rows + columns)))
    return jax.random.uniform(key, (rows, columns), jnp.float32, -limit, limit)


def dropout(x: jax.Array, key: "jax.Array | None", rate: float) -> jax.Array:
    """Inverted dropout; none without a key."""
    if key is None:
        return x
    keep = jax.random.bernoulli(key, 1 - rate, x.shape)
    return jnp.where(keep, x / (1 - rate), 0)


def start(architecture: Architecture, seed: int) -> Parameters:
    """Fresh parameters. The direct path starts at zero and the head small, so that training starts at the class shares."""
    body, head = jax.random.split(jax.random.key(seed))
    return {
        "mix": {"global": jnp.ones(FEATURE_COUNT), "local": jnp.full(FEATURE_COUNT, 0.3), "bias": jnp.zeros(FEATURE_COUNT)},
        "body": architecture.make(body),
        "head": {"weight": drawn(head, architecture.width, OUTPUTS, 0.3), "bias": jnp.zeros(OUTPUTS)},
        "skip": jnp.zeros((FEATURE_COUNT, OUTPUTS)),
    }


def fit_deep(architecture: Architecture, examples: Examples, seed: int, progress: Progress | None = None, steps: int | None = None) -> Deep:
    """Trained until held-out rows get no better. `steps` given: exactly so many steps on all rows, without held-out ones, as when
    earlier folds have told how many are best."""
    normalise = fit_robust(examples.rows.gather("features"), examples.keep)
    split = latest(examples.rows)
    train = examples.rows.where(split.train) if steps is None else examples.rows
    held = examples.rows.where(split.test).thinned(HELD_MAX) if steps is None else None
    trainer = Trainer(architecture, normalise, examples, train, seed, steps or architecture.budget.steps)
    best, best_loss, best_step, worse = trainer.parameters, np.inf, 0, 0
    for step in range(1, trainer.steps + 1):
        trainer.step()
        if step % architecture.budget.check_every != 0 and step != trainer.steps:
            continue
        if held is None:
            best, best_step = trainer.parameters, step
            continue
        loss = log_loss(Deep(architecture, normalise, trainer.parameters, step), held, trainer.weights)
        if progress is not None:
            progress.say(f"{architecture.kind}: step {step} of {trainer.steps}, held-out loss {loss:.4f}")
        if loss < best_loss:
            best, best_loss, best_step, worse = trainer.parameters, loss, step, 0
        else:
            worse += 1
            if worse >= architecture.budget.patience:
                break
    return Deep(architecture, normalise, best, best_step)


class Trainer:
    """One run: draws batches, takes steps."""

    def __init__(self, architecture: Architecture, normalise: Robust, examples: Examples, train: Rows, seed: int, steps: int) -> None:
        self.normalise, self.examples, self.train, self.steps = normalise, examples, train, steps
        self.batch = architecture.budget.batch
        self.parameters = start(architecture, seed)
        self.random = np.random.default_rng(seed)
        self.key = jax.random.key(seed + 1)
        labels = train.gather("labels").astype(np.int64)
        both = np.concatenate([labels, examples.mirror.labels(labels)])
        self.labels = labels
        self.weights = np.stack([class_weights(both[:, h]) for h in range(len(HORIZONS_MS))]).astype(np.float32)
        schedule = optax.warmup_cosine_decay_schedule(0.0, architecture.budget.learning_rate, max(1, steps // 10), steps, 1e-6)
        self.optimiser = optax.chain(optax.clip_by_global_norm(1.0), optax.adamw(schedule, weight_decay=0.02))
        self.state = self.optimiser.init(self.parameters)

        def loss(p: Parameters, z: jax.Array, labels: jax.Array, weights: jax.Array, key: jax.Array) -> jax.Array:
            log_p = jax.nn.log_softmax(network(architecture, p, z, key))
            own = jnp.take_along_axis(log_p, labels[:, :, None], axis=2)[:, :, 0]
            return -(own * jnp.take_along_axis(weights[None], labels[:, :, None], axis=2)[:, :, 0]).mean()

        def step(p: Parameters, state: optax.OptState, *batch: jax.Array) -> tuple[Parameters, optax.OptState]:
            updates, state = self.optimiser.update(jax.grad(loss)(p, *batch), state, p)
            return optax.apply_updates(p, updates), state

        self.jitted = jax.jit(step)

    def step(self) -> None:
        """One batch of windows, each mirrored or not by a coin."""
        at = self.random.integers(0, len(self.train), self.batch)
        windows, labels = self.train.windows(at), self.labels[at]
        mirror = self.examples.mirror
        flip = self.random.random(self.batch) < 0.5
        windows = np.where(flip[:, None, None], mirror.features(windows), windows)
        labels = np.where(flip[:, None], mirror.labels(labels), labels)
        self.key, key = jax.random.split(self.key)
        self.parameters, self.state = self.jitted(self.parameters, self.state, self.normalise(windows), labels, self.weights, key)


def log_loss(model: Deep, rows: Rows, weights: np.ndarray) -> float:
    """The loss that is trained on, over rows, without dropout; weights [3 horizons, 3 classes]."""
    labels = rows.gather("labels").astype(np.int64)
    own = np.take_along_axis(log_softmax(model.logits(rows.windows())), labels[:, :, None], axis=2)[:, :, 0]
    return float(-(own * weights[np.arange(len(HORIZONS_MS)), labels]).mean())
