"""Would more pictures help: the score against pictures a label, within the same folds.

Each training part is thinned by groups, every label alike, and the same test parts are scored.
What twice as many pictures would bring is in `styleid.evaluate.doubling`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from joblib import Parallel, delayed
from numpy.typing import ArrayLike, NDArray
from threadpoolctl import threadpool_limits

from styleid.evaluate.bootstrap import CHUNK, component_counts
from styleid.evaluate.doubling import doubling_gains, doubling_note
from styleid.evaluate.fitting import fit_head, label_scores
from styleid.evaluate.fold import Fold, check_folds
from styleid.evaluate.inner_scores import label_numbers
from styleid.evaluate.metrics import counted_metrics
from styleid.evaluate.seeds import DRAW, FIT, child_seed
from styleid.evaluate.table import Table, make_table
from styleid.evaluate.thinning import thinned
from styleid.heads.base import Head

#: Shares of each label's groups.
FRACTIONS = (1 / 8, 1 / 4, 1 / 2, 1.0)

#: Random choices of groups at each share below 1.
DRAWS = 3


@dataclass(frozen=True)
class CurvePoint:
    """One share of the training groups.

    Attributes
    ----------
    fraction : float
        The share.
    pictures : float
        Mean pictures a label learned from.
    score, low, high : float
        Balanced accuracy and its interval, over groups and draws.
    """

    fraction: float
    pictures: float
    score: float
    low: float
    high: float


@dataclass(frozen=True)
class LearningCurve:
    """The score against pictures a label.

    Attributes
    ----------
    points : tuple of CurvePoint
        Ascending.
    gain, gain_low, gain_high : float
        Balanced accuracy that twice as many pictures would likely add, and its interval; nan with
        fewer than two points.
    can_tell : bool
        Whether the interval leaves out 0.
    note : str
        The finding in one sentence.
    """

    points: tuple[CurvePoint, ...]
    gain: float
    gain_low: float
    gain_high: float
    can_tell: bool
    note: str


def learning_curve(
    head: Head,
    params: Mapping[str, object],
    X: NDArray[np.float32],
    y: ArrayLike,
    groups: ArrayLike,
    folds: Sequence[Fold],
    *,
    fractions: Sequence[float] = FRACTIONS,
    draws: int = DRAWS,
    seed: int = 0,
    n_resamples: int = 1000,
    level: float = 0.95,
    n_jobs: int = 1,
) -> LearningCurve:
    """Fit on more and more groups of each training part and score the same test parts.

    Parameters
    ----------
    head : Head
        What to fit.
    params : mapping of str to object
        Its parameters, the same at every point; ``{}`` for the defaults.
    X, y, groups
        (n, dim) vectors, (n,) labels and (n,) components.
    folds : sequence of Fold
        Each row is in one test part.
    fractions : sequence of float
        Shares of each label's training groups, in (0, 1]; at least one group of each label is kept.
    draws : int
        Random choices of groups at each share below 1.
    seed : int
        Seed of draws, heads and resamples.
    n_resamples : int
        Resamples for the intervals.
    level : float
        Nominal coverage.
    n_jobs : int
        Fits worked on at a time; the numbers do not depend on it.

    Returns
    -------
    LearningCurve

    Raises
    ------
    InputError
        If lengths differ or a fold is not sound for these groups.
    """
    table = make_table(X, y, groups)
    check_folds(folds, table.groups)
    shares = sorted(set(fractions))
    plan = [
        (share, draw, number)
        for share in shares
        for draw in range(draws if share < 1 else 1)
        for number in range(len(folds))
    ]
    results = Parallel(n_jobs=n_jobs)(
        delayed(_fit_part)(
            head,
            params,
            table,
            folds[number],
            share,
            child_seed(seed, DRAW, draw, number),
            child_seed(seed, FIT, number),
        )
        for share, draw, number in plan
    )
    true = label_numbers(table.y, table.labels)
    predicted = {share: np.zeros((draws if share < 1 else 1, len(true)), dtype=np.int64) for share in shares}
    sizes: dict[float, list[float]] = {share: [] for share in shares}
    for (share, draw, number), (found, size) in zip(plan, results, strict=True):
        predicted[share][draw, folds[number].test] = found
        sizes[share].append(size)
    k, ones = len(table.labels), np.ones((1, len(true)))
    pictures = np.array([np.mean(sizes[share]) for share in shares])
    # (F,): the mean over draws of the balanced accuracy.
    point = np.array(
        [np.mean([_balanced(true, each, ones, k)[0] for each in predicted[share]]) for share in shares]
    )
    drawn = _resampled(true, [predicted[share] for share in shares], table, n_resamples, seed)  # (b, F)
    tails = [(1 - level) / 2, (1 + level) / 2]
    low, high = np.quantile(drawn, tails, axis=0)
    points = tuple(
        CurvePoint(*map(float, values)) for values in zip(shares, pictures, point, low, high, strict=True)
    )
    if len(np.unique(pictures)) < 2:
        nan = float("nan")
        return LearningCurve(points, nan, nan, nan, False, "cannot tell: too few groups to thin them out")
    gain = float(doubling_gains(pictures, point[None], len(true))[0])
    gain_low, gain_high = np.quantile(doubling_gains(pictures, drawn, len(true)), tails)
    can_tell = bool(gain_low > 0 or gain_high < 0)
    return LearningCurve(
        points, gain, float(gain_low), float(gain_high), can_tell, doubling_note(gain, can_tell)
    )


def _fit_part(
    head: Head,
    params: Mapping[str, object],
    table: Table,
    fold: Fold,
    fraction: float,
    draw_seed: int,
    fit_seed: int,
) -> tuple[NDArray[np.int64], float]:
    """Return the predictions of one test part, and pictures a label learned from."""
    kept = thinned(table.y, table.groups, fold.train, fraction, draw_seed)
    # The order of the labels is all that is looked at: what a head spends on calibration is left out.
    setting = {**params, **head.plain_params}
    with threadpool_limits(1):
        estimator = fit_head(head, setting, table.X, table.y, table.groups, kept, seed=fit_seed)
        scores = label_scores(estimator, table.X[fold.test], table.labels)
    return scores.argmax(axis=1).astype(np.int64), len(kept) / len(np.unique(table.y[kept]))


def _balanced(
    true: NDArray[np.int64], predicted: NDArray[np.int64], weights: NDArray[np.float64], k: int
) -> NDArray[np.float64]:
    """Return the balanced accuracy under (b, n) weights: (b,)."""
    cells = np.zeros((len(true), k * k))
    cells[np.arange(len(true)), true * k + predicted] = 1.0
    return counted_metrics((weights @ cells).reshape(-1, k, k))["balanced_accuracy"]


def _resampled(
    true: NDArray[np.int64], predicted: list[NDArray[np.int64]], table: Table, n_resamples: int, seed: int
) -> NDArray[np.float64]:
    """Resample groups, and draws as well: (b, F)."""
    _, component = np.unique(table.groups, return_inverse=True)
    n_components, k = int(component.max()) + 1, len(table.labels)
    columns: list[list[NDArray[np.float64]]] = [[] for _ in predicted]
    rng = np.random.default_rng(child_seed(seed, DRAW))
    for counts in component_counts(n_components, n_resamples, seed, max(1, CHUNK // len(true))):
        weights = counts[:, component]
        for column, of_share in zip(columns, predicted, strict=True):
            scores = np.stack([_balanced(true, each, weights, k) for each in of_share], axis=1)  # (b, draws)
            chosen = rng.integers(scores.shape[1], size=scores.shape)
            column.append(np.take_along_axis(scores, chosen, axis=1).mean(axis=1))
    return np.column_stack([np.concatenate(column) for column in columns])
