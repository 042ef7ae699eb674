"""The parts, on a small dataset whose moves are known to follow its features."""

import json
from pathlib import Path

import numpy as np
import pyarrow.ipc as ipc
import pytest
from flashmm_training import baselines, calibration, export, metrics, splits
from flashmm_training.__main__ import main
from flashmm_training.card import one_line_lists
from flashmm_training.data import BadDataset, Rows, read, read_all, rows_of
from flashmm_training.deep import Deep, fit_deep
from flashmm_training.ensemble import Ensemble
from flashmm_training.examples import Examples, class_weights
from flashmm_training.int8 import check_int8
from flashmm_training.linear import fit_linear
from flashmm_training.lstm import LSTM
from flashmm_training.mirror import mirror_of
from flashmm_training.transformer import TRANSFORMER
from flashmm_training.trees import fit_trees, rounded_down
from synthetic import NAMES, write_dataset


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> Rows:
    """Usable rows of two recordings of one day."""
    folder = tmp_path_factory.mktemp("data")
    files = [write_dataset(folder / f"{k}.arrow", seed=k, venue=f"binance-{k}") for k in (1, 2)]
    return rows_of(read_all(files))


def test_windows_never_cross_a_gap_nor_a_cold_row(rows: Rows) -> None:
    for k, recording in enumerate(rows.recordings):
        mine = rows.row[rows.recording == k]
        steps = 24 * 4
        assert (recording.segment[mine] == recording.segment[mine - steps]).all()
        assert recording.warm[mine - steps].all()
        assert (recording.labels[mine] >= 0).all()
        assert mine.min() == 20 + steps
    windows = rows.windows(np.array([5]))
    recording = rows.recordings[0]
    assert np.array_equal(windows[0], recording.features[rows.row[5] - 96 : rows.row[5] + 1 : 4])


def test_bad_files_name_field_value_and_what_was_expected(tmp_path: Path) -> None:
    with pytest.raises(BadDataset, match="every_ms is '300', expected a divisor of 200"):
        read(written(tmp_path, every_ms="300"))
    with pytest.raises(BadDataset, match="format is 'other'"):
        read(written(tmp_path, format="other"))
    with pytest.raises(BadDataset, match="domain is 'moon', expected one of"):
        read(written(tmp_path, domain="moon"))
    (tmp_path / "text.arrow").write_text("no arrow")
    with pytest.raises(BadDataset, match="not an Arrow file"):
        read(tmp_path / "text.arrow")
    first, second = written(tmp_path), written(tmp_path, name="second", features_hash="2" * 64)
    with pytest.raises(BadDataset, match="features_hash is '2222"):
        read_all([first, second])


def written(folder: Path, name: str = "one", **meta: str) -> Path:
    """A small file with some of its metadata changed."""
    table = ipc.open_file(str(write_dataset(folder / "base.arrow", rows=300))).read_all()
    path = folder / f"{name}.arrow"
    changed = {**{k.decode(): v.decode() for k, v in table.schema.metadata.items()}, **meta}
    with ipc.new_file(str(path), table.replace_schema_metadata(changed).schema) as sink:
        sink.write_table(table.replace_schema_metadata(changed))
    return path


def test_no_training_row_is_near_a_tested_one(rows: Rows) -> None:
    found = list(splits.walk_forward(rows, 3))
    assert len(found) == 3
    for split in found:
        assert rows.ts_us[split.test].min() - rows.ts_us[split.train].max() > splits.EMBARGO_MS * 1000
    assert len(np.unique(np.concatenate([split.test for split in found]))) == sum(len(split.test) for split in found)


def test_mirroring_twice_changes_nothing(rows: Rows) -> None:
    mirror = mirror_of(rows.recordings[0])
    x = rows.gather("features")[:50]
    assert np.array_equal(mirror.features(mirror.features(x)), x)
    bid, ask = NAMES.index("depth_slope_bid"), NAMES.index("depth_slope_ask")
    assert np.array_equal(mirror.features(x)[:, bid], x[:, ask])
    assert np.array_equal(mirror.labels(np.array([0, 1, 2])), [2, 1, 0])


def test_figures_are_those_of_a_hand_calculation() -> None:
    labels = np.array([0, 0, 1, 2, 2, 2])
    p = np.array([[0.8, 0.1, 0.1], [0.1, 0.8, 0.1], [0.1, 0.8, 0.1], [0.1, 0.1, 0.8], [0.1, 0.5, 0.4], [0.4, 0.2, 0.4]])
    f1, direction = metrics.figures(metrics.counts(labels, p).sum(0))
    # F1: bearish 2·1/(2+2), neutral 2·1/(1+3), bullish 2·1/(3+1). Direction: right, half, right, right, half of five moves.
    assert f1 == pytest.approx((0.5 + 0.5 + 0.5) / 3)
    assert direction == pytest.approx(4 / 5)
    assert metrics.brier(np.array([1]), np.array([[0.0, 1.0, 0.0]])) == 0
    assert metrics.calibration_error(np.array([0, 1]), np.array([[0.75, 0.25, 0], [0.75, 0.25, 0]])) == pytest.approx(0.25)


