"""Intervals for every metric, by resampling components.

A metric that is 0 or 1, or that no resample moves, has Wilson's interval: the bootstrap knows nothing of it.
Only one and the same answer for all has a constant for a metric, such as a balanced accuracy of 1 / k.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import csr_array

from styleid.errors import InputError
from styleid.evaluate.crossval import Predictions
from styleid.evaluate.metrics import (
    BY_LABEL,
    OVERALL,
    RANKED,
    combine,
    point_metrics,
    ranked_metrics,
    tallied_metrics,
)
from styleid.evaluate.resample import (
    N_RESAMPLES,
    ROUNDING,
    Measured,
    percentile_interval,
    resample,
    wilson_interval,
)
from styleid.evaluate.table import refuse_gaps
from styleid.given import check_kind, check_seed


@dataclass(frozen=True)
class LabelMetrics:
    """One label against all others."""

    precision: Measured
    recall: Measured
    f1: Measured
    roc_auc: Measured
    average_precision: Measured
    n_images: int
    n_groups: int


@dataclass(frozen=True, eq=False)
class ScoredMetrics:
    """What ``result.json`` says of a head's predictions."""

    metrics: Mapping[str, Measured]
    per_label: Mapping[str, LabelMetrics]
    confusion: NDArray[np.int64]  # (k, k) counts; rows are true labels


def metrics_with_intervals(predictions: Predictions, components: ArrayLike, seed: int = 0) -> ScoredMetrics:
    """Compute every metric with its interval, overall and per label, and the confusion counts.

    Parameters
    ----------
    predictions : Predictions
        Of m rows, as `cross_validate` returns them.
    components : array_like of str or int
        (n,) component of every row of the table, not only of the m scored ones; each is resampled as a whole.
    seed : int
        Seed of the resamples.

    Returns
    -------
    ScoredMetrics
        ``metrics`` maps a name, such as ``balanced_accuracy``, to its ``value``, ``low`` and ``high``: a 95 %
        interval; ``per_label`` has the like of each label, ``confusion`` (k, k) counts.

    Raises
    ------
    InputError
        If there is no component for every row.

    Examples
    --------
    >>> accuracy = metrics_with_intervals(predictions, components).metrics["accuracy"]
    >>> print(accuracy.value, accuracy.low, accuracy.high)
    """
    check_kind(predictions, Predictions, "predictions", "give what cross_validate returns")
    check_seed(seed)
    refuse_gaps(component=components)
    component = np.asarray(components)
    if component.ndim != 1 or len(component) <= predictions.rows.max():
        raise InputError(
            f"expected a component for each of the table's rows, {predictions.rows.max() + 1} or more, found "
            f"shape {component.shape}; give those that the folds were made from"
        )
    arrays = (predictions.true, predictions.predicted, predictions.scores)
    scored = component[predictions.rows]
    intervals = bootstrap_intervals(*arrays, scored, seed=seed)
    per_label = {}
    for i, label in enumerate(predictions.labels):
        here = predictions.true == i
        per_label[label] = LabelMetrics(
            **{name: values[i] for name, values in intervals.by_label.items()},
            n_images=int(here.sum()),
            n_groups=len(np.unique(scored[here])),
        )
    return ScoredMetrics(intervals.overall, per_label, predictions.metrics.confusion)


@dataclass(frozen=True, eq=False)
class Intervals:
    """Every metric with its interval, laid out like `Metrics`."""

    overall: Mapping[str, Measured]
    by_label: Mapping[str, tuple[Measured, ...]]  # (k,) each, in the order of the labels


def bootstrap_intervals(
    true: NDArray[np.int64],
    predicted: NDArray[np.int64],
    scores: NDArray[np.float64],
    components: ArrayLike,
    *,
    n_resamples: int = N_RESAMPLES,
    seed: int = 0,
) -> Intervals:
    """Compute every metric with its interval, from (n,) label indices, (n, k) scores and (n,) components."""
    point = point_metrics(true, predicted, scores)
    names, component = np.unique(np.asarray(components), return_inverse=True)
    overall, by_label = resampled_metrics(true, predicted, scores, component, n_resamples, seed)
    sizes, label_sizes = effective_sizes(true, predicted, component, scores.shape[1])
    one_answer = bool(np.ptp(predicted) == 0)

    def measured(drawn: NDArray[np.float64], point: float, size: float) -> Measured:
        return Measured(point, *_ends(drawn, point, size, one_answer), len(true), len(names))

    return Intervals(
        {name: measured(overall[name], point.overall[name], sizes[name]) for name in OVERALL},
        {
            name: tuple(map(measured, by_label[name].T, point.by_label[name], label_sizes[name]))
            for name in BY_LABEL
        },
    )


