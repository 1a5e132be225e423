"""Votes of the nearest pictures by cosine."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.preprocessing import StandardScaler, normalize
from sklearn.utils import gen_batches

from styleid.errors import InputError
from styleid.heads.base import Head
from styleid.heads.rows import RowClassifier

#: Distances below are taken as this one (an angle of 0.06 degrees). The rounding of a dot product
#: puts a copy of a picture anywhere within 3e-8, and 1 / distance would follow that noise.
NEAREST = 1e-3
#: Rows scored at once, which bounds the memory.
BATCH = 1024


class KNNHead(RowClassifier):
    """Votes of the nearest neighbours among vectors of length one, and one vote shared out.

    Shares of k votes take few values and many are exactly 0, so that they rank badly. So one more vote is
    shared among all classes in proportion to 1 / distance of each class's nearest row. With uniform weights
    that vote settles ties and changes nothing else; with "distance" the k votes count by 1 / distance and sum
    to k. Vectors of zeros stay zeros, at a right angle to all.
    """

    def __init__(self, *, n_neighbors: int = 5, weights: str = "distance", standardize: bool = False) -> None:
        self.n_neighbors = n_neighbors
        self.weights = weights
        self.standardize = standardize

    def fit(self, X: Any, y: Any) -> KNNHead:
        """Keep the rows, divided by their lengths (after ``standardize``, if wished)."""
        if self.weights not in ("uniform", "distance"):
            raise InputError(
                f"weights must be 'uniform' or 'distance', not {self.weights!r}", weights=self.weights
            )
        if self.n_neighbors < 1:
            raise InputError(
                f"n_neighbors must be 1 or more, not {self.n_neighbors}", n_neighbors=self.n_neighbors
            )
        X, self.codes_, _ = self._training_rows(X, y)
        self.scaler_ = StandardScaler().fit(X) if self.standardize else None
        self.rows_ = self._unit(X)
        return self

    def predict_proba(self, X: Any) -> NDArray[np.float64]:
        """Return each label's share of votes, (n, n_classes), in the order of ``classes_``; rows sum to 1."""
        unit = self._unit(self._rows(X))
        return np.concatenate([self._shares(unit[part]) for part in gen_batches(len(unit), BATCH)])

    def _unit(self, X: NDArray[np.float64]) -> NDArray[np.float64]:
        unit: NDArray[np.float64] = normalize(X if self.scaler_ is None else self.scaler_.transform(X))
        return unit

    def _shares(self, unit: NDArray[np.float64]) -> NDArray[np.float64]:
        closeness = _closeness(unit @ self.rows_.T)  # (b, n_train)
        k = min(self.n_neighbors, len(self.rows_))
        nearest = _nearest(closeness.round(9), k)  # (b, k)
        weight = (
            np.take_along_axis(closeness, nearest, axis=1)
            if self.weights == "distance"
            else np.ones(nearest.shape)
        )
        weight *= k / weight.sum(axis=1, keepdims=True)
        shares = np.empty((len(unit), len(self.classes_)))
        best = np.empty_like(shares)
        for code in range(len(self.classes_)):
            shares[:, code] = (weight * (self.codes_[nearest] == code)).sum(axis=1)
            best[:, code] = closeness[:, self.codes_ == code].max(axis=1)
        scores: NDArray[np.float64] = (shares + best / best.sum(axis=1, keepdims=True)) / (k + 1)
        return scores


def _closeness(cosines: NDArray[np.float64]) -> NDArray[np.float64]:
    """Turn cosines into 1 / distance, in place: fresh arrays of this size cost more than the arithmetic."""
    cosines *= -2.0
    cosines += 2.0
    np.maximum(cosines, 0.0, out=cosines)
    np.sqrt(cosines, out=cosines)
    np.maximum(cosines, NEAREST, out=cosines)
    return np.divide(1.0, cosines, out=cosines)


def _nearest(closeness: NDArray[np.float64], k: int) -> NDArray[np.int64]:
    """Return each row's k closest columns, the closest first, as a stable sort of all (slower) would."""
    n = closeness.shape[1]
    last = np.partition(closeness, n - k, axis=1)[:, [n - k]]  # (b, 1): the k-th highest
    beyond, level = closeness > last, closeness == last
    # Of those level with the k-th, as many as there is room for.
    room = k - beyond.sum(axis=1, keepdims=True)
    for row in np.flatnonzero(level.sum(axis=1) > room[:, 0]):
        level[row, np.flatnonzero(level[row])[room[row, 0] :]] = False
    columns = np.nonzero(beyond | level)[1].reshape(-1, k)  # ascending in each row
    order = np.argsort(-np.take_along_axis(closeness, columns, axis=1), axis=1, kind="stable")
    nearest: NDArray[np.int64] = np.take_along_axis(columns, order, axis=1)
    return nearest


HEAD = Head(
    name="knn",
    summary="votes of the nearest pictures by cosine",
    build=lambda seed: KNNHead(),
    grid={"standardize": [False, True], "n_neighbors": [15, 5, 1], "weights": ["distance", "uniform"]},
    complexity=4,
)
