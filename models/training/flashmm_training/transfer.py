"""The hardest honest question: how good is a model in a market and on a day that it was not trained on? Answered beside the baselines."""

from .data import Recording, Rows, rows_of
from .mirror import mirror_of
from .progress import Progress
from .splits import transfers
from .validate import OutOfFold, calibrate, ensemble_logits, out_of_fold, scores

FIGURES = ("macro_f1", "direction_accuracy")


def transfer(recordings: tuple[Recording, ...], kinds: list[str], seed: int, progress: Progress) -> dict[str, object]:
    """Figures by horizon of every kind and baseline: over all tested rows, and for each market and day.

    The temperature comes from half of the tested rows, so Brier score and calibration error say how well it can be calibrated;
    macro-F1 and direction accuracy do not depend on a temperature (but for an ensemble, slightly)."""
    rows = rows_of(recordings)
    splits = list(transfers(rows))
    oof = out_of_fold(rows, splits, kinds, mirror_of(recordings[0]), seed, progress)
    probabilities = dict(oof.plain)
    calibrated = {kind: calibrate(oof, logits) for kind, logits in oof.logits.items()}
    probabilities |= {kind: own.probabilities for kind, own in calibrated.items()}
    for voters in ensembles(kinds):
        probabilities["+".join(voters)] = calibrate(oof, ensemble_logits(oof, voters, calibrated)).probabilities
    parts = {split.name: part_of(rows, oof, split.test) for split in splits}
    return {
        "rows": len(oof.rows),
        "all": {name: scores(oof, p) for name, p in probabilities.items()},
        "parts": {
            name: {kind: scores(part, p[at]) for kind, p in probabilities.items()} for name, (part, at) in parts.items()
        },
    }


def ensembles(kinds: list[str]) -> list[list[str]]:
    """Which ensembles are tried: of linear and trees, and of all kinds."""
    simple = [kind for kind in kinds if kind in ("linear", "trees")]
    return [voters for voters in ([simple] if simple != kinds else []) + [kinds] if len(voters) > 1]


def part_of(rows: Rows, oof: OutOfFold, test: list[int]) -> tuple[OutOfFold, object]:
    """One split's rows within the out-of-fold rows."""
    tested = rows.where(test)
    at = (oof.rows.recording == tested.recording[0]) & (oof.rows.ts_us >= tested.ts_us[0]) & (oof.rows.ts_us <= tested.ts_us[-1])
    return OutOfFold(oof.rows.where(at), oof.labels[at], {}, {}, {}), at


def table(result: dict[str, object], horizon: str) -> str:
    """A Markdown table of one horizon: a line a market and day, and one of all."""
    names = list(result["all"])
    lines = ["| tested on | rows | moves | " + " | ".join(names) + " |", "|---|---|---|" + "---|" * len(names)]
    for part, by_name in {**result["parts"], "all": result["all"]}.items():
        first = by_name[names[0]][horizon]
        cells = [" / ".join(interval(by_name[name][horizon][figure]) for figure in FIGURES) for name in names]
        lines.append(f"| {part} | {first['n']} | {first['moves']} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def interval(figure: dict[str, float]) -> str:
    """0.512 (0.49–0.53)."""
    return f"{figure['value']:.3f} ({figure['low']:.2f}–{figure['high']:.2f})"
