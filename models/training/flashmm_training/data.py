"""
Datasets: what `flashmm dataset` wrote, read and checked, and the windows that models are trained on.

A row is one instant of a grid of `every_ms`; a window is 25 rows 200 ms apart that ends at a row, oldest first. A window never crosses
a gap in the data, and counts only when all its rows are warm and its last row has a label at every horizon.
"""

import hashlib
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.ipc as ipc

from . import DOMAINS, FEATURE_COUNT, HORIZONS_MS, WINDOW_EVERY_MS, WINDOW_STEPS

FORMAT = "flashmm-dataset/1"
COLUMNS = (
    ["ts_us", "segment", "warm", "features", "mid_tick", "top_imbalance"]
    + [f"label_{h}" for h in HORIZONS_MS]
    + [f"move_bps_{h}" for h in HORIZONS_MS]
)


class BadDataset(ValueError):
    """A dataset that cannot be trained on: names the file, the field, its value and what was expected."""


@dataclass(frozen=True)
class Recording:
    """One dataset file. N rows: `ts_us` [N] int64, `features` [N, 64] float32, `labels` [N, 3] int8 (0, 1, 2; −1 unknown),
    `moves_bps` [N, 3], `imbalance` [N] (−1..1); `meta` is the file's own metadata as text."""

    path: str
    sha256: str
    meta: dict[str, str]
    ts_us: np.ndarray
    segment: np.ndarray
    warm: np.ndarray
    features: np.ndarray
    labels: np.ndarray
    moves_bps: np.ndarray
    imbalance: np.ndarray

    @property
    def market(self) -> str:
        """Venue and symbol, as one name: the same symbol of two venues is two markets."""
        return f"{self.meta['venue']} {self.meta['market']}"

    @property
    def names(self) -> list[str]:
        """The features' names, in order."""
        return self.meta["feature_names"].split(",")


@dataclass(frozen=True)
class Rows:
    """Usable rows of one or more recordings: row `row[i]` of `recordings[recording[i]]`, at time `ts_us[i]`."""

    recordings: tuple[Recording, ...]
    recording: np.ndarray
    row: np.ndarray
    ts_us: np.ndarray

    def __len__(self) -> int:
        return len(self.row)

    def where(self, keep: np.ndarray) -> "Rows":
        """The rows for which `keep` [n] is true, in order; or those at the indices `keep`."""
        return replace(self, recording=self.recording[keep], row=self.row[keep], ts_us=self.ts_us[keep])

    def thinned(self, most: int) -> "Rows":
        """At most so many of the rows, evenly spread."""
        return self if len(self) <= most else self.where(np.linspace(0, len(self) - 1, most).astype(int))

    def windows(self, at: np.ndarray | None = None) -> np.ndarray:
        """float32 [n, 25, 64], oldest first, of all rows or of those at the indices `at`."""
        some = self if at is None else self.where(at)
        out = np.empty((len(some), WINDOW_STEPS, FEATURE_COUNT), np.float32)
        for k, recording in enumerate(self.recordings):
            mine = np.flatnonzero(some.recording == k)
            back = np.arange(WINDOW_STEPS - 1, -1, -1) * stride(recording)
            out[mine] = recording.features[some.row[mine][:, None] - back]
        return out

    def gather(self, name: str) -> np.ndarray:
        """The column `name` of Recording for every row, in order."""
        first = getattr(self.recordings[0], name)
        out = np.empty((len(self), *first.shape[1:]), first.dtype)
        for k, recording in enumerate(self.recordings):
            mine = self.recording == k
            out[mine] = getattr(recording, name)[self.row[mine]]
        return out


def stride(recording: Recording) -> int:
    """Rows between two steps of a window."""
    return WINDOW_EVERY_MS // int(recording.meta["every_ms"])


