"""ROC AUC and average precision of one label, for many weightings of the same rows at once.

Rows are sorted once; each weighting costs one cumulative sum. Equal scores are one threshold: a tie
counts half a pair for ROC AUC and one step for average precision, exactly.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Ranking:
    """Rows in descending order of one label's score, and the runs of equal scores with a positive row."""

    order: NDArray[np.int64]  # (n,) rows, highest score first
    positives: NDArray[np.int64]  # (p,) places in `order` of the rows that have the label
    first: NDArray[np.int64]  # (m,) first place of each run; runs without a positive row move neither measure
    last: NDArray[np.int64]  # (m,) last place of each run
    closed: NDArray[np.int64]  # (m,) positive rows up to the end of each run


def rank_rows(positive: NDArray[np.bool_], scores: NDArray[np.float64]) -> Ranking:
    """Sort rows for `ranking_metrics`, by (n,) scores of the label, higher for more likely."""
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
    """Return (b,) ROC AUC and average precision under (b, n) weights >= 0; whole numbers give exact sums.

    ROC AUC is the share of (positive, negative) pairs in the right order; average precision is as
    `sklearn.metrics.average_precision_score`. Both are nan if no row with the label has weight, ROC AUC also
    if no other row has.
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
