"""
python -m flashmm_training train --data FILE… --out DIR --domain binance|sei     trains, validates, exports, writes cards

Progress goes to standard error, one JSON summary with --json to standard output. Exit status: 0 done, 1 failed, 2 wrong usage.
"""

import argparse
import json
import sys
from pathlib import Path

from .data import BadDataset, read_all
from .export import ParityError
from .progress import Progress
from .train import Plan, train
from .validate import KINDS


def parser() -> argparse.ArgumentParser:
    """The command line."""
    top = argparse.ArgumentParser(prog="flashmm_training", description="Trains FlashMM's models.")
    commands = top.add_subparsers(dest="command", required=True)
    one = commands.add_parser("train", help="train models from dataset files of `flashmm dataset`")
    one.add_argument("--data", nargs="+", type=Path, required=True, metavar="FILE", help="dataset files, or folders of them (*.arrow)")
    one.add_argument("--out", type=Path, required=True, metavar="DIR", help="the folder of models, as models/")
    one.add_argument("--domain", choices=("binance", "sei"), required=True, help="which markets the models are for")
    one.add_argument("--kinds", default=",".join(KINDS), metavar="LIST", help=f"comma-separated, of {', '.join(KINDS)}; all unless told")
    one.add_argument("--version", type=int, default=1, metavar="N", help="version of the models, from 1")
    one.add_argument("--folds", type=int, default=2, metavar="N", help="spans of the walk-forward validation (2)")
    one.add_argument("--seed", type=int, default=1, metavar="N", help="of all chance (1)")
    one.add_argument("--register", action="store_true", help="name champion and challenger in DIR/registry.json")
    one.add_argument("--quiet", action="store_true", help="no progress")
    one.add_argument("--json", action="store_true", help="print the summary")
    return top


def files_of(paths: list[Path]) -> list[Path]:
    """Files as they are, of folders their *.arrow files."""
    return [file for path in paths for file in (sorted(path.glob("*.arrow")) if path.is_dir() else [path])]


def main(arguments: list[str]) -> int:
    """Runs; gives the exit status."""
    top = parser()
    told = top.parse_args(arguments)
    kinds = tuple(told.kinds.split(","))
    unknown = [kind for kind in kinds if kind not in KINDS]
    if unknown:
        top.error(f"--kinds: {unknown[0]!r}, expected some of {', '.join(KINDS)}")
    if told.version < 1 or told.folds < 1:
        top.error("--version and --folds: expected 1 or more")
    command = "python -m flashmm_training " + " ".join(arguments)
    plan = Plan(told.domain, kinds, told.out, told.version, told.folds, told.seed, command, told.register)
    try:
        recordings = read_all(files_of(told.data))
        if recordings[0].meta["domain"] != told.domain:
            raise BadDataset(f"{recordings[0].path}: domain is {recordings[0].meta['domain']!r}, expected {told.domain!r} by --domain")
        summary = train(recordings, plan, Progress(told.quiet))
    except (BadDataset, ParityError, OSError) as error:
        print(f"flashmm_training: {error}", file=sys.stderr)
        return 1
    if told.json:
        print(json.dumps(summary, indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
