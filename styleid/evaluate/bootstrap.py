"""Intervals for every metric, by resampling components, since their rows stand or fall together.

Percentile intervals are from Efron and Tibshirani, *An Introduction to the Bootstrap* (1993), chapter 13.
Where a metric is 0 or 1 in every resample the bootstrap knows nothing, and Wilson's interval stands in.
Elsewhere a metric that stands still is a constant: one and the same answer has balanced accuracy 1 / k.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import csr_array

from styleid.errors import InputError
from styleid.evaluate.metrics import (
    BY_LABEL,
    OVERALL,
    check_predictions,
    combine,
    counted_metrics,
    ranked_metrics,
)
from styleid.evaluate.wilson import effective_sizes, wilson_interval

#: Weights held at a time; 16 MB, and a few times that while they are ranked.
CHUNK = 2_000_000

#: A range of values below this is rounding, not variation.
STILL = 1e-9


class Interval(NamedTuple):
    """A confidence interval and how it was found."""

    low: float
    high: float
    method: str  # bootstrap, basic bootstrap, wilson, constant or undefined


@dataclass(frozen=True, eq=False)
class Intervals:
    """Intervals laid out like `styleid.evaluate.metrics.Metrics`; None where the metric is undefined."""

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
