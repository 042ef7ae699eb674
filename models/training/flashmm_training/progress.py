"""Progress on standard error, with the time since the start; standard output stays free for the summary."""

import sys
import time


class Progress:
    """`quiet` says nothing."""

    def __init__(self, quiet: bool = False) -> None:
        self.quiet = quiet
        self.start = time.monotonic()

    def say(self, text: str) -> None:
        """One line."""
        if not self.quiet:
            print(f"[{self.seconds():6.1f} s] {text}", file=sys.stderr, flush=True)

    def seconds(self) -> float:
        """Since the start."""
        return time.monotonic() - self.start
