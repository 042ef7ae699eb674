"""The folder of a model: `model.onnx`, `card.json`, `golden.json`; and the registry that says which one is used."""

import base64
import hashlib
import json
import platform
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from . import HORIZONS_MS, WINDOW_EVERY_MS, WINDOW_STEPS
from .calibration import ALPHA
from .data import Rows
from .export import PARITY_TOLERANCE
from .splits import EMBARGO_MS
from .validate import Calibrated

FORMAT = "flashmm-model/1"
REGISTRY_FORMAT = "flashmm-registry/1"
GOLDEN_WINDOWS = 8
LOCK = Path(__file__).resolve().parents[1] / "requirements.lock"

INTENDED_USE = (
    "Shifts and widens the quotes of FlashMM at 5 Hz in markets like those it was trained on, by its calibrated probabilities. "
    "It says when to stand back; the moves it sees are smaller than usual fees, so it is no reason to cross a spread."
)
LIMITS = {
    "binance": "Trained on minutes of few markets around one midnight. Nothing about markets in general follows from that: watch its "
    "accuracy and drift, and retrain on recordings of your own market before you rely on it.",
    "sei": "Trained on the simulated devnet, whose informed flow is known and which is not the real chain. In a real Sei market retrain "
    "it on captures of that market.",
}


def by_horizon(values: np.ndarray) -> dict[str, float]:
    """{"100": …, "200": …, "500": …}."""
    return {str(h): round(float(v), 6) for h, v in zip(HORIZONS_MS, values, strict=True)}


def data_entries(rows: Rows) -> list[dict[str, object]]:
    """What the model was trained on, one entry a dataset file."""
    out = []
    for k, recording in enumerate(rows.recordings):
        mine = rows.recording == k
        if not mine.any():
            continue
        span = [datetime.fromtimestamp(int(t) / 1e6, UTC).isoformat(timespec="milliseconds") for t in rows.ts_us[mine][[0, -1]]]
        out.append(
            {
                "source": recording.meta["source"],
                "sha256": recording.sha256,
                "source_sha256": recording.meta["source_sha256"],
                "market": recording.market,
                "rows": int(mine.sum()),
                "from": span[0],
                "to": span[1],
            }
        )
    return out


def write_model(folder: Path, onnx: bytes, card: dict[str, object], windows: np.ndarray, said: np.ndarray) -> None:
    """Writes a model's folder; windows [8, 25, 64] and what the file said of them [8, 3, 3] become the golden answers."""
    folder.mkdir(parents=True, exist_ok=True)
    golden = {
        "windows": base64.b64encode(windows.astype("<f4").tobytes()).decode(),
        "probabilities": base64.b64encode(said.astype("<f4").tobytes()).decode(),
        "tolerance": PARITY_TOLERANCE,
    }
    (folder / "model.onnx").write_bytes(onnx)
    (folder / "golden.json").write_text(json.dumps(golden, indent=2) + "\n")
    (folder / "card.json").write_text(one_line_lists(json.dumps(card, indent=2)) + "\n")


def one_line_lists(text: str) -> str:
    """Numbers of a list on one line, so that a card can be read."""
    lines, held = [], None
    for line in text.split("\n"):
        bare = line.strip()
        number = bare.rstrip(",").replace(".", "", 1).lstrip("-").replace("e-", "", 1).isdigit()
        if held is None and line.endswith("["):
            held = [line]
        elif held is not None and number:
            held.append(bare)
        elif held is not None and bare.rstrip(",") == "]" and len(held) > 1:
            lines.append(held[0] + " ".join(held[1:]) + bare)
            held = None
        else:
            lines += [] if held is None else held
            held = [line] if line.endswith("[") else None
            if held is None:
                lines.append(line)
    return "\n".join(lines)


def make_card(
    *,
    kind: str,
    members: list[str],
    domain: str,
    version: int,
    onnx: bytes,
    rows: Rows,
    folds: int,
    calibrated: Calibrated,
    baselines: dict[str, dict],
    reference: dict[str, object],
    latency_ms: tuple[float, float],
    parity: float,
    int8: dict[str, object] | None,
    command: str,
    seed: int,
) -> dict[str, object]:
    """A card as src/inference reads it."""
    meta = rows.recordings[0].meta
    return {
        "format": FORMAT,
        "name": f"{domain}-{kind}",
        "version": version,
        "kind": kind,
        "domain": domain,
        "members": members,
        "onnx": {"sha256": hashlib.sha256(onnx).hexdigest(), "bytes": len(onnx), "precision": "fp32", "parity": float(f"{parity:.1e}")}
        | ({} if int8 is None else {"int8": int8}),
        "features_hash": meta["features_hash"],
        "window": {"steps": WINDOW_STEPS, "every_ms": WINDOW_EVERY_MS},
        "horizons_ms": list(HORIZONS_MS),
        "labels": {"threshold_bps": float(meta["threshold_bps"]), "smoothing_ms": float(meta["smoothing_ms"])},
        "trained": {
            "at": datetime.now(UTC).isoformat(timespec="seconds"),
            "command": command,
            "seed": seed,
            "lock_sha256": hashlib.sha256(LOCK.read_bytes()).hexdigest(),
            "data": data_entries(rows),
        },
        "validation": {"scheme": "purged walk-forward by time across all recordings", "folds": folds, "embargo_ms": EMBARGO_MS},
        "metrics": calibrated.metrics,
        "baselines": baselines,
        "calibration": {"temperature": by_horizon(calibrated.temperature)},
        "conformal": {
            "alpha": ALPHA,
            "quantile": by_horizon(calibrated.quantile),
            "coverage": by_horizon(calibrated.coverage),
            "mean_classes": by_horizon(calibrated.set_size),
        },
        "drift_reference": reference,
        "latency": {
            "p50_ms": round(latency_ms[0], 4),
            "p99_ms": round(latency_ms[1], 4),
            "machine": f"{platform.machine()}, one thread of onnxruntime for Python, other work on the machine",
        },
        "intended_use": INTENDED_USE,
        "limits": LIMITS[domain],
    }


def write_registry(models: Path, domain: str, champion: str, challenger: str | None) -> None:
    """Names a domain's champion and challenger in `registry.json`, leaving other domains as they are."""
    path = models / "registry.json"
    registry = json.loads(path.read_text()) if path.exists() else {"format": REGISTRY_FORMAT, "domains": {}}
    registry["domains"][domain] = {"champion": champion, "challenger": challenger, "previous": []}
    path.write_text(json.dumps(registry, indent=2) + "\n")
