#!/usr/bin/env python3
"""Reference values for streams/quotes/avellaneda_stoikov.ts, from the formulas of Avellaneda and Stoikov (2008), eq. 3.9 and 3.12,
with 50 digits and without code in common. Standard library only.

    python3 streams/quotes/golden/avellaneda_stoikov.py > streams/quotes/golden/avellaneda_stoikov.json
"""
import json
from decimal import Decimal, getcontext

getcontext().prec = 50
rows = []
for gamma in ("0.001", "0.02", "0.1", "1"):
    for kappa in ("0.05", "0.5", "1.5"):
        for horizon in ("1", "5", "60"):
            for sigma in ("0.1", "1", "7.5"):
                for inventory in ("-3", "0", "0.5", "10"):
                    g, k, t, s, q = map(Decimal, (gamma, kappa, horizon, sigma, inventory))
                    skew = -q * g * s * s * t
                    spread = g * s * s * t + (2 / g) * (1 + g / k).ln()
                    rows.append([float(g), float(k), float(t), float(s), float(q), float(skew), float(spread / 2)])
print(json.dumps({"columns": ["gamma", "kappa", "horizonS", "sigmaBps", "inventory", "skewBps", "halfSpreadBps"], "rows": rows}))
