"""Training from datasets to model folders: validate, fit on everything, export, check, write."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from . import CLASSES, HORIZONS_MS
from .card import GOLDEN_WINDOWS, by_horizon, make_card, write_model, write_registry
from .data import BadDataset, Recording, Rows, rows_of
from .drift import drift_reference
from .ensemble import Ensemble
from .examples import Examples
from .export import answers, check_parity, export, latency, session
from .int8 import check_int8
from .metrics import difference
from .mirror import mirror_of
from .progress import Progress
from .splits import EMBARGO_MS, walk_forward
from .validate import KINDS, Calibrated, OutOfFold, calibrate, ensemble_logits, fit, out_of_fold, scores

CHECKED_WINDOWS = 2000
DIRECTION_MIN = 0.58
"""A champion is right about so many moves at 500 ms at least."""


@dataclass(frozen=True)
class Plan:
    """What to train: `kinds` of KINDS, into `out`/<domain>-<kind>/<version>. An ensemble votes with the other kinds, or with linear and
    trees where fewer than two others are named."""

    domain: str
    kinds: tuple[str, ...]
    out: Path
    version: int
    folds: int
    seed: int
    command: str
    register: bool


def train(recordings: tuple[Recording, ...], plan: Plan, progress: Progress) -> dict[str, object]:
    """Trains and writes every kind of the plan; gives the summary that `--json` prints."""
    rows = rows_of(recordings)
    mirror = mirror_of(recordings[0])
    members = [kind for kind in KINDS if kind in plan.kinds and kind != "ensemble"]
    voters = members if len(members) > 1 else ["linear", "trees"]
    compared = [kind for kind in KINDS if kind in {*members, "linear", "trees"}]
    progress.say(f"{len(rows)} usable rows of {len(recordings)} datasets")
    splits = list(walk_forward(rows, plan.folds))
    if not splits:
        minutes = (rows.ts_us.max() - rows.ts_us.min()) / 60e6
        raise BadDataset(f"{minutes:.1f} minutes of data, expected more than {2 * plan.folds * EMBARGO_MS / 60_000:.1f} for {plan.folds} folds")
    oof = out_of_fold(rows, splits, compared, mirror, plan.seed, progress)
    calibrated = {kind: calibrate(oof, logits) for kind, logits in oof.logits.items()}
    if "ensemble" in plan.kinds:
        calibrated["ensemble"] = calibrate(oof, ensemble_logits(oof, voters, calibrated))
    fitted = sorted({*members, *(voters if "ensemble" in plan.kinds else [])}, key=KINDS.index)
    models = {kind: fit(kind, Examples(rows, mirror), plan.seed, progress, oof.steps.get(kind)) for kind in fitted}
    if "ensemble" in plan.kinds:
        models["ensemble"] = Ensemble(tuple((models[kind], calibrated[kind].temperature) for kind in voters))
    models = {kind: model for kind, model in models.items() if kind in plan.kinds}
    writer = Writer(rows, oof, calibrated, plan, progress)
    written = {kind: writer.write(kind, model) for kind, model in models.items()}
    order = ranked(oof, {kind: calibrated[kind] for kind in models}, writer.baselines)
    if plan.register and order:
        names = [f"{plan.domain}-{kind}/{plan.version}" for kind in order]
        write_registry(plan.out, plan.domain, names[0], names[1] if len(names) > 1 else None)
    return {
        "domain": plan.domain,
        "rows": len(rows),
        "validated_rows": len(oof.rows),
        "seconds": round(progress.seconds(), 1),
        "models": written,
        "baselines": writer.baselines,
        "ranked": order,
    }


class Writer:
    """Exports models and writes their folders; what the cards of one training share is made once."""

    def __init__(self, rows: Rows, oof: OutOfFold, calibrated: dict[str, Calibrated], plan: Plan, progress: Progress) -> None:
        self.rows, self.oof, self.calibrated, self.plan, self.progress = rows, oof, calibrated, plan, progress
        self.baselines = {name: scores(oof, p) for name, p in oof.plain.items()}
        self.baselines |= {"logistic": calibrated["linear"].metrics, "trees": calibrated["trees"].metrics}
        self.reference = drift_reference(rows)
        checked = rows.thinned(CHECKED_WINDOWS)
        self.windows, self.labels = checked.windows(), checked.gather("labels").astype(np.int64)
        self.golden = checked.thinned(GOLDEN_WINDOWS).windows()

    def write(self, kind: str, model: object) -> dict[str, object]:
        """One folder; gives its line of the summary."""
        own, plan = self.calibrated[kind], self.plan
        onnx = export(model, own.temperature)
        parity = check_parity(model, own.temperature, onnx, self.windows)
        p50, p99 = latency(onnx, self.windows)
        rough = check_int8(onnx, self.windows, self.labels) if kind in ("lstm", "transformer") else None
        int8 = None if rough is None else {
            "bytes": len(rough.data),
            "agreement": round(rough.agreement, 4),
            "macro_f1_fall": round(rough.macro_f1_fall, 4),
            "batch": float(f"{rough.batch:.1e}"),
            "shippable": bool(rough.shippable),
        }
        card = make_card(
            kind=kind, members=[m.kind for m, _ in model.members] if isinstance(model, Ensemble) else [kind], domain=plan.domain, version=plan.version, onnx=onnx, rows=self.rows, folds=plan.folds, calibrated=own,
            baselines=self.baselines, reference=self.reference | {"accuracy": by_horizon(self.accuracy(own))},
            latency_ms=(p50, p99), parity=parity.difference, int8=int8, command=plan.command, seed=plan.seed,
        )
        folder = plan.out / f"{plan.domain}-{kind}" / str(plan.version)
        write_model(folder, onnx, card, self.golden, answers(session(onnx), self.golden, 1))
        at_500 = own.metrics["500"]
        self.progress.say(
            f"{folder}: {len(onnx)} bytes, parity {parity.difference:.1e}, p50 {p50:.3f} ms, at 500 ms macro-F1 {at_500['macro_f1']['value']:.3f},"
            f" direction {at_500['direction_accuracy']['value']:.3f}"
        )
        return {"folder": str(folder), "bytes": len(onnx), "parity": parity.difference, "p50_ms": round(p50, 4), "int8": int8, "metrics": own.metrics}

    def accuracy(self, own: Calibrated) -> np.ndarray:
        """Mean over the classes of the share that was recognised (macro accuracy), for each horizon, out of fold."""
        right = own.probabilities.argmax(2) == self.oof.labels
        return np.array(
            [np.mean([right[self.oof.labels[:, h] == c, h].mean() for c in range(len(CLASSES)) if (self.oof.labels[:, h] == c).any()]) for h in range(len(HORIZONS_MS))]
        )


def ranked(oof: OutOfFold, calibrated: dict[str, Calibrated], baselines: dict[str, dict]) -> list[str]:
    """The kinds that may be champion, the best first: macro-F1 above the majority class, right about 58 % of the moves, and at 500 ms
    not below any baseline beyond the paired interval; among these by macro-F1 and direction accuracy at 500 ms together."""
    rivals = dict(oof.plain) | {kind: calibrated[kind].probabilities for kind in ("linear", "trees") if kind in calibrated}
    last = len(HORIZONS_MS) - 1
    fit_for_it = []
    for kind, own in calibrated.items():
        at_500 = own.metrics["500"]
        above = at_500["macro_f1"]["value"] > baselines["majority"]["500"]["macro_f1"]["value"]
        enough = at_500["direction_accuracy"]["value"] >= DIRECTION_MIN
        against = [
            difference(oof.labels[:, last], own.probabilities[:, last], p[:, last], oof.rows.recording, oof.rows.ts_us)
            for name, p in rivals.items()
            if name != kind
        ]
        below = any(interval.high < 0 for found in against for interval in found.values())
        if above and enough and not below:
            fit_for_it.append(kind)
    total = lambda kind: sum(calibrated[kind].metrics["500"][figure]["value"] for figure in ("macro_f1", "direction_accuracy"))  # noqa: E731
    return sorted(fit_for_it, key=total, reverse=True)
