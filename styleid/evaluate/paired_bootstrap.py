"""Two sets of scores of the same pictures, compared with paired intervals.

Each resample of the components is scored both ways, so its difficulty cancels in the difference.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from styleid.errors import InputError
from styleid.evaluate.bootstrap import resampled_metrics
from styleid.evaluate.metrics import point_metrics
from styleid.evaluate.predictions import Predictions


class Difference(NamedTuple):
    """One less the other, with its interval; None where the metric is undefined (ROC AUC of one label)."""

    value: float | None
    low: float | None
    high: float | None


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
