"""Tests of one head against another on the same rows and folds.

Is one head better on *pictures like these*: corrected resampled t-test on scores of repeated folds. Do
the two make *different mistakes on these pictures*: McNemar's test on one set of out-of-fold
predictions. Several pairs are corrected together by Holm's method.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import binomtest, t

from styleid.errors import InputError
from styleid.evaluate.intervals.bootstrap import resampled_metrics
from styleid.evaluate.intervals.measured import Difference, Mean
from styleid.evaluate.intervals.metrics import point_metrics
from styleid.evaluate.scoring.predictions import Predictions

#: A spread of values below this is rounding, not variation.
STILL = 1e-12


class McNemar(NamedTuple):
    """Rows that only one of two heads named right, and the exact two-sided p-values."""

    only_a: int
    only_b: int
    p: float  # every row taken as independent
    p_groups: float  # whole components taken as independent


def corrected_mean(values: ArrayLike, test_ratio: float, level: float = 0.95) -> Mean:
    """Return the mean of (j,) fold scores or differences, corrected for overlapping training sets; j >= 2.

    `test_ratio` is test rows over training rows, 1 / (k - 1) for k folds. The variance of the mean is
    ``(1 / j + test_ratio) * s**2``, j - 1 degrees of freedom (Nadeau and Bengio, *Machine Learning* 52,
    2003, section 5; for repeated cross-validation Bouckaert and Frank, *PAKDD* 2004), since any two folds
    share most of their training rows. If the values do not vary, the sign test's 2**(1 - j) replaces p = 0.
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
    """Adjust the p-values of one family, in their order, so that each is compared with the level itself.

    Holm, *Scandinavian Journal of Statistics* 6 (1979); as statsmodels' ``multipletests(method="holm")``,
    without statsmodels and pandas.
    """
    p = np.asarray(p_values, dtype=np.float64)
    order = np.argsort(p, kind="stable")
    adjusted = np.empty_like(p)
    adjusted[order] = np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1))
    return [float(value) for value in np.minimum(adjusted, 1.0)]


def mcnemar(right_a: NDArray[np.bool_], right_b: NDArray[np.bool_], components: NDArray[np.int64]) -> McNemar:
    """Test whether two heads are right equally often, from (n,) flags of correct rows, out of fold.

    McNemar, *Psychometrika* 12 (1947), in its exact binomial form. Pictures of one component are right or
    wrong together, so ``p_groups`` flips the sign of whole components' differences (Fisher's randomisation
    test, *The Design of Experiments*, 1935, section 21); with one row a component it equals ``p``.
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

    `differences` are whole numbers, one a component; the chance is 1 where all are zero.
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


def paired_differences(
    one: Predictions,
    other: Predictions,
    groups: ArrayLike,
    metrics: Sequence[str],
    *,
    n_resamples: int = 1000,
    seed: int = 0,
    level: float = 0.95,
) -> dict[str, Difference]:
    """Return one less the other for each metric of `OVERALL` that is asked for.

    Both must be of the same m pictures, their folds may differ. `groups` covers all n rows of the table.
    """
    if not np.array_equal(one.rows, other.rows) or not np.array_equal(one.true, other.true):
        raise InputError(
            f"expected two scores of the same pictures, found {len(one.rows)} and {len(other.rows)} rows "
            "that are not the same; score both on one table and one division"
        )
    _, component = np.unique(np.asarray(groups)[one.rows], return_inverse=True)
    points, drawn = [], []
    for of in (one, other):
        points.append(point_metrics(of.true, of.predicted, of.scores).overall)
        # the same seed draws the same groups for both
        drawn.append(resampled_metrics(of.true, of.predicted, of.scores, component, n_resamples, seed)[0])
    found = {}
    for metric in metrics:
        first, second = (of[metric] for of in points)
        if first is None or second is None:
            found[metric] = Difference(None, None, None)
            continue
        each = drawn[0][metric] - drawn[1][metric]
        each = each[~np.isnan(each)]  # resamples that left a label out
        low, high = np.quantile(each, [(1 - level) / 2, (1 + level) / 2]) if len(each) else (None, None)
        found[metric] = Difference(
            first - second, None if low is None else float(low), None if high is None else float(high)
        )
    return found
