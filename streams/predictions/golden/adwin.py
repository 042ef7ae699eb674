"""Golden values of ADWIN for adwin.test.ts, from River's implementation.

    pip install river==0.26.1
    python streams/predictions/golden/adwin.py > streams/predictions/golden/adwin.json

Streams are of integers 0 to 999 made by a congruential generator that the test has as well, over 999. River's outer class
begins anew after a change; its inner one, used here, goes on with what is left, as the paper has it.
"""

import json

from river._river_rust.drift import AdaptiveWindowing

SETTINGS = {"delta": 0.002, "clock": 32, "max_buckets": 5, "min_window_length": 5, "grace_period": 10}


def stream(seed, parts):
    """Values whose mean changes: `parts` is a list of (count, share of values above one half)."""
    state = seed
    for count, share in parts:
        for _ in range(count):
            state = (1103515245 * state + 12345) % 2**31
            high = (state >> 8) % 1000 < share * 1000
            state = (1103515245 * state + 12345) % 2**31
            low = (state >> 8) % 500
            yield (low + (500 if high else 0)) / 999


def follow(seed, parts):
    adwin = AdaptiveWindowing(**SETTINGS)
    cuts, looks = [], []
    for i, value in enumerate(stream(seed, parts)):
        if adwin.update(value):
            cuts.append([i, int(adwin.get_width())])
        if i % 97 == 0:
            looks.append([i, int(adwin.get_width()), adwin.get_total(), adwin.get_variance()])
    return {"seed": seed, "parts": parts, "cuts": cuts, "looks": looks}


CASES = [
    (1, [[3000, 0.5]]),
    (2, [[1000, 0.3], [1000, 0.6]]),
    (3, [[500, 0.2], [300, 0.5], [700, 0.2]]),
    (4, [[2000, 0.4], [2000, 0.48], [500, 0.9]]),
    (5, [[60, 0.1], [60, 0.9], [60, 0.1]]),
]

if __name__ == "__main__":
    print(json.dumps([follow(*case) for case in CASES], separators=(",", ":")))