def resampled_metrics(
    true: NDArray[np.int64],
    predicted: NDArray[np.int64],
    scores: NDArray[np.float64],
    component: NDArray[np.int64],
    n_resamples: int,
    seed: int,
    ranks: bool = True,
) -> tuple[dict[str, NDArray[np.float64]], dict[str, NDArray[np.float64]]]:
    """Compute every metric of every resample: (b,) by name in `OVERALL`, (b, k) by name in `BY_LABEL`.

    `component` has numbers from 0, none left out. A metric that a resample leaves undefined is nan,
    and so are those that go by ranks if they are not asked for: they take most of the time.
    """
    n, k = scores.shape
    every_row = np.ones(n, dtype=bool)

    def every(counts: NDArray[np.float64], component: NDArray[np.int64]) -> NDArray[np.float64]:
        def tally(label: NDArray[np.int64], rows: NDArray[np.bool_]) -> NDArray[np.float64]:
            """Count the drawn rows of each label, (b, n_components) -> (b, k)."""
            at = (label[rows], component[rows])
            cells = csr_array((np.ones(int(rows.sum())), at), shape=(k, counts.shape[1]))
            return np.asarray(cells @ counts.T).T

        nothing = np.full((len(counts), k), np.nan)
        counted = tallied_metrics(
            tally(true, true == predicted), tally(true, every_row), tally(predicted, every_row)
        )
        ranked = (
            ranked_metrics(true, scores, counts[:, component]) if ranks else dict.fromkeys(RANKED, nothing)
        )
        overall, by_label = combine(counted, ranked)
        return np.column_stack([*(overall[name] for name in OVERALL), *(by_label[name] for name in BY_LABEL)])

    drawn = resample(component, every, width=max(n, k), n_resamples=n_resamples, seed=seed)
    m = len(OVERALL)
    return (
        {name: drawn[:, i] for i, name in enumerate(OVERALL)},
        {name: drawn[:, m + i * k : m + (i + 1) * k] for i, name in enumerate(BY_LABEL)},
    )


def _ends(drawn: NDArray[np.float64], point: float, size: float, one_answer: bool) -> tuple[float, float]:
    """Return the percentile interval, Wilson's where resamples tell nothing, nan if undefined."""
    if np.isnan(point):
        return np.nan, np.nan
    # Resamples of pictures without a mistake have none. They leave the bound only where they hold nothing of
    # a label, as 0 / 0 counts as 0, and whether the percentiles fall on such resamples is no evidence.
    if min(abs(point), abs(1 - point)) < ROUNDING:
        return wilson_interval(point, size)
    if not np.isnan(percentile_interval(drawn[drawn > ROUNDING])[0]):
        return percentile_interval(drawn)
    return (point, point) if one_answer and size > 1 else wilson_interval(point, size)


def effective_sizes(
    true: NDArray[np.int64], predicted: NDArray[np.int64], component: NDArray[np.int64], n_labels: int
) -> tuple[dict[str, float], dict[str, NDArray[np.float64]]]:
    """Count the components behind each metric: overall, and (k,) by label.

    `true`, `predicted` and `component` are (n,) columns of labels and components, numbered from 0.

    Accuracy rests on all components, recall of a label on those with a row of it, precision on those with a
    row predicted as it, F1 on the fewer of both; ROC AUC and average precision on the fewer of those with
    and without a row of it. A macro mean over labels of sizes ``n[j]`` is as sure as one proportion from
    ``m**2 / sum(1 / n[j])`` trials, where both have the same variance if each label's rate is the same.
    """
    with_true = _components_with(true, component, n_labels)
    with_predicted = _components_with(predicted, component, n_labels)
    without = np.array(
        [len(np.unique(component[true != label])) for label in range(n_labels)], dtype=np.float64
    )
    ranked = np.minimum(with_true, without)
    by_label = {
        "precision": with_predicted,
        "recall": with_true,
        "f1": np.minimum(with_true, with_predicted),
        "roc_auc": ranked,
        "average_precision": ranked,
    }
    macro = _pooled(with_true)
    overall = dict.fromkeys(("balanced_accuracy", "macro_precision", "macro_recall", "macro_f1"), macro)
    overall |= {
        "accuracy": float(len(np.unique(component))),
        "average_precision": _pooled(ranked),
        "roc_auc": float(ranked[1]) if n_labels == 2 else _pooled(ranked),
    }
    return overall, by_label


def _components_with(
    label: NDArray[np.int64], component: NDArray[np.int64], n_labels: int
) -> NDArray[np.float64]:
    """Count the components that hold each label: (n_labels,)."""
    pairs = np.unique(np.column_stack([label, component]), axis=0)
    return np.bincount(pairs[:, 0], minlength=n_labels).astype(np.float64)


def _pooled(sizes: NDArray[np.float64]) -> float:
    """Return the trials of one proportion that is as sure as the mean over labels of these sizes."""
    held = sizes[sizes > 0]
    return float(len(held) ** 2 / np.sum(1 / held)) if len(held) else 0.0
