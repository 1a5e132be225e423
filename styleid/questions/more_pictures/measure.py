"""Would more pictures help: the score against pictures per label, within the same folds.

Each training part is thinned by components, and the same test parts are scored each time. What twice as
many pictures would bring is read off its last points.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from joblib import Parallel, delayed
from numpy.typing import NDArray

from styleid.evaluate.bootstrap import effective_sizes
from styleid.evaluate.calibration import plain_scores
from styleid.evaluate.fitting import fit_seed
from styleid.evaluate.metrics import mean_where
from styleid.evaluate.resample import N_RESAMPLES, ROUNDING, percentile_interval, resample, wilson_interval
from styleid.evaluate.seeds import DRAW, FIT, child_seed
from styleid.evaluate.table import Fold, Table, check_folds
from styleid.heads.base import Head

#: Shares of each label's components, in (0, 1]; at least one component of each label is kept.
FRACTIONS = (1 / 8, 1 / 4, 1 / 2, 1.0)

#: Scored groups below which nothing is read off: resamples of so few are too much alike for an interval.
FEWEST_GROUPS = 20

#: Random choices of groups at each share below 1.
DRAWS = 3
#: Points the power law goes through.
TAIL = 3


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
    where nothing can be read off, and `note` says why.
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

    `full` holds (m,) columns of the labels that a cross-validation on these folds predicted by scores that
    were not calibrated, as those of the other points are not. It stands for the point of the whole training
    parts, which are then not fitted again.
    """
    check_folds(folds, table.components, cover=False)
    rows = np.sort(np.concatenate([fold.test for fold in folds]))
    shares = sorted(FRACTIONS)
    draws = {share: range(DRAWS if share < 1 else 1) for share in shares}
    plan = [(share, i, f) for share in shares for i in draws[share] for f in range(len(folds))]
    kept = [thinned(table, folds[f].train, share, child_seed(seed, DRAW, i, f)) for share, i, f in plan]
    # What a head spends on calibration is left out, at every point.
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
    _, component = np.unique(components, return_inverse=True)
    size = effective_sizes(true, columns[-1][0], component, k)[0]["balanced_accuracy"]
    points = tuple(
        CurvePoint(share, float(n), float(score), *_ends(column, float(score), size))
        for share, n, score, column in zip(shares, pictures, point, drawn.T, strict=True)
    )
    n_groups, note = len(np.unique(components)), ""
    if len(np.unique(pictures)) < 2:
        note = "cannot tell: too few groups to thin them out"
    elif n_groups < FEWEST_GROUPS:
        note = f"cannot tell: {n_groups} groups were scored, and fewer than {FEWEST_GROUPS} show no trend"
    elif point[-1] > 1 - ROUNDING:
        note = "nothing is left to gain on these pictures: the curve ends at 1, the best there is"
    if note:
        return LearningCurve(points, np.nan, np.nan, np.nan, False, note)
    gain = float(doubling_gains(pictures, point[None], len(true))[0])
    gain_low, gain_high = percentile_interval(doubling_gains(pictures, drawn, len(true)))
    can_tell = bool(gain_low > ROUNDING or gain_high < -ROUNDING)
    return LearningCurve(points, gain, gain_low, gain_high, can_tell, doubling_note(gain, can_tell))


def _ends(drawn: NDArray[np.float64], score: float, size: float) -> tuple[float, float]:
    """Return the percentile interval of a point, Wilson's where no resample moves it."""
    low, high = percentile_interval(drawn)
    return wilson_interval(score, size) if np.isnan(low) else (low, high)


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


def point_scores(
    true: NDArray[np.int64], predicted: Sequence[NDArray[np.int64]], n_labels: int
) -> NDArray[np.float64]:
    """Average the balanced accuracy over the draws, (draws, n), of each of F points: (F,)."""
    # Every row is drawn once: one resample in which nothing is left to chance.
    component = np.zeros(len(true), dtype=np.int64)

    def score(draw: NDArray[np.int64]) -> float:
        return float(_balanced(np.ones((1, 1)), *_tallies(true, draw, component, n_labels))[0])

    return np.array([np.mean([score(draw) for draw in draws]) for draws in predicted])


def resampled_scores(
    true: NDArray[np.int64],
    predicted: Sequence[NDArray[np.int64]],
    components: NDArray[Any],
    n_labels: int,
    n_resamples: int,
    seed: int,
) -> NDArray[np.float64]:
    """Compute `point_scores` of b resamples of components and draws: (b, F).

    In one resample all points have the same components, so they can be compared.
    """
    width = max(len(np.unique(components)), n_labels)
    rng = np.random.default_rng(child_seed(seed, DRAW))

    def points(counts: NDArray[np.float64], component: NDArray[np.int64]) -> NDArray[np.float64]:
        column = []
        for draws in predicted:
            tallies = [_tallies(true, draw, component, n_labels) for draw in draws]
            scores = np.stack([_balanced(counts, *tally) for tally in tallies], axis=1)
            chosen = rng.integers(scores.shape[1], size=scores.shape)  # (b, draws)
            column.append(np.take_along_axis(scores, chosen, axis=1).mean(axis=1))
        return np.column_stack(column)

    return resample(components, points, width=width, n_resamples=n_resamples, seed=seed)


def _tallies(
    true: NDArray[np.int64], predicted: NDArray[np.int64], component: NDArray[np.int64], k: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Count rows, and rows that are right, by component and label: twice (n_components, k)."""
    cell, size = component * k + true, (int(component.max()) + 1) * k
    rows = np.bincount(cell, minlength=size).astype(np.float64)
    right = np.bincount(cell[predicted == true], minlength=size).astype(np.float64)
    return rows.reshape(-1, k), right.reshape(-1, k)


def _balanced(
    counts: NDArray[np.float64], rows: NDArray[np.float64], right: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the balanced accuracy of components drawn (b, n_components) times: (b,)."""
    total, hits = counts @ rows, counts @ right  # (b, k)
    occurs = total > 0
    recall: NDArray[np.float64] = np.divide(hits, total, out=np.zeros_like(hits), where=occurs)
    return mean_where(recall, occurs)


def doubling_gains(
    pictures: NDArray[np.float64], scores: NDArray[np.float64], n_rows: int
) -> NDArray[np.float64]:
    """Return (b,) what twice as many pictures would add to the last of (b, F) scores, F >= 2.

    It is below 0 where more pictures went with lower scores, and no score leaves 0 to 1 by it. `pictures`
    are (F,) a label, ascending, and `n_rows` rows are behind a score.
    """
    # No mistake in n rows is not an error of 0, of which there is no logarithm.
    error = np.maximum(1 - scores[:, -TAIL:], 0.5 / n_rows)
    x = np.log2(pictures[-TAIL:])
    x = x - x.mean()
    slope = (np.log2(error) @ x) / (x @ x)
    last = scores[:, -1]
    gains: NDArray[np.float64] = np.clip(error[:, -1] * (1 - 2.0**slope), -last, 1 - last)
    return gains


def doubling_note(gain: float, can_tell: bool) -> str:
    """Say the finding in one sentence; `can_tell` is whether the gain's interval leaves out 0."""
    if not can_tell:
        return "whether more pictures would help cannot be told from these"
    if gain > 0:
        return f"twice as many pictures would likely add about {100 * gain:.1f} points"
    return "more pictures did not help here: look at the groups and labels first"
