"""Logistic regression on standardised columns."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from styleid.heads.base import Head
from styleid.heads.rows import RowClassifier


class LogRegHead(RowClassifier):
    """`StandardScaler` and `LogisticRegression` in float64; ``model_`` knows the labels by their codes."""

    def __init__(self, *, C: float = 0.1, max_iter: int = 2000) -> None:
        self.C = C
        self.max_iter = max_iter

    def fit(self, X: Any, y: Any) -> LogRegHead:
        """Fit scaler and classifier; ``n_iter_`` is the number of steps the solver took."""
        X, codes, _ = self._training_rows(X, y)
        classifier = LogisticRegression(C=self.C, max_iter=self.max_iter)
        self.model_ = make_pipeline(StandardScaler(), classifier).fit(X, codes)
        self.n_iter_ = int(self.model_[-1].n_iter_.max())
        return self

    def predict_proba(self, X: Any) -> NDArray[np.float64]:
        """Return one probability a label, (n, n_classes), in the order of ``classes_``; rows sum to 1."""
        rows = self._rows(X)
        scores: NDArray[np.float64] = self.model_.predict_proba(rows)
        return scores


HEAD = Head(
    name="logreg",
    summary="logistic regression on standardised columns",
    build=lambda seed: LogRegHead(),
    grid={"C": [0.001, 0.01, 0.1, 1.0]},
    complexity=3,
)
