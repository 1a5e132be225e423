"""ROC AUC and average precision of one label, for many weightings of the same rows at once.

The rows are sorted once; each weighting then costs one cumulative sum. Equal scores are one
threshold, so a tie is worth half a pair (ROC AUC) and one step (average precision), exactly.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Ranking:
    """Rows in descending order of one label's score.

    Attributes
    ----------
    order : NDArray of int64
        (n,) rows, highest score first.
    positives : NDArray of int64
        (p,) places in `order` of the rows that have the label.
    first, last : NDArray of int64
        (m,) first and last place of each run of equal scores that holds a positive row; runs
        without one move neither measure.
    closed : NDArray of int64
        (m,) positive rows up to the end of each such run.
    """

    order: NDArray[np.int64]
    positives: NDArray[np.int64]
    first: NDArray[np.int64]
    last: NDArray[np.int64]
    closed: NDArray[np.int64]


def rank_rows(positive: NDArray[np.bool_], scores: NDArray[np.float64]) -> Ranking:
    """Sort rows for `ranking_metrics`.

    Parameters
    ----------
    positive : NDArray of bool
        (n,) rows that have the label.
    scores : NDArray of float64
        (n,) the label's score, higher for more likely.

    Returns
    -------
    Ranking
    """
    order = np.argsort(-scores, kind="stable")
    ordered = scores[order]
    ends = np.flatnonzero(np.append(np.diff(ordered) != 0, True))
    starts = np.append(0, ends[:-1] + 1)
    counts = np.cumsum(positive[order], dtype=np.int64)[ends]
    kept = np.diff(counts, prepend=0) > 0
    return Ranking(order, np.flatnonzero(positive[order]), starts[kept], ends[kept], counts[kept])


def ranking_metrics(
    ranking: Ranking, weights: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return ROC AUC and average precision under each weighting of the rows.

    Parameters
    ----------
    ranking : Ranking
        Of the same n rows.
    weights : NDArray of float64
        (b, n) weights >= 0; whole numbers give exact sums.

    Returns
    -------
    roc_auc, average_precision : NDArray of float64
        (b,); nan where no row with the label has weight, and for ROC AUC where no other row has.

    Notes
    -----
    ROC AUC is the share of (positive, negative) pairs in the right order, ties half. Average
    precision is ``sum((R[i] - R[i-1]) * P[i])`` over descending thresholds, as in
    `sklearn.metrics.average_precision_score`.
    """
    if not len(ranking.positives):
        return np.full(len(weights), np.nan), np.full(len(weights), np.nan)
    above = np.cumsum(weights[:, ranking.order], axis=1)  # (b, n) -> weight at or above each place
    total = above[:, -1]
    hits = np.cumsum(weights[:, ranking.order[ranking.positives]], axis=1)[:, ranking.closed - 1]  # (b, m)
    gained = np.diff(hits, axis=1, prepend=0)
    through = above[:, ranking.last]
    before = np.where(ranking.first > 0, above[:, ranking.first - 1], 0.0)
    n_positive = hits[:, -1]
    n_negative = total - n_positive
    # Negatives ranked above a run, or tied with it and counted half.
    misses = ((through - hits) + (before - (hits - gained))) / 2
    with np.errstate(divide="ignore", invalid="ignore"):
        roc_auc = 1 - np.sum(gained * misses, axis=1) / (n_positive * n_negative)
        steps = np.where(through > 0, gained * hits / through, 0.0)
        average_precision = np.sum(steps, axis=1) / n_positive
    roc_auc[(n_positive <= 0) | (n_negative <= 0)] = np.nan
    average_precision[n_positive <= 0] = np.nan
    return roc_auc, average_precision
