"""How evenly something is shared among people.

All of these are 0 where everybody has the same and reach 1 where one person has all; they differ in what
they make of the middle.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def gini(shares: Sequence[float]) -> float | None:
    """Return the Gini coefficient, corrected for small groups: 0 for equal shares, 1 where one has all.

    ``sum over all pairs of |x - y| / (2 n² mean)``, times ``n / (n - 1)`` since the sum alone cannot reach 1.
    None for fewer than two shares, or where all are 0.

    Example:
        >>> gini([5, 5, 5]), gini([0, 0, 7]), gini([3])
        (0.0, 1.0, None)
    """
    values = np.sort(np.asarray(shares, dtype=np.float64))
    count, whole = len(values), float(values.sum())
    if count < 2 or whole <= 0:
        return None
    ranks = np.arange(1, count + 1)
    return max(0.0, float(((2 * ranks - count - 1) * values).sum() / ((count - 1) * whole)))


def unevenness(shares: Sequence[float]) -> float | None:
    """Return one less Pielou's evenness (entropy over that of equal shares): 0 equal, 1 where one has all.

    None for fewer than two shares, or where all are 0.

    Example:
        >>> unevenness([5, 5]), unevenness([0, 7])
        (0.0, 1.0)
    """
    values = np.asarray(shares, dtype=np.float64)
    if len(values) < 2 or values.sum() <= 0:
        return None
    parts = values[values > 0] / values.sum()
    return max(0.0, 1 - float(-(parts * np.log(parts)).sum() / np.log(len(values))))


def imbalance(shares: Sequence[float], weights: Sequence[float]) -> float | None:
    """Return the Hoover index: which part would have to change hands for shares to follow *weights*.

    ``sum of |share / all shares - weight / all weights| / 2``: 0 where they follow, near 1 where one of
    little weight has all. For people who come and go, their time there is the fair weight.
    None where all shares or all weights are 0.

    Example:
        >>> imbalance([10, 30], [1, 3]), imbalance([0, 40], [1, 1])
        (0.0, 0.5)
    """
    values, fair = np.asarray(shares, dtype=np.float64), np.asarray(weights, dtype=np.float64)
    if values.sum() <= 0 or fair.sum() <= 0:
        return None
    return float(np.abs(values / values.sum() - fair / fair.sum()).sum() / 2)
