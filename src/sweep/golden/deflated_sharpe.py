"""Golden values of the deflated Sharpe ratio, from samples of returns, by another way than ours: numpy-free, moments straight from
their definition, the normal distribution of Python's standard library (Wichura's AS 241, erf and erfc).

    python3 src/sweep/golden/deflated_sharpe.py > src/sweep/golden/deflated_sharpe.json

The last case is the numerical example of Bailey and López de Prado (2014), "A Numerical Example": an annual ratio of 2.5 over five
years of 250 days, 100 trials with variance 1/2 a year, skewness -3, kurtosis 10; they find 0.1132 and 0.9004.
"""

import json
import math
import random
from statistics import NormalDist, fmean, variance

PHI = NormalDist()
EULER = 0.5772156649015328606


def ratio(returns):
    mean = fmean(returns)
    return mean / math.sqrt(fmean([(r - mean) ** 2 for r in returns]))


def shape(returns):
    mean = fmean(returns)
    sd = math.sqrt(fmean([(r - mean) ** 2 for r in returns]))
    return fmean([((r - mean) / sd) ** 3 for r in returns]), fmean([((r - mean) / sd) ** 4 for r in returns])


def expected_most(v, n):
    return math.sqrt(v) * ((1 - EULER) * PHI.inv_cdf(1 - 1 / n) + EULER * PHI.inv_cdf(1 - 1 / n / math.e))


def probability(sr, benchmark, t, skewness, kurtosis):
    return PHI.cdf((sr - benchmark) * math.sqrt(t - 1) / math.sqrt(1 - skewness * sr + (kurtosis - 1) / 4 * sr**2))


def case(trials):
    ratios = [ratio(t) for t in trials]
    best = max(trials, key=ratio)
    most = expected_most(variance(ratios), len(trials))
    return {
        "trials": trials,
        "expectedMost": most,
        "probability": probability(ratio(best), most, len(best), *shape(best)),
    }


def drawn(seed, trials, length, edge):
    """Returns in cents, skewed now and then, so that they are short in the file."""
    chance = random.Random(seed)
    one = lambda: round(chance.gauss(edge, 1) + (-4 if chance.random() < 0.03 else 0), 2)
    return [[one() for _ in range(length)] for _ in range(trials)]


print(
    json.dumps(
        {
            "samples": [case(drawn(1, 2, 30, 0.0)), case(drawn(2, 5, 60, 0.3)), case(drawn(3, 12, 40, 0.8))],
            "normal": [[x, math.erfc(-x / math.sqrt(2)) / 2] for x in (-8.0, -5.0, -3.0, -2.999, -1.0, -0.25, 0.0, 0.5, 1.96, 2.999, 3.0, 4.0, 6.5)],
            "quantiles": [[p, PHI.inv_cdf(p)] for p in (1e-9, 0.001, 0.025, 0.31, 0.5, 0.8, 0.975, 0.99, 1 - 1e-4)],
            "paper": {
                "expectedMost": expected_most(0.5 / 250, 100),
                "probability": probability(2.5 / math.sqrt(250), expected_most(0.5 / 250, 100), 1250, -3, 10),
            },
        },
    )
)