def read(path: Path) -> Recording:
    """Reads and checks one file. Raises BadDataset."""

    def bad(field: str, value: object, expected: str) -> BadDataset:
        return BadDataset(f"{path}: {field} is {value!r}, expected {expected}")

    try:
        with pa.memory_map(str(path)) as source:
            table = ipc.open_file(source).read_all()
    except (OSError, pa.ArrowInvalid) as error:
        raise BadDataset(f"{path}: not an Arrow file: {error}") from error
    meta = {k.decode(): v.decode() for k, v in (table.schema.metadata or {}).items()}
    if meta.get("format") != FORMAT:
        raise bad("format", meta.get("format"), repr(FORMAT))
    missing = [name for name in COLUMNS if name not in table.column_names]
    if missing:
        raise bad("columns", table.column_names, f"also {missing}")
    if meta.get("horizons_ms") != ",".join(map(str, HORIZONS_MS)):
        raise bad("horizons_ms", meta.get("horizons_ms"), "'100,200,500'")
    every_ms = meta.get("every_ms", "")
    if not every_ms.isdigit() or int(every_ms) == 0 or WINDOW_EVERY_MS % int(every_ms) != 0:
        raise bad("every_ms", every_ms, f"a divisor of {WINDOW_EVERY_MS}")
    for field in ("market", "venue", "domain", "features_hash", "feature_names", "threshold_bps", "smoothing_ms", "source", "source_sha256"):
        if field not in meta:
            raise bad(field, None, "a text in the metadata")
    names = meta["feature_names"].split(",")
    if len(set(names)) != FEATURE_COUNT:
        raise bad("feature_names", f"{len(set(names))} names", f"{FEATURE_COUNT} different ones")
    if meta["domain"] not in DOMAINS:
        raise bad("domain", meta["domain"], f"one of {DOMAINS}")
    columns = {name: table[name].combine_chunks() for name in COLUMNS}
    features = columns["features"]
    if not pa.types.is_fixed_size_list(features.type) or features.type.list_size != FEATURE_COUNT:
        raise bad("features", str(features.type), f"fixed_size_list of {FEATURE_COUNT} float32")
    matrix = features.flatten().to_numpy(zero_copy_only=False).astype(np.float32).reshape(-1, FEATURE_COUNT)
    if not np.isfinite(matrix).all():
        row, feature = np.argwhere(~np.isfinite(matrix))[0]
        raise bad(f"features[{feature}] in row {row}", float(matrix[row, feature]), "a finite number")
    flat = {name: column.to_numpy(zero_copy_only=False) for name, column in columns.items() if name != "features"}
    return Recording(
        path=str(path),
        sha256=hashlib.sha256(path.read_bytes()).hexdigest(),
        meta=meta,
        ts_us=flat["ts_us"].astype(np.int64),
        segment=flat["segment"].astype(np.int32),
        warm=flat["warm"].astype(bool),
        features=matrix,
        labels=np.stack([flat[f"label_{h}"] for h in HORIZONS_MS], axis=1).astype(np.int8),
        moves_bps=np.stack([flat[f"move_bps_{h}"] for h in HORIZONS_MS], axis=1).astype(np.float32),
        imbalance=flat["top_imbalance"].astype(np.float32),
    )


def read_all(paths: list[Path]) -> tuple[Recording, ...]:
    """Reads files that belong together, in the order of their names; they must agree in features, labels and domain."""
    recordings = tuple(read(path) for path in sorted(paths))
    if not recordings:
        raise BadDataset("no dataset file: name at least one")
    for field in ("features_hash", "threshold_bps", "smoothing_ms", "domain"):
        for other in recordings[1:]:
            if other.meta[field] != recordings[0].meta[field]:
                raise BadDataset(
                    f"{other.path}: {field} is {other.meta[field]!r}, expected {recordings[0].meta[field]!r} as in {recordings[0].path}"
                )
    return recordings


def usable(recording: Recording) -> np.ndarray:
    """Indices of the rows whose window is whole and whose labels are known."""
    steps = (WINDOW_STEPS - 1) * stride(recording)
    n = len(recording.ts_us)
    ok = (recording.labels >= 0).all(axis=1)
    ok[:steps] = False
    last = np.flatnonzero(ok)
    first = last - steps
    cold = np.concatenate([[0], np.cumsum(~recording.warm)])
    whole = recording.segment[first] == recording.segment[last]
    whole &= recording.ts_us[last] - recording.ts_us[first] == steps * int(recording.meta["every_ms"]) * 1000
    whole &= cold[last + 1] == cold[first]
    assert n == 0 or last.max(initial=0) < n
    return last[whole]


def rows_of(recordings: tuple[Recording, ...]) -> Rows:
    """The usable rows of all recordings, recording by recording, each in order of time. Raises BadDataset where there are none."""
    rows = [usable(recording) for recording in recordings]
    if sum(map(len, rows)) == 0:
        raise BadDataset(f"no usable row in {[r.path for r in recordings]}: every window crosses a gap, is cold, or has no label")
    return Rows(
        recordings=recordings,
        recording=np.concatenate([np.full(len(r), k) for k, r in enumerate(rows)]),
        row=np.concatenate(rows),
        ts_us=np.concatenate([recordings[k].ts_us[r] for k, r in enumerate(rows)]),
    )
