"""Balanced accuracy at each point of a learning curve, as it is and with components and draws resampled."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from styleid.evaluate.folds.seeds import DRAW, child_seed
from styleid.evaluate.intervals.metrics import mean_where
from styleid.evaluate.intervals.resample import resample

#: Points the power law goes through.
TAIL = 3


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

    It is below 0 where more pictures went with lower scores. `pictures` are (F,) a label, ascending, and
    `n_rows` rows are behind a score.
    """
    # No mistake in n rows is not an error of 0, of which there is no logarithm.
    error = np.maximum(1 - scores[:, -TAIL:], 0.5 / n_rows)
    x = np.log2(pictures[-TAIL:])
    x = x - x.mean()
    slope = (np.log2(error) @ x) / (x @ x)
    gains: NDArray[np.float64] = error[:, -1] * (1 - 2.0**slope)
    return gains


def doubling_note(gain: float, can_tell: bool) -> str:
    """Say the finding in one sentence; `can_tell` is whether the gain's interval leaves out 0."""
    if not can_tell:
        return "whether more pictures would help cannot be told from these"
    if gain > 0:
        return f"twice as many pictures would likely add about {100 * gain:.1f} points"
    return "more pictures did not help here: look at the groups and labels first"
