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
from styleid.evaluate.bootstrap import resampled_metrics
from styleid.evaluate.crossval import Predictions
from styleid.evaluate.metrics import RANKED
from styleid.evaluate.resample import N_RESAMPLES, TAILS, Measured, percentile_interval

#: A spread of values below this is rounding, not variation.
STILL = 1e-12


class MeanTest(NamedTuple):
    """A mean over folds with its interval (nan where they do not vary), and the two-sided test against 0."""

    mean: Measured
    t: float | None  # None where the values do not vary
    p: float


class McNemar(NamedTuple):
    """Rows that only one of two heads named right, and the exact two-sided p-values."""

    only_a: int
    only_b: int
    p: float  # every row taken as independent
    p_groups: float  # whole components taken as independent


def corrected_mean(values: ArrayLike, test_ratio: float) -> MeanTest:
    """Return the mean of (j,) fold scores or differences, corrected for overlapping training sets; j >= 2.

    `test_ratio` is test rows over training rows, 1 / (k - 1) for k folds. The variance of the mean is
    ``(1 / j + test_ratio) * s**2``, j - 1 degrees of freedom (Nadeau and Bengio, *Machine Learning* 52,
    2003, section 5; for repeated cross-validation Bouckaert and Frank, *PAKDD* 2004), since any two folds
    share most of their training rows. If the values do not vary, nothing says how wide an interval would be,
    and the sign test's 2**(1 - j) replaces p = 0.
    """
    x = np.asarray(values, dtype=np.float64)
    j = len(x)
    mean, spread = float(x.mean()), float(x.std(ddof=1))
    if spread < STILL:
        return MeanTest(Measured(mean, n=j), None, 1.0 if abs(mean) < STILL else 2.0 ** (1 - j))
    error = spread * float(np.sqrt(1 / j + test_ratio))
    half = float(t.ppf(TAILS[1], j - 1)) * error
    interval = Measured(mean, mean - half, mean + half, j)
    return MeanTest(interval, mean / error, float(2 * t.sf(abs(mean) / error, j - 1)))


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
    components: ArrayLike,
    metrics: Sequence[str],
    *,
    n_resamples: int = N_RESAMPLES,
    seed: int = 0,
) -> dict[str, Measured]:
    """Return one less the other for each metric of `OVERALL` that is asked for; nan where it is undefined.

    Both must be of the same m pictures, their folds may differ. `components` covers all n rows of the table.
    """
    if not np.array_equal(one.rows, other.rows) or not np.array_equal(one.true, other.true):
        raise InputError(
            f"expected two scores of the same pictures, found {len(one.rows)} and {len(other.rows)} rows "
            "that are not the same; score both on one table and one division"
        )
    names, component = np.unique(np.asarray(components)[one.rows], return_inverse=True)
    ranks = not set(RANKED).isdisjoint(metrics)
    # the same seed draws the same components for both
    drawn = [
        resampled_metrics(each.true, each.predicted, each.scores, component, n_resamples, seed, ranks)[0]
        for each in (one, other)
    ]
    first, second = one.metrics.overall, other.metrics.overall
    differences = {}
    for metric in metrics:
        ends = percentile_interval(drawn[0][metric] - drawn[1][metric])  # none of a label that is left out
        differences[metric] = Measured(first[metric] - second[metric], *ends, len(one.rows), len(names))
    return differences
