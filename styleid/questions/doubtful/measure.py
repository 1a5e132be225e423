"""Rows whose label is doubtful, and rows that are like no other.

After confident learning (Northcutt, Jiang and Chuang 2021, *JAIR* 70): each label has a threshold from its
own rows' out-of-fold scores; a row above another label's threshold, and below the mean of its own label's
rows, was likely meant for the other. Two things are stricter here, or every honest mistake of a middling
head would be listed: the threshold is a quantile over correctly classified rows, higher the more the head
errs, and the nearest neighbours must name the same other label as the head.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.neighbors import NearestNeighbors
from sklearn.preprocessing import normalize

#: Neighbours heard, and how many of them must name the other label while none names its own.
NEIGHBOURS = 5
AGREEING = 4
#: Robust standard deviations above the median that make an outlier, of the logarithm of the distance.
FAR = 4.5

_MAD = 1.4826  # of a normal distribution: standard deviation over median absolute deviation
_ROOM = 40  # neighbours fetched, of which those of the own component are passed over


def likely_mislabels(
    scores: NDArray[np.float64], true: NDArray[np.int64], neighbours: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """List rows whose label both the head and their neighbours contradict, the surest first.

    Returns (m,) rows and (m,) columns of the labels that fit. `scores` are (n, k), out of fold, rows summing
    to 1; `neighbours` are (n, NEIGHBOURS) from `foreign_neighbours`.
    """
    n, k = scores.shape
    own = scores[np.arange(n), true]
    best = scores.argmax(axis=1)
    mean = np.bincount(true, weights=own, minlength=k) / np.maximum(np.bincount(true, minlength=k), 1)
    threshold = _thresholds(own, true, best, k)
    sure = scores[np.arange(n), best] >= threshold[best]
    contradicted = (best != true) & sure & (own < mean[true])
    there = neighbours >= 0
    said = np.where(there, true[np.maximum(neighbours, 0)], -1)  # (n, NEIGHBOURS)
    agreeing = (said == best[:, None]).sum(axis=1) >= AGREEING
    alone = ~(said == true[:, None]).any(axis=1)
    rows = np.flatnonzero(contradicted & agreeing & alone)
    margin = scores[rows, best[rows]] - own[rows]
    order = np.argsort(-margin, kind="stable")
    return rows[order], best[rows][order].astype(np.int64)


def _thresholds(
    own: NDArray[np.float64], true: NDArray[np.int64], best: NDArray[np.int64], k: int
) -> NDArray[np.float64]:
    """Return (k,) scores needed to contradict a label; inf for a label that is never predicted rightly."""
    right = best == true
    level = min(0.5, 2 * float(1 - right.mean()))
    of_label = [own[right & (true == column)] for column in range(k)]
    return np.array([np.quantile(scores, level) if len(scores) else np.inf for scores in of_label])


def foreign_neighbours(
    X: ArrayLike, components: ArrayLike, n_neighbours: int = NEIGHBOURS
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return (n, n_neighbours) rows and distances of each row's nearest rows outside its own component.

    The nearest come first. Distances are between vectors of length 1, in [0, 2]. If the component fills the
    neighbourhood, the row is -1 and the distance inf.
    """
    unit, component = normalize(np.asarray(X, dtype=np.float64)), np.asarray(components)
    n = len(unit)
    finder = NearestNeighbors(n_neighbors=min(n, n_neighbours + _ROOM), algorithm="brute").fit(unit)
    far, found = finder.kneighbors(unit)
    foreign = component[found] != component[:, None]
    order = np.argsort(~foreign, axis=1, kind="stable")[:, :n_neighbours]  # foreign first, nearest first
    rows = np.full((n, n_neighbours), -1, dtype=np.int64)
    distance = np.full((n, n_neighbours), np.inf)
    is_foreign = np.take_along_axis(foreign, order, axis=1)
    width = order.shape[1]
    rows[:, :width] = np.where(is_foreign, np.take_along_axis(found, order, axis=1), -1)
    distance[:, :width] = np.where(is_foreign, np.take_along_axis(far, order, axis=1), np.inf)
    return rows, distance


def outliers(distance: NDArray[np.float64]) -> NDArray[np.int64]:
    """List rows that are far from all others, the farthest first; rows without all neighbours are skipped.

    `distance` is (n, NEIGHBOURS) from `foreign_neighbours`.
    """
    known = np.isfinite(distance).all(axis=1)
    if not known.any():
        return np.empty(0, dtype=np.int64)
    size = np.log(np.maximum(distance[known].mean(axis=1), 1e-6))
    middle = np.median(size)
    spread = _MAD * np.median(np.abs(size - middle))
    if spread < 1e-9:
        return np.empty(0, dtype=np.int64)
    z = np.full(len(distance), -np.inf)
    z[known] = (size - middle) / spread
    rows = np.flatnonzero(z > FAR)
    return rows[np.argsort(-z[rows], kind="stable")]
