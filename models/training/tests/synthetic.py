"""A dataset file of the real schema whose moves follow its features, for tests."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.ipc as ipc

from flashmm_training import FEATURE_COUNT, HORIZONS_MS
from flashmm_training.mirror import EVEN, ODD, SWAPPED

NAMES = [*sorted(ODD), *SWAPPED, *sorted(EVEN)]
QUIET = NAMES.index("mid_age")


def write_dataset(path: Path, *, rows: int = 2000, seed: int = 1, start_us: int = 1_723_161_600_000_000, every_ms: int = 50, **meta: str) -> Path:
    """Feature 0 pushes the mid, the more so the longer the horizon; `mid_age` says how often it moves at all."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(rows, FEATURE_COUNT)).astype(np.float32)
    for t in range(1, rows):
        x[t, :50] = 0.9 * x[t - 1, :50] + 0.44 * x[t, :50]
    columns: dict[str, pa.Array] = {
        "ts_us": pa.array((start_us + np.arange(rows) * every_ms * 1000).astype(np.float64)),
        "segment": pa.array((np.arange(rows) >= rows // 2).astype(np.int32)),
        "warm": pa.array(np.arange(rows) >= 20),
        "features": pa.FixedSizeListArray.from_arrays(pa.array(x.ravel()), FEATURE_COUNT),
        "mid_tick": pa.array(np.full(rows, 50_000.0)),
        "top_imbalance": pa.array(np.tanh(x[:, 0]).astype(np.float32)),
        "sentiment": pa.array([None] * rows, pa.float32()),
    }
    for horizon in HORIZONS_MS:
        push = 2 * x[:, 0] + rng.normal(size=rows)
        quiet = np.abs(push) < 2.2 - horizon / 400 - 0.5 * x[:, QUIET]
        label = np.where(quiet, 1, np.where(push > 0, 2, 0)).astype(np.int8)
        label[-(horizon // every_ms) :] = -1
        columns[f"label_{horizon}"] = pa.array(label)
        columns[f"move_bps_{horizon}"] = pa.array((label.astype(np.float32) - 1) * 0.5)
    said = {
        "format": "flashmm-dataset/1", "features_hash": "0" * 64, "market": "BTCUSDT", "venue": "binance-spot", "domain": "binance",
        "every_ms": str(every_ms), "horizons_ms": "100,200,500", "threshold_bps": "0", "smoothing_ms": "0", "source": path.name,
        "source_sha256": "1" * 64, "flashmm": "0.1.0", "feature_names": ",".join(NAMES),
    } | meta
    table = pa.table(columns).replace_schema_metadata(said)
    with ipc.new_file(str(path), table.schema) as sink:
        sink.write_table(table)
    return path
