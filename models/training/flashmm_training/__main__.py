"""
python -m flashmm_training train --data FILE… --out DIR --domain binance|sei     trains, validates, exports, writes cards
python -m flashmm_training transfer --data FILE…                                 how good in a market and on a day not trained on
python -m flashmm_training bench --models DIR                                    the same weights in JAX on the CPU, timed

Progress goes to standard error, one JSON summary with --json to standard output. Exit status: 0 done, 1 failed, 2 wrong usage.
"""

import argparse
import json
import sys
from pathlib import Path

from . import HORIZONS_MS
from .bench import bench
from .data import BadDataset, read_all
from .export import ParityError
from .progress import Progress
from .train import Plan, train
from .transfer import table, transfer
from .validate import KINDS


def parser() -> argparse.ArgumentParser:
    """The command line."""
    top = argparse.ArgumentParser(prog="flashmm_training", description="Trains FlashMM's models.")
    commands = top.add_subparsers(dest="command", required=True)
    one = commands.add_parser("train", help="train models from dataset files of `flashmm dataset`")
    one.add_argument("--data", nargs="+", type=Path, required=True, metavar="FILE", help="dataset files, or folders of them (*.arrow)")
    two = commands.add_parser("transfer", help="train on other markets and days than tested on, beside the baselines")
    two.add_argument("--data", nargs="+", type=Path, required=True, metavar="FILE", help="dataset files, or folders of them (*.arrow)")
    two.add_argument("--kinds", default="linear,trees", metavar="LIST", help="as of train (linear,trees)")
    three = commands.add_parser("bench", help="time the same weights in JAX; what --json prints goes to bench:inference -- --beside FILE")
    three.add_argument("--models", type=Path, default=Path(__file__).resolve().parents[2], metavar="DIR", help="the folder of models (models/)")
    three.add_argument("--json", action="store_true", help="print the summary")
    for command in (one, two):
        command.add_argument("--seed", type=int, default=1, metavar="N", help="of all chance (1)")
        command.add_argument("--quiet", action="store_true", help="no progress")
        command.add_argument("--json", action="store_true", help="print the summary")
    one.add_argument("--out", type=Path, required=True, metavar="DIR", help="the folder of models, as models/")
    one.add_argument("--domain", choices=("binance", "sei"), required=True, help="which markets the models are for")
    one.add_argument("--kinds", default=",".join(KINDS), metavar="LIST", help=f"comma-separated, of {', '.join(KINDS)}; all unless told")
    one.add_argument("--version", type=positive, default=1, metavar="N", help="version of the models, from 1")
    one.add_argument("--folds", type=positive, default=2, metavar="N", help="spans of the walk-forward validation (2)")
    one.add_argument("--register", action="store_true", help="name champion and challenger in DIR/registry.json")
    return top


def files_of(paths: list[Path]) -> list[Path]:
    """Files as they are, of folders their *.arrow files."""
    return [file for path in paths for file in (sorted(path.glob("*.arrow")) if path.is_dir() else [path])]


def main(arguments: list[str]) -> int:
    """Runs; gives the exit status."""
    top = parser()
    told = top.parse_args(arguments)
    if told.command == "bench":
        result = bench(told.models)
        print(json.dumps(result, indent=2) if told.json else bench_text(result))
        return 0
    kinds = tuple(told.kinds.split(","))
    unknown = [kind for kind in kinds if kind not in KINDS]
    if unknown:
        top.error(f"--kinds: {unknown[0]!r}, expected some of {', '.join(KINDS)}")
    run = run_train if told.command == "train" else run_transfer
    try:
        summary, text = run(told, kinds, arguments)
    except (BadDataset, ParityError, OSError) as error:
        print(f"flashmm_training: {error}", file=sys.stderr)
        return 1
    print(json.dumps(summary, indent=2) if told.json else text)
    return 0


def run_train(told: argparse.Namespace, kinds: tuple[str, ...], arguments: list[str]) -> tuple[dict, str]:
    """The summary, and what is said without --json."""
    command = "python -m flashmm_training " + " ".join(Path(word).name if "/" in word else word for word in arguments)
    plan = Plan(told.domain, kinds, told.out, told.version, told.folds, told.seed, command, told.register)
    recordings = read_all(files_of(told.data))
    if recordings[0].meta["domain"] != told.domain:
        raise BadDataset(f"{recordings[0].path}: domain is {recordings[0].meta['domain']!r}, expected {told.domain!r} by --domain")
    summary = train(recordings, plan, Progress(told.quiet))
    return summary, f"may be champion, the best first: {', '.join(summary['ranked']) or 'none'}"


def run_transfer(told: argparse.Namespace, kinds: tuple[str, ...], arguments: list[str]) -> tuple[dict, str]:
    """The same of `transfer`."""
    del arguments
    result = transfer(read_all(files_of(told.data)), [kind for kind in kinds if kind != "ensemble"], told.seed, Progress(told.quiet))
    return result, "\n\n".join(f"{h} ms: macro-F1 / direction accuracy\n\n{table(result, str(h))}" for h in HORIZONS_MS)


def bench_text(result: dict) -> str:
    """A line a model."""
    lines = [
        f"{name:<24} {ms:8.3f} {result['onnxruntime_p50_ms'][name]:8.3f} {result['difference'][name]:10.1e}" for name, ms in result["p50_ms"].items()
    ]
    return "\n".join([f"one window, p50 in ms: {result['runtime']}; onnxruntime, one thread; greatest difference", *lines])


def positive(text: str) -> int:
    """An integer from 1. Raises argparse.ArgumentTypeError."""
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r}, expected an integer from 1")
    return int(text)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
