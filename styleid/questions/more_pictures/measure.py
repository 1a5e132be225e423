"""Would more pictures help: the score against pictures per label, within the same folds.

Each training part is thinned by components, and the same test parts are scored each time. What twice as
many pictures would bring is in `styleid.questions.more_pictures.doubling`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from joblib import Parallel, delayed
from numpy.typing import NDArray

from styleid.evaluate.calibration.inner_scores import plain_scores
from styleid.evaluate.folds.seeds import DRAW, FIT, child_seed
from styleid.evaluate.folds.table import Fold, Table, check_folds
from styleid.evaluate.intervals.resample import N_RESAMPLES, TAILS
from styleid.evaluate.scoring.fitting import fit_seed
from styleid.heads.base import Head
from styleid.questions.more_pictures.doubling import (
    doubling_gains,
    doubling_note,
    point_scores,
    resampled_scores,
)

#: Shares of each label's components, in (0, 1]; at least one component of each label is kept.
FRACTIONS = (1 / 8, 1 / 4, 1 / 2, 1.0)

#: Scored groups below which nothing is read off: resamples of so few are too much alike for an interval.
FEWEST_GROUPS = 20

#: Random choices of groups at each share below 1.
DRAWS = 3


@dataclass(frozen=True)
class CurvePoint:
    """Balanced accuracy at one share of the training components, its interval over components and draws."""

    fraction: float
    pictures: float  # mean number of pictures a label was learned from
    score: float
    low: float
    high: float


@dataclass(frozen=True)
class LearningCurve:
    """The score against pictures per label, points in ascending order.

    `gain` is the balanced accuracy that twice as many pictures would likely add; it and its interval are nan
    with fewer than two points or fewer than `FEWEST_GROUPS` components.
    """

    points: tuple[CurvePoint, ...]
    gain: float
    gain_low: float
    gain_high: float
    can_tell: bool  # the interval of the gain leaves out 0
    note: str


def learning_curve(
    head: Head,
    params: Sequence[Mapping[str, Any]],
    table: Table,
    folds: Sequence[Fold],
    *,
    full: NDArray[np.int64] | None = None,
    seed: int = 0,
    n_jobs: int = 1,
) -> LearningCurve:
    """Fit on growing shares of each training part's components and score the same test parts.

    The parameters of a fold are the same at every point, as each fold chose them without its test part.
    Only the m rows of test parts are scored and resampled, so one division is enough.

    `full` holds (m,) columns of the labels that a cross-validation on these folds predicted. It stands for
    the point of the whole training parts, which are then not fitted again.
    """
    check_folds(folds, table.components, cover=False)
    rows = np.sort(np.concatenate([fold.test for fold in folds]))
    shares = sorted(FRACTIONS)
    draws = {share: range(DRAWS if share < 1 else 1) for share in shares}
    plan = [(share, i, f) for share in shares for i in draws[share] for f in range(len(folds))]
    kept = [thinned(table, folds[f].train, share, child_seed(seed, DRAW, i, f)) for share, i, f in plan]
    # The order of the labels is all that is looked at: what a head spends on calibration is left out.
    results = Parallel(n_jobs=n_jobs)(
        delayed(plain_scores)(
            head, params[f], table, train, folds[f].test, seed=fit_seed(head, child_seed(seed, FIT, f))
        )
        for (share, _, f), train in zip(plan, kept, strict=True)
        if share < 1 or full is None
    )
    true = table.numbers[rows]
    predicted = {share: np.zeros((len(draws[share]), len(true)), dtype=np.int64) for share in shares}
    sizes: dict[float, list[float]] = {share: [] for share in shares}
    for (share, _, _), train in zip(plan, kept, strict=True):
        sizes[share].append(len(train) / len(np.unique(table.y[train])))
    for (share, i, f), scores in zip(plan, results, strict=False):  # the whole parts come last, if at all
        predicted[share][i, np.searchsorted(rows, folds[f].test)] = scores.argmax(axis=1)
    if full is not None:
        predicted[1.0][0] = full
    pictures = np.array([np.mean(sizes[share]) for share in shares])
    columns, k, components = [predicted[share] for share in shares], len(table.labels), table.components[rows]
    point = point_scores(true, columns, k)  # (F,)
    drawn = resampled_scores(true, columns, components, k, N_RESAMPLES, seed)  # (b, F)
    low, high = np.quantile(drawn, TAILS, axis=0)
    points = tuple(
        CurvePoint(*map(float, values)) for values in zip(shares, pictures, point, low, high, strict=True)
    )
    n_groups, note = len(np.unique(components)), ""
    if len(np.unique(pictures)) < 2:
        note = "cannot tell: too few groups to thin them out"
    elif n_groups < FEWEST_GROUPS:
        note = f"cannot tell: {n_groups} groups were scored, and fewer than {FEWEST_GROUPS} show no trend"
    if note:
        return LearningCurve(points, np.nan, np.nan, np.nan, False, note)
    gain = float(doubling_gains(pictures, point[None], len(true))[0])
    gain_low, gain_high = np.quantile(doubling_gains(pictures, drawn, len(true)), TAILS)
    can_tell = bool(gain_low > 0 or gain_high < 0)
    return LearningCurve(
        points, gain, float(gain_low), float(gain_high), can_tell, doubling_note(gain, can_tell)
    )


def thinned(table: Table, rows: NDArray[np.int64], fraction: float, seed: int) -> NDArray[np.int64]:
    """Keep a share of each label's components, rounded up; a smaller share is part of a larger one.

    The seed orders components alike for all labels: a subject that is kept is kept by every hand.
    """
    y = table.y[rows]
    _, component = np.unique(table.components[rows], return_inverse=True)
    rank = np.random.default_rng(seed).permutation(int(component.max()) + 1)[component]
    kept = np.zeros(len(rows), dtype=bool)
    for label in np.unique(y):
        mine = y == label
        ranks = np.unique(rank[mine])
        kept |= mine & (rank <= ranks[int(np.ceil(fraction * len(ranks) - 1e-9)) - 1])
    return rows[kept]
