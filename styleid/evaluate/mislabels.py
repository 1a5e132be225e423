"""Rows whose label is doubtful, and rows that are like no other.

After confident learning (Northcutt, Jiang and Chuang 2021, *JAIR* 70): each label has a threshold of its
own, from the scores that its own rows get for it out of fold; a row above the threshold of another label,
and below what its own label's rows get, was likely meant for the other. Two things are stricter than there,
or every honest mistake of a middling head would be listed. The threshold is a quantile of the rows that the
head calls rightly, the higher the more often it errs; and the nearest neighbours are heard as well: head
and neighbours must name the same other label.
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
    scores: NDArray[np.float64],
    true: NDArray[np.int64],
    neighbours: NDArray[np.int64],
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """List rows whose label both the head and their neighbours contradict.

    Parameters
    ----------
    scores : NDArray of float64
        (n, k) out-of-fold scores, each row summing to 1.
    true : NDArray of int64
        (n,) the labels' columns.
    neighbours : NDArray of int64
        (n, NEIGHBOURS) as from `foreign_neighbours`; -1 where there is none.

    Returns
    -------
    rows : NDArray of int64
        (m,) the surest first.
    suggested : NDArray of int64
        (m,) column of the label that fits.
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
    """Return (k,) scores that a label must have to speak against another; inf if never called rightly."""
    right = best == true
    level = min(0.5, 2 * float(1 - right.mean()))
    of_label = [own[right & (true == column)] for column in range(k)]
    return np.array([np.quantile(scores, level) if len(scores) else np.inf for scores in of_label])


def foreign_neighbours(
    X: ArrayLike, groups: ArrayLike, n_neighbours: int = NEIGHBOURS
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Find each row's nearest rows outside of its own component.

    Parameters
    ----------
    X : array_like of float
        (n, dim) vectors; compared by angle.
    groups : array_like of int
        (n,) components.
    n_neighbours : int
        How many.

    Returns
    -------
    rows : NDArray of int64
        (n, n_neighbours) the nearest first; -1 where the component fills the neighbourhood.
    distance : NDArray of float64
        (n, n_neighbours) between vectors of length 1, in [0, 2]; inf where there is none.
    """
    unit, component = normalize(np.asarray(X, dtype=np.float64)), np.asarray(groups)
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
    """List rows that are far from all others.

    Parameters
    ----------
    distance : NDArray of float64
        (n, NEIGHBOURS) as from `foreign_neighbours`.

    Returns
    -------
    NDArray of int64
        (m,) the farthest first. Rows without neighbours are passed over.
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
