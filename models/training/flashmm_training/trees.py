"""
Gradient-boosted trees (LightGBM, Ke et al. 2017) on the newest row; features already hold what was before it. Small trees, few features
each, strong shrinkage: minutes of data hold far fewer independent moves than rows.

All horizons and classes become one TreeEnsembleRegressor with nine targets. ONNX compares float32 with float32 where LightGBM compares
doubles, so thresholds are rounded down to the next float32: for a float32 x, x ≤ t and x ≤ down(t) are the same.
"""

from dataclasses import dataclass

import lightgbm as lgb
import numpy as np

from . import CLASSES, HORIZONS_MS
from .examples import Examples
from .graph import Graph
from .progress import Progress
from .splits import latest

ROUNDS_MIN = 20
ROUNDS_MAX = 100
PATIENCE = 15
PARAMETERS = {
    "objective": "multiclass",
    "num_class": len(CLASSES),
    "learning_rate": 0.1,
    "num_leaves": 8,
    "min_data_in_leaf": 500,
    "feature_fraction": 0.3,
    "bagging_fraction": 0.7,
    "bagging_freq": 1,
    "lambda_l2": 50.0,
    "max_bin": 63,
    "deterministic": True,
    "force_row_wise": True,
    "num_threads": 0,
    "verbosity": -1,
}


@dataclass(frozen=True)
class Trees:
    """One booster for each horizon, on the features of the indices `columns`."""

    boosters: tuple[lgb.Booster, ...]
    columns: np.ndarray
    kind: str = "trees"

    def logits(self, windows: np.ndarray) -> np.ndarray:
        """[n, 25, 64] → [n, 3, 3]."""
        x = windows[:, -1, self.columns]
        return np.stack([b.predict(x, raw_score=True) for b in self.boosters], axis=1).astype(np.float32)

    def graph(self, g: Graph, window: str) -> str:
        """The logits as nodes."""
        forest = [tree for h, b in enumerate(self.boosters) for tree in flattened(b, h, self.columns)]
        return g.by_horizon(g.node("TreeEnsembleRegressor", [g.last_row(window)], domain="ai.onnx.ml", **ensemble(forest)))


def fit_trees(examples: Examples, seed: int, progress: Progress | None = None) -> Trees:
    """A booster for each horizon; the number of rounds is where the newest 15 % stop getting better, then all rows are used."""
    split = latest(examples.rows)
    x, labels, weights = examples.last_rows()
    columns = np.flatnonzero(examples.keep)
    x = x[:, columns]
    both = lambda at: np.concatenate([at, at + len(examples.rows)])  # noqa: E731
    boosters = []
    for h in range(len(HORIZONS_MS)):
        parameters = PARAMETERS | {"seed": seed + h}
        rounds = best_rounds(x, labels[:, h], weights[:, h], both(split.train), both(split.test), parameters)
        boosters.append(lgb.train(parameters, lgb.Dataset(x, labels[:, h], weight=weights[:, h]), num_boost_round=rounds))
        if progress is not None:
            progress.say(f"trees at {HORIZONS_MS[h]} ms: {rounds} rounds")
    return Trees(tuple(boosters), columns)


def best_rounds(x: np.ndarray, labels: np.ndarray, weights: np.ndarray, train: np.ndarray, held: np.ndarray, parameters: dict) -> int:
    """How many rounds are best on held-out rows."""
    if len(held) == 0:
        return ROUNDS_MAX // 2
    fit = lgb.Dataset(x[train], labels[train], weight=weights[train])
    check = lgb.Dataset(x[held], labels[held], weight=weights[held], reference=fit)
    found = lgb.train(parameters, fit, ROUNDS_MAX, valid_sets=[check], callbacks=[lgb.early_stopping(PATIENCE, verbose=False)])
    return max(ROUNDS_MIN, found.best_iteration)


def flattened(booster: lgb.Booster, horizon: int, columns: np.ndarray) -> list[tuple[int, list[dict]]]:
    """Trees as (target, nodes in order, the root first); a node is a leaf ('leaf') or a split ('feature', 'threshold', 'yes', 'no')."""
    out = []
    for k, info in enumerate(booster.dump_model()["tree_info"]):
        nodes: list[dict] = []

        def add(tree: dict) -> int:
            at = len(nodes)
            nodes.append({})
            if "leaf_value" in tree:
                nodes[at] = {"leaf": tree["leaf_value"]}
            else:
                assert tree["decision_type"] == "<=" and tree["missing_type"] == "None", tree
                yes, no = add(tree["left_child"]), add(tree["right_child"])
                nodes[at] = {"feature": int(columns[tree["split_feature"]]), "threshold": rounded_down(tree["threshold"]), "yes": yes, "no": no}
            return at

        add(info["tree_structure"])
        out.append((horizon * len(CLASSES) + k % len(CLASSES), nodes))
    return out


def rounded_down(threshold: float) -> float:
    """The greatest float32 that is not above the double."""
    near = np.float32(threshold)
    return float(near if float(near) <= threshold else np.nextafter(near, np.float32(-np.inf)))


def ensemble(forest: list[tuple[int, list[dict]]]) -> dict[str, object]:
    """The attributes of TreeEnsembleRegressor (ai.onnx.ml 3)."""
    a: dict[str, list] = {f"nodes_{k}": [] for k in ("treeids", "nodeids", "featureids", "modes", "values", "truenodeids", "falsenodeids")}
    t: dict[str, list] = {f"target_{k}": [] for k in ("treeids", "nodeids", "ids", "weights")}
    for tree, (target, nodes) in enumerate(forest):
        for at, node in enumerate(nodes):
            leaf = "leaf" in node
            a["nodes_treeids"].append(tree)
            a["nodes_nodeids"].append(at)
            a["nodes_featureids"].append(0 if leaf else node["feature"])
            a["nodes_modes"].append("LEAF" if leaf else "BRANCH_LEQ")
            a["nodes_values"].append(0.0 if leaf else node["threshold"])
            a["nodes_truenodeids"].append(0 if leaf else node["yes"])
            a["nodes_falsenodeids"].append(0 if leaf else node["no"])
            if leaf:
                t["target_treeids"].append(tree)
                t["target_nodeids"].append(at)
                t["target_ids"].append(target)
                t["target_weights"].append(node["leaf"])
    return a | t | {"n_targets": len(HORIZONS_MS) * len(CLASSES), "aggregate_function": "SUM"}
