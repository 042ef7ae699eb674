"""Trains FlashMM's models: datasets of `flashmm dataset` in, ONNX files with model cards out. See models/README.md."""

HORIZONS_MS = (100, 200, 500)
CLASSES = ("bearish", "neutral", "bullish")
DOMAINS = ("binance", "sei")
FEATURE_COUNT = 64
WINDOW_STEPS = 25
WINDOW_EVERY_MS = 200
