"""Which pictures are shown: the surest, the most doubtful, and those behind each cell."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from styleid.questions.run_data import RunData

#: Titles of the kinds of `Picks`, in their order.
TITLES = ("Surest, and right", "Surest, and wrong", "Most doubtful: the two best scores are closest")


class Picks(NamedTuple):
    """Rows of a run worth a look; no row is in two of them.

    The same motif drawn twice gives the same score, so each kind takes one picture of every cell of the
    confusion matrix before the second of any.
    """

    right: NDArray[np.int64]  # the surest that were named right
    wrong: NDArray[np.int64]  # the surest that were named wrong
    doubtful: NDArray[np.int64]  # smallest difference between the two best scores


def said_score(run: RunData) -> NDArray[np.float64]:
    """Return (n,) scores of the predicted labels."""
    return np.asarray(run.scores[np.arange(len(run.predicted)), run.predicted], dtype=np.float64)


def choose_picks(run: RunData, each: int = 8) -> Picks:
    """Choose the pictures of the prediction grid, at most `each` of a kind."""
    rank = rank_in_cell(run)
    order = np.lexsort((-said_score(run), rank))
    is_right = (run.true == run.predicted)[order]
    right, wrong = order[is_right][:each], order[~is_right][:each]
    ranked = np.sort(run.scores, axis=1)
    margin = ranked[:, -1] - ranked[:, -2]
    doubt = np.lexsort((margin, _ranks(_cells(run), margin)))
    doubtful = doubt[~np.isin(doubt, np.concatenate([right, wrong]))][:each]
    return Picks(right, wrong, doubtful)


def rank_in_cell(run: RunData) -> NDArray[np.int64]:
    """Return (n,) ranks within each cell of the confusion matrix, 0 for the surest picture."""
    return _ranks(_cells(run), -said_score(run))


def _cells(run: RunData) -> NDArray[np.int64]:
    return run.true * len(run.result["labels"]) + run.predicted


def _ranks(cells: NDArray[np.int64], keys: NDArray[np.float64]) -> NDArray[np.int64]:
    """Rank the rows of each cell from 0, by rising key; equal keys in their order."""
    order = np.lexsort((keys, cells))
    starts = np.flatnonzero(np.diff(cells[order], prepend=-1))
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order)) - np.repeat(starts, np.diff(starts, append=len(order)))
    return rank


def choose_thumbnails(run: RunData, at_most: int, a_cell: int) -> NDArray[np.int64]:
    """Choose the rows whose thumbnails go into the page, the most wanted first.

    First come the wrong ones that cells open (`a_cell` pictures each), then the right ones cell by cell in
    turn, then the other wrong ones, then an even sample of the other right ones.
    """
    rank = rank_in_cell(run)
    is_wrong = run.true != run.predicted
    opened = rank < a_cell
    kind = np.select([is_wrong & opened, opened, is_wrong], [0, 1, 2], default=3)
    seed = int(run.result["seed"])
    chance = np.random.default_rng(seed).permutation(len(rank))
    within = np.where(kind == 3, chance, rank)
    return np.lexsort((within, kind))[:at_most]
