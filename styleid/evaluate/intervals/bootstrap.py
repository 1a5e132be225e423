"""Intervals for every metric, by resampling components, since their rows stand or fall together.

Percentile intervals are from Efron and Tibshirani, *An Introduction to the Bootstrap* (1993), chapter 13.
Where a metric is 0 or 1 in every resample the bootstrap knows nothing, and Wilson's interval stands in.
Elsewhere a metric that stands still is a constant: one and the same answer has balanced accuracy 1 / k.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import csr_array
from scipy.stats import norm

from styleid.errors import InputError
from styleid.evaluate.intervals.measured import Interval
from styleid.evaluate.intervals.metrics import (
    BY_LABEL,
    OVERALL,
    check_predictions,
    combine,
    counted_metrics,
    ranked_metrics,
)

#: Weights held at a time; 16 MB, and a few times that while they are ranked.
CHUNK = 2_000_000

#: A range of values below this is rounding, not variation.
STILL = 1e-9


@dataclass(frozen=True, eq=False)
class Intervals:
    """Intervals laid out like `Metrics`; None where the metric is undefined."""

    overall: Mapping[str, Interval | None]
    by_label: Mapping[str, tuple[Interval | None, ...]]  # (k,) each, in the order of the labels
    level: float  # nominal coverage
    n_resamples: int
    n_components: int


def bootstrap_intervals(
    true: NDArray[np.int64],
    predicted: NDArray[np.int64],
    scores: NDArray[np.float64],
    groups: ArrayLike,
    *,
    n_resamples: int = 1000,
    seed: int = 0,
    level: float = 0.95,
) -> Intervals:
    """Compute an interval for every metric, from (n,) label indices, (n, k) scores and (n,) components."""
    check_predictions(true, predicted, scores)
    if len(np.asarray(groups)) != len(true):
        raise InputError(
            f"expected a group for each of {len(true)} rows, found {len(np.asarray(groups))}; "
            "give every row one"
        )
    _, component = np.unique(np.asarray(groups), return_inverse=True)
    overall, by_label = resampled_metrics(true, predicted, scores, component, n_resamples, seed)
    k = scores.shape[1]
    point_overall, point_by_label = _point(true, predicted, scores)
    sizes = effective_sizes(true, predicted, component, k)
    return Intervals(
        {
            name: _interval(overall[name], point_overall[name][0], sizes.overall[name], level)
            for name in OVERALL
        },
        {
            name: tuple(
                _interval(by_label[name][:, j], point_by_label[name][0, j], sizes.by_label[name][j], level)
                for j in range(k)
            )
            for name in BY_LABEL
        },
        level,
        n_resamples,
        int(component.max()) + 1,
    )


def resampled_metrics(
    true: NDArray[np.int64],
    predicted: NDArray[np.int64],
    scores: NDArray[np.float64],
    component: NDArray[np.int64],
    n_resamples: int,
    seed: int,
) -> tuple[dict[str, NDArray[np.float64]], dict[str, NDArray[np.float64]]]:
    """Compute every metric of every resample: (b,) by name in `OVERALL`, (b, k) by name in `BY_LABEL`.

    `component` has numbers from 0, none left out. A metric that a resample leaves undefined is nan.
    """
    n, k = scores.shape
    n_components = int(component.max()) + 1
    # (n_components, k * k): how often each (true, predicted) pair occurs in each component.
    cells = csr_array((np.ones(n), (component, true * k + predicted)), shape=(n_components, k * k))
    chunks = []
    for counts in component_counts(n_components, n_resamples, seed, max(1, CHUNK // max(n, k * k))):
        confusion = (cells.T @ counts.T).T.reshape(-1, k, k)  # (b, n_components) -> (b, k, k)
        ranked = ranked_metrics(true, scores, counts[:, component])  # (b, n_components) -> (b, n)
        chunks.append(combine(counted_metrics(confusion), ranked))
    return (
        {name: np.concatenate([chunk[0][name] for chunk in chunks]) for name in OVERALL},
        {name: np.concatenate([chunk[1][name] for chunk in chunks]) for name in BY_LABEL},
    )


def component_counts(
    n_components: int, n_resamples: int, seed: int, chunk: int
) -> Iterator[NDArray[np.float64]]:
    """Draw components with replacement, as many as there are, and count each: (<= chunk, n_components).

    The counts do not depend on `chunk`, the number of resamples held at a time.
    """
    rng = np.random.default_rng(seed)
    for start in range(0, n_resamples, chunk):
        b = min(chunk, n_resamples - start)
        drawn = rng.integers(n_components, size=(b, n_components)) + n_components * np.arange(b)[:, None]
        counts = np.bincount(drawn.ravel(), minlength=b * n_components)
        yield counts.reshape(b, n_components).astype(np.float64)


def _point(
    true: NDArray[np.int64], predicted: NDArray[np.int64], scores: NDArray[np.float64]
) -> tuple[dict[str, NDArray[np.float64]], dict[str, NDArray[np.float64]]]:
    """Compute every metric of the rows as they are, b = 1."""
    k = scores.shape[1]
    confusion = np.bincount(true * k + predicted, minlength=k * k).reshape(1, k, k).astype(np.float64)
    return combine(counted_metrics(confusion), ranked_metrics(true, scores, np.ones((1, len(true)))))


def _interval(values: NDArray[np.float64], point: float, size: float, level: float) -> Interval | None:
    """Return the percentile interval, Wilson's at a bound that no resample leaves, None if undefined."""
    if np.isnan(point):
        return None
    defined = values[~np.isnan(values)]
    at_bound = min(abs(point), abs(1 - point)) < STILL
    if not len(defined) or (at_bound and np.ptp(defined) < STILL):
        return Interval(*wilson_interval(point, size, level), "wilson")
    low, high = np.quantile(defined, [(1 - level) / 2, (1 + level) / 2])
    return Interval(float(low), float(high), "bootstrap")


@dataclass(frozen=True, eq=False)
class EffectiveSizes:
    """How many independent trials stand behind each metric."""

    overall: Mapping[str, float]
    by_label: Mapping[str, NDArray[np.float64]]  # (k,) for each metric


def wilson_interval(share: float, n: float, level: float = 0.95) -> tuple[float, float]:
    """Return Wilson's score interval of a proportion, within [0, 1]; the whole range for n = 0.

    Wilson, *JASA* 22 (1927); as ``scipy.stats.binomtest(...).proportion_ci(method="wilson")``, but any `n`.
    """
    if n <= 0:
        return 0.0, 1.0
    z = float(norm.ppf((1 + level) / 2))
    centre = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * float(np.sqrt(share * (1 - share) / n + z * z / (4 * n * n)))
    # At share 0 or 1 one end is the share itself; rounding must not put it outside.
    return min(max(centre - half, 0.0), share), max(min(centre + half, 1.0), share)


def effective_sizes(
    true: NDArray[np.int64], predicted: NDArray[np.int64], component: NDArray[np.int64], n_labels: int
) -> EffectiveSizes:
    """Count the components behind each metric, from (n,) columns of labels and components numbered from 0.

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
    return EffectiveSizes(overall, by_label)


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
