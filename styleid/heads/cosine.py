"""Nearest class mean by cosine where pictures of one label differ alike in every direction."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from styleid.heads.base import Head
from styleid.heads.lda import whitening, within_labels
from styleid.heads.rows import DecisionClassifier, DecisionHead
from styleid.rules.formulas import cosine_values, unit_rows


class WhiteCosine(DecisionClassifier):
    """Cosine to each label's mean, rows and means whitened by the shrunk covariance within labels."""

    def __init__(self, shrinkage: float = 0.2) -> None:
        self.shrinkage = shrinkage

    def fit(self, X: NDArray[np.float64], y: NDArray[Any]) -> WhiteCosine:
        """Learn ``whitening_`` (dim, dim) and ``directions_`` (k, dim), the whitened means at length one."""
        self.classes_, codes = np.unique(y, return_inverse=True)
        means, covariance = within_labels(X, codes, self.shrinkage)
        # In float32: all but the whole of a model's file.
        self.whitening_ = np.ascontiguousarray(whitening(covariance), dtype=np.float32)
        self.directions_ = unit_rows(means @ self.whitening_.astype(np.float64))
        return self

    def decision_function(self, X: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the values of `cosine_values`, (n, n_classes), or (n,) for two classes."""
        return cosine_values(X, self.whitening_, self.directions_)


class CosineHead(DecisionHead):
    """`StandardScaler` and `WhiteCosine`.

    Where the discriminants of `LDAHead` compare distances, which grow with how far out a picture lies, this
    compares directions alone: no label is favoured for its many pictures, nor for a mean near the middle.
    """

    # Cosines of pictures differ by some tenths at most.
    temperature_ = 0.05

    def __init__(self, *, shrinkage: float = 0.2) -> None:
        self.shrinkage = shrinkage

    def _classifier(self, X: NDArray[np.float64]) -> Any:
        return make_pipeline(StandardScaler(), WhiteCosine(self.shrinkage))


HEAD = Head(
    name="cosine",
    summary="nearest class mean by cosine, whitened within labels; for labels of uneven size",
    build=lambda seed: CosineHead(),
    grid={"shrinkage": [0.6, 0.4, 0.2, 0.1]},
    complexity=3,
)
