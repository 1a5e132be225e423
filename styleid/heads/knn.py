"""Votes of the nearest pictures by cosine."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.preprocessing import StandardScaler

from styleid.errors import InputError
from styleid.heads.base import Head
from styleid.heads.rows import RowClassifier
from styleid.rules.formulas import unit_rows, vote_shares


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
        return vote_shares(unit, self.rows_, self.codes_, self.n_neighbors, self.weights)

    def _unit(self, X: NDArray[np.float64]) -> NDArray[np.float64]:
        return unit_rows(X if self.scaler_ is None else self.scaler_.transform(X))


HEAD = Head(
    name="knn",
    summary="votes of the nearest pictures by cosine",
    build=lambda seed: KNNHead(),
    grid={"standardize": [False, True], "n_neighbors": [15, 5, 1], "weights": ["distance", "uniform"]},
    remembers=True,
    complexity=4,
)
