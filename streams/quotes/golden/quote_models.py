#!/usr/bin/env python3
"""Reference values for the quoting models of streams/quotes, with 50 digits and without code in common. Standard library only.

- avellaneda_stoikov: Avellaneda and Stoikov (2008), eq. 3.9 and 3.12.
- infinite: their section 2.3. The reservation prices are found by bisection from the indifference that defines them (the value
  function before and after the trade is compared), not from the closed form that the product uses.
- glft: Guéant, Lehalle and Fernandez-Tapia (2013), the closed form of section 4 in the c1, c2 of Guéant (2017); and what that
  approximates: the ground state of the tridiagonal matrix of their theorem 2, found by inverse iteration.
- published: what the papers print. Avellaneda and Stoikov's tables (sigma 2, k 1.5, T 1, q 0) give the mean spread over the session.

    python3 streams/quotes/golden/quote_models.py > streams/quotes/golden/quote_models.json
"""
import json
from decimal import Decimal, getcontext

getcontext().prec = 50
D = Decimal


def avellaneda_stoikov():
    rows = []
    for gamma in ("0.001", "0.02", "0.1", "1"):
        for kappa in ("0.05", "0.5", "1.5"):
            for horizon in ("1", "5", "60"):
                for sigma in ("0.1", "1", "7.5"):
                    for inventory in ("-3", "0", "0.5", "10"):
                        g, k, t, s, q = map(D, (gamma, kappa, horizon, sigma, inventory))
                        skew = -q * g * s * s * t
                        spread = g * s * s * t + (2 / g) * (1 + g / k).ln()
                        rows.append([float(x) for x in (g, k, t, s, q, skew, spread / 2)])
    return rows


def infinite():
    """A dealer holding q discounts at omega = g^2 s^2 (Q+1)^2 / 2; with wealth x and price p the value of holding q for ever is
    -exp(-g(x + q p)) * omega / (omega - g^2 q^2 s^2 / 2). The reservation ask r makes selling one at r neutral."""
    rows = []
    for gamma in ("0.02", "0.1", "1"):
        for kappa in ("0.05", "0.5"):
            for most in ("3", "10"):
                for inventory in ("-9", "-2", "0", "0.5", "1", "2", "8"):
                    g, k, Q, q = map(D, (gamma, kappa, most, inventory))
                    if abs(q) > Q - D("0.5"):
                        continue
                    s = D("1.7")  # cancels
                    omega = g * g * s * s * (Q + 1) ** 2 / 2

                    def log_value(x, n):
                        # ln of minus the value at price 0.
                        return -g * x + (omega / (omega - g * g * n * n * s * s / 2)).ln()

                    def neutral(change):
                        low, high = D(-10000), D(10000)
                        for _ in range(220):
                            r = (low + high) / 2
                            # Selling (-1) brings r, buying (+1) costs it.
                            gain = log_value(D(0), q) - log_value(-change * r, q + change)
                            if (gain < 0) == (change < 0):
                                low = r
                            else:
                                high = r
                        return r

                    ask = neutral(-1)
                    bid = neutral(1)
                    distance = (1 + g / k).ln() / g
                    rows.append([float(x) for x in (g, k, Q, q, (ask + bid) / 2, (ask - bid) / 2 + distance)])
    return rows


def glft_closed(g, k, a, s, q):
    c1 = (1 + g / k).ln() / g
    c2 = (g / (2 * a * k) * ((1 + g / k).ln() * (k / g + 1)).exp()).sqrt()
    return -s * c2 * q, c1 + s * c2 / 2


def glft_exact(g, k, a, s, most):
    """Asymptotic quotes from the ground state f0: bid = ln(f0(q)/f0(q+1))/k + c1, ask = ln(f0(q)/f0(q-1))/k + c1."""
    n = 2 * most + 1
    alpha = k * g * s * s / 2
    eta = a * ((1 + g / k).ln() * -(1 + k / g)).exp()
    diagonal = [alpha * (i - most) ** 2 + 2 * eta for i in range(n)]
    f = [D(1)] * n
    for _ in range(400):
        # Thomas algorithm for (M + 2 eta) x = f: positive definite, so no pivots.
        c, d = [D(0)] * n, [D(0)] * n
        for i in range(n):
            m = diagonal[i] + (eta * c[i - 1] if i else 0)
            c[i] = -eta / m
            d[i] = (f[i] + (eta * d[i - 1] if i else 0)) / m
        x = [D(0)] * n
        for i in range(n - 1, -1, -1):
            x[i] = d[i] - (c[i] * x[i + 1] if i < n - 1 else 0)
        largest = max(x)
        f = [v / largest for v in x]
    c1 = (1 + g / k).ln() / g
    quotes = []
    for q in (-2, -1, 0, 1, 2):
        i = q + most
        bid = (f[i] / f[i + 1]).ln() / k + c1
        ask = (f[i] / f[i - 1]).ln() / k + c1
        quotes.append([q, float((ask - bid) / 2), float((ask + bid) / 2)])
    return quotes


def glft():
    rows, exact = [], []
    for gamma in ("0.01", "0.1"):
        for kappa in ("0.125", "0.3", "1.5"):
            for rate in ("0.2", "0.9"):
                for sigma in ("0.3", "2"):
                    g, k, a, s = map(D, (gamma, kappa, rate, sigma))
                    for inventory in ("-4", "0", "0.5", "3"):
                        q = D(inventory)
                        skew, half = glft_closed(g, k, a, s, q)
                        rows.append([float(x) for x in (g, k, a, s, q, skew, half)])
    # The figures of the paper's section 6 are drawn with these: sigma 0.3, A 0.9, k 0.3, gamma 0.01.
    for q, skew, half in glft_exact(D("0.01"), D("0.3"), D("0.9"), D("0.3"), 30):
        exact.append([0.01, 0.3, 0.9, 0.3, q, skew, half])
    return rows, exact


rows, exact = glft()
print(json.dumps({
    "avellanedaStoikov": {"columns": ["gamma", "kappa", "horizonS", "sigmaBps", "inventory", "skewBps", "halfSpreadBps"], "rows": avellaneda_stoikov()},
    "infinite": {"columns": ["gamma", "kappa", "inventoryMost", "inventory", "skewBps", "halfSpreadBps"], "rows": infinite()},
    "glft": {"columns": ["gamma", "kappa", "arrivalsPerS", "sigmaBps", "inventory", "skewBps", "halfSpreadBps"], "rows": rows, "exact": exact},
    "published": {"columns": ["gamma", "meanSpread"], "rows": [[0.1, 1.49], [0.01, 1.35]]},
}))
