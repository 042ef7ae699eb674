"""Trains FlashMM's models: datasets of `flashmm dataset` in, ONNX files with model cards out. See models/README.md."""

import os

# Sums in one order, whatever the number of cores, so that the same data make the same model. Read when numpy is first imported.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

HORIZONS_MS = (100, 200, 500)
CLASSES = ("bearish", "neutral", "bullish")
DOMAINS = ("binance", "sei")
FEATURE_COUNT = 64
WINDOW_STEPS = 25
WINDOW_EVERY_MS = 200