def test_temperature_is_found_again_and_sets_cover_what_they_promise() -> None:
    rng = np.random.default_rng(3)
    logits = rng.normal(size=(20_000, 3, 3)) * 2
    p = np.exp(calibration.log_softmax(logits))
    labels = (p.cumsum(2) < rng.random((20_000, 3, 1))).sum(2).clip(max=2)
    assert calibration.fit_temperatures(logits * 2.5, labels) == pytest.approx([2.5] * 3, rel=0.05)
    quantile = calibration.fit_conformal(p[:10_000], labels[:10_000])
    covered, size = calibration.coverage(p[10_000:], labels[10_000:], quantile)
    assert covered == pytest.approx([0.9] * 3, abs=0.015)
    assert ((size > 1) & (size < 3)).all()


def test_thresholds_round_down() -> None:
    for threshold in (0.1, -0.1, 1e-30, 3.0, 16_777_217.0):
        down = rounded_down(threshold)
        assert down <= threshold < float(np.nextafter(np.float32(down), np.float32(np.inf)))


def test_files_answer_as_their_models(rows: Rows) -> None:
    examples = Examples(rows.thinned(600), mirror_of(rows.recordings[0]))
    windows, temperature = rows.windows(np.arange(0, len(rows), 40)), np.array([0.8, 1.0, 1.7])
    members = [fit_linear(examples, 1), fit_trees(examples, 1), fit_deep(LSTM, examples, 1, steps=2), fit_deep(TRANSFORMER, examples, 1, steps=2)]
    voted = Ensemble(tuple((model, temperature) for model in members))
    for model in [*members, voted]:
        data = export.export(model, temperature)
        assert export.check_parity(model, temperature, data, windows).difference <= export.PARITY_TOLERANCE
    assert {"LayerNormalization", "Attention", "LSTM"} <= set(export.operators(data))
    rough = check_int8(data, windows, rows.gather("labels")[np.arange(0, len(rows), 40)].astype(int))
    assert len(rough.data) < len(data) / 2 and rough.agreement > 0.8
    assert rough.batch > export.PARITY_TOLERANCE and not rough.shippable
    again = fit_deep(LSTM, examples, 1, steps=2)
    assert isinstance(again, Deep) and np.array_equal(again.logits(windows), members[2].logits(windows))


def test_a_difference_between_file_and_model_is_an_error(rows: Rows) -> None:
    model = fit_linear(Examples(rows, mirror_of(rows.recordings[0])), 1)
    windows = rows.windows(np.arange(10))
    with pytest.raises(export.ParityError, match="expected at most 0.0001"):
        export.check_parity(model, np.ones(3), export.export(model, np.full(3, 1.1)), windows)


def test_weights_and_baselines(rows: Rows) -> None:
    labels = rows.gather("labels")[:, 2].astype(int)
    assert class_weights(labels)[labels].mean() == pytest.approx(1)
    assert baselines.majority(rows, rows).shape == (len(rows), 3, 3)
    said = baselines.imbalance_sign(rows)
    assert np.array_equal(said[:, 0].argmax(1), np.sign(rows.gather("imbalance")) + 1)


def test_one_command_trains_and_writes_folders(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = write_dataset(tmp_path / "a.arrow", rows=3000)
    out = tmp_path / "models"
    arguments = ["train", "--data", str(data), "--out", str(out), "--domain", "binance", "--kinds", "linear,trees,ensemble", "--register"]
    assert main([*arguments, "--json", "--quiet"]) == 0
    summary = json.loads(capsys.readouterr().out)
    card = json.loads((out / "binance-trees" / "1" / "card.json").read_text())
    assert card["metrics"]["500"]["direction_accuracy"]["value"] > 0.8
    assert card["name"] == "binance-trees" and len(card["drift_reference"]["limits"]) == 64
    registry = json.loads((out / "registry.json").read_text())
    assert registry["domains"]["binance"]["champion"] == f"binance-{summary['ranked'][0]}/1"
    assert main([*arguments[:6], "sei", *arguments[7:], "--quiet"]) == 1
    assert "domain is 'binance', expected 'sei'" in capsys.readouterr().err


def test_lists_of_numbers_stand_on_one_line() -> None:
    value = {"a": [1.5, -2, 3e-05], "b": [[1, 2], [3]], "c": [], "d": ["x"]}
    text = one_line_lists(json.dumps(value, indent=2))
    assert json.loads(text) == value
    assert '"a": [1.5, -2, 3e-05],' in text
