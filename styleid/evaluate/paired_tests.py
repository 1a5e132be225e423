"""Tests of one head against another on the same rows and folds.

Two questions, two tests. Does one head do better on *pictures like these*: the corrected resampled t-test on
the scores of repeated folds. Do the two make *different mistakes on these pictures*: McNemar's test on one
set of out-of-fold predictions. Several pairs are corrected together by Holm's method.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import binomtest, t

#: A spread of values below this is rounding, not variation.
STILL = 1e-12


class Mean(NamedTuple):
    """A mean over folds with its interval, and the test of its being zero.

    Attributes
    ----------
    value, low, high : float
        Mean and confidence interval.
    t : float or None
        Statistic; None where the values do not vary.
    p : float
        Two-sided p-value.
    """

    value: float
    low: float
    high: float
    t: float | None
    p: float


class McNemar(NamedTuple):
    """Discordant rows of two heads and what they say.

    Attributes
    ----------
    only_a, only_b : int
        Rows that only the first, only the second head named right.
    p : float
        Exact two-sided p-value with every row taken as independent.
    p_groups : float
        The same with whole components taken as independent.
    """

    only_a: int
    only_b: int
    p: float
    p_groups: float


def corrected_mean(values: ArrayLike, test_ratio: float, level: float = 0.95) -> Mean:
    """Return the mean of fold scores, or of their differences, corrected for overlapping training sets.

    Parameters
    ----------
    values : array_like of float
        (j,) one value a fold, over all repeats; j >= 2.
    test_ratio : float
        Rows of a test part over rows of a training part, 1 / (k - 1) for k folds.
    level : float
        Coverage of the interval, in (0, 1).

    Returns
    -------
    Mean

    Notes
    -----
    The variance of the mean is ``(1 / j + test_ratio) * s**2`` with j - 1 degrees of freedom: C. Nadeau and
    Y. Bengio, "Inference for the generalization error", *Machine Learning* 52 (2003), section 5, taken to
    repeated cross-validation by R. R. Bouckaert and E. Frank, "Evaluating the replicability of significance
    tests for comparing learning algorithms", *PAKDD* (2004). Plain ``s**2 / j`` takes the folds as
    independent, which they are not: any two share most of their training rows.

    Values that do not vary would give p = 0 even for two folds that differ by one picture each; there the
    sign test's 2**(1 - j) stands in.
    """
    x = np.asarray(values, dtype=np.float64)
    j = len(x)
    mean, spread = float(x.mean()), float(x.std(ddof=1))
    if spread < STILL:
        return Mean(mean, mean, mean, None, 1.0 if abs(mean) < STILL else 2.0 ** (1 - j))
    error = spread * float(np.sqrt(1 / j + test_ratio))
    half = float(t.ppf((1 + level) / 2, j - 1)) * error
    return Mean(mean, mean - half, mean + half, mean / error, float(2 * t.sf(abs(mean) / error, j - 1)))


def holm(p_values: Sequence[float]) -> list[float]:
    """Adjust p-values so that the chance of any false claim among them stays below the level.

    Parameters
    ----------
    p_values : sequence of float
        (m,) p-values of one family.

    Returns
    -------
    list of float
        (m,) in the order given, at most 1; compare each with the level itself.

    Notes
    -----
    S. Holm, "A simple sequentially rejective multiple test procedure", *Scandinavian Journal of Statistics* 6
    (1979). As ``statsmodels.stats.multitest.multipletests(method="holm")``, without statsmodels and pandas.
    """
    p = np.asarray(p_values, dtype=np.float64)
    order = np.argsort(p, kind="stable")
    adjusted = np.empty_like(p)
    adjusted[order] = np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1))
    return [float(value) for value in np.minimum(adjusted, 1.0)]


def mcnemar(right_a: NDArray[np.bool_], right_b: NDArray[np.bool_], components: NDArray[np.int64]) -> McNemar:
    """Test whether two heads are right equally often on the same rows.

    Parameters
    ----------
    right_a, right_b : NDArray of bool
        (n,) whether each head named each row right, out of fold.
    components : NDArray of int64
        (n,) component of each row.

    Returns
    -------
    McNemar

    Notes
    -----
    Q. McNemar, *Psychometrika* 12 (1947), in its exact form at every number of discordant rows: the binomial
    test costs microseconds, so nothing is gained by the chi-square approximation. Pictures of one component
    are alike, and are got right or wrong together; ``p_groups`` therefore flips the sign of whole
    components' differences, as R. A. Fisher's randomisation test does (*The Design of Experiments*, 1935,
    section 21). With one row a component it is the same p-value.
    """
    only_a, only_b = int(np.sum(right_a & ~right_b)), int(np.sum(right_b & ~right_a))
    discordant = only_a + only_b
    p = float(binomtest(only_a, discordant, 0.5).pvalue) if discordant else 1.0
    _, component = np.unique(components, return_inverse=True)
    weights = right_a.astype(np.float64) - right_b.astype(np.float64)
    differences = np.bincount(component, weights=weights).round().astype(np.int64)
    return McNemar(only_a, only_b, p, sign_flip_p(differences))


def sign_flip_p(differences: NDArray[np.int64]) -> float:
    """Return the exact chance that random signs give a sum as far from zero as the one observed.

    Parameters
    ----------
    differences : NDArray of int64
        (m,) one whole number a component.

    Returns
    -------
    float
        Two-sided p-value; 1 where all are zero.
    """
    sizes = np.abs(differences[differences != 0])
    total = int(sizes.sum())
    chances = np.zeros(2 * total + 1)  # of each sum from -total to total
    chances[total] = 1.0
    for size in np.sort(sizes).tolist():
        flipped = np.zeros_like(chances)
        flipped[size:] += 0.5 * chances[:-size]
        flipped[:-size] += 0.5 * chances[size:]
        chances = flipped
    far = np.abs(np.arange(-total, total + 1)) >= abs(int(differences.sum()))
    return min(1.0, float(chances[far].sum()))
