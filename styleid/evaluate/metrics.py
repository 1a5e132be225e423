"""The metrics of a report, for many weightings of the rows at once (leading axis b; point metrics: b = 1).

Conventions are scikit-learn's, with ``zero_division=0`` for labels that occur among true or predicted
ones. A label that occurs in neither has no precision, recall or F1, and macro means of these leave it
out. Balanced accuracy, macro ROC AUC and macro average precision run over the labels that occur among
the true ones. With two labels, overall ``roc_auc`` is the second label's; nothing else depends on which
label is called positive. For ROC AUC and average precision rows are sorted once and each weighting costs
one sum; equal scores are one threshold: a tie counts half a pair, or one step, exactly.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from styleid.errors import InputError

OVERALL = (
    "accuracy",
    "balanced_accuracy",
    "macro_precision",
    "macro_recall",
    "macro_f1",
    "roc_auc",
    "average_precision",
)
BY_LABEL = ("precision", "recall", "f1", "roc_auc", "average_precision")
#: Those that go by the order of the scores.
RANKED = ("roc_auc", "average_precision")


@dataclass(frozen=True, eq=False)
class Metrics:
    """Point metrics; an undefined number is nan."""

    overall: Mapping[str, float]
    by_label: Mapping[str, tuple[float, ...]]  # (k,) numbers for each name in BY_LABEL
    confusion: NDArray[np.int64]  # (k, k) counts; rows are true labels, columns predicted ones


def point_metrics(
    true: NDArray[np.int64], predicted: NDArray[np.int64], scores: NDArray[np.float64]
) -> Metrics:
    """Compute every metric once, from (n,) columns of labels and (n, k) scores, higher for more likely."""
    check_predictions(true, predicted, scores)
    n, k = scores.shape
    confusion = np.zeros((k, k), dtype=np.int64)
    np.add.at(confusion, (true, predicted), 1)
    counted = counted_metrics(confusion[None].astype(np.float64))
    overall, by_label = combine(counted, ranked_metrics(true, scores, np.ones((1, n))))
    return Metrics(
        {name: float(overall[name][0]) for name in OVERALL},
        {name: tuple(by_label[name][0].tolist()) for name in BY_LABEL},
        confusion,
    )


def counted_metrics(confusion: NDArray[np.float64]) -> dict[str, NDArray[np.float64]]:
    """Compute the metrics that need only counts, from (b, k, k) confusion weights with true labels in rows.

    Metrics of `OVERALL` are (b,), those by label (b, k); nan where undefined.
    """
    return tallied_metrics(
        np.diagonal(confusion, axis1=1, axis2=2), confusion.sum(axis=2), confusion.sum(axis=1)
    )


def tallied_metrics(
    hits: NDArray[np.float64], is_true: NDArray[np.float64], is_predicted: NDArray[np.float64]
) -> dict[str, NDArray[np.float64]]:
    """Compute them from (b, k) weights: rows of a label named right, of the label, and named so."""
    occurs = (is_true > 0) | (is_predicted > 0)
    recall = _ratio(hits, is_true)
    by_label = {
        "precision": _ratio(hits, is_predicted),
        "recall": recall,
        "f1": _ratio(2 * hits, is_true + is_predicted),
    }
    metrics = {
        "accuracy": _ratio(hits.sum(axis=1), is_true.sum(axis=1), empty=np.nan),
        "balanced_accuracy": mean_where(recall, is_true > 0),
    }
    for name, values in by_label.items():
        metrics[f"macro_{name}"] = mean_where(values, occurs)
        metrics[name] = np.where(occurs, values, np.nan)
    return metrics


def ranked_metrics(
    true: NDArray[np.int64], scores: NDArray[np.float64], weights: NDArray[np.float64]
) -> dict[str, NDArray[np.float64]]:
    """Compute (b, k) ``roc_auc`` and ``average_precision`` of each label against all others.

    `weights` are (b, n), not negative. Undefined numbers are nan.
    """
    weights = np.ascontiguousarray(weights.T).T  # a row's weights lie together, as they are added
    columns = [
        ranking_metrics(rank_rows(true == label, scores[:, label]), weights)
        for label in range(scores.shape[1])
    ]
    return {
        "roc_auc": np.stack([column[0] for column in columns], axis=1),
        "average_precision": np.stack([column[1] for column in columns], axis=1),
    }


def combine(
    counted: Mapping[str, NDArray[np.float64]], ranked: Mapping[str, NDArray[np.float64]]
) -> tuple[dict[str, NDArray[np.float64]], dict[str, NDArray[np.float64]]]:
    """Return (b,) metrics of `OVERALL` and (b, k) metrics of `BY_LABEL`, macro means of ranked ones added."""
    by_label = {name: counted[name] if name in counted else ranked[name] for name in BY_LABEL}
    overall = {name: counted[name] for name in OVERALL if name in counted}
    auc, precision = ranked["roc_auc"], ranked["average_precision"]
    overall["roc_auc"] = auc[:, 1] if auc.shape[1] == 2 else mean_where(auc, ~np.isnan(auc))
    overall["average_precision"] = mean_where(precision, ~np.isnan(precision))
    return overall, by_label


def mean_where(values: NDArray[np.float64], where: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Average (b, k) values over the labels that count; nan where none does."""
    return _ratio(np.where(where, values, 0.0).sum(axis=1), where.sum(axis=1), empty=np.nan)


def check_predictions(
    true: NDArray[np.int64], predicted: NDArray[np.int64], scores: NDArray[np.float64]
) -> None:
    """Refuse predictions of wrong shape, without rows, of labels without a column, or not finite."""
    if scores.ndim != 2 or true.shape != (len(scores),) or predicted.shape != true.shape or not len(true):
        raise InputError(
            f"expected n > 0 true and predicted labels and (n, k) scores, found shapes {true.shape}, "
            f"{predicted.shape} and {scores.shape}; score the same rows"
        )
    if min(true.min(), predicted.min()) < 0 or max(true.max(), predicted.max()) >= scores.shape[1]:
        raise InputError(
            f"expected label numbers below {scores.shape[1]}, the number of score columns, "
            f"found {min(true.min(), predicted.min())} to {max(true.max(), predicted.max())}; "
            "use the same labels"
        )
    if not np.isfinite(scores).all():
        raise InputError(
            f"expected finite scores, found {np.sum(~np.isfinite(scores))} that are not; "
            "the head did not converge: look at its vectors and parameters"
        )


def _ratio(part: NDArray[np.float64], whole: NDArray[np.float64], empty: float = 0.0) -> NDArray[np.float64]:
    """Divide, with `empty` for a division by nothing."""
    result = np.full(part.shape, empty)
    np.divide(part, whole, out=result, where=whole > 0)
    return result


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
    # Only at the ends of the runs is it asked what lies above: the stretches between them are summed at once.
    n = len(ranking.order)
    ends = np.unique(np.concatenate([[0, n], ranking.first, ranking.last + 1]))
    stretches = csr_array((np.ones(n), ranking.order, ends), shape=(len(ends) - 1, n))
    above = np.vstack([np.zeros(len(weights)), np.cumsum(stretches @ weights.T, axis=0)]).T  # (b, ends)
    total = above[:, -1]
    hits = np.cumsum(weights[:, ranking.order[ranking.positives]], axis=1)[:, ranking.closed - 1]  # (b, m)
    gained = np.diff(hits, axis=1, prepend=0)
    through = above[:, np.searchsorted(ends, ranking.last + 1)]
    before = above[:, np.searchsorted(ends, ranking.first)]
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
