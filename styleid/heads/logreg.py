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
    """`StandardScaler` and `LogisticRegression` in float64.

    Parameters
    ----------
    C : float
        Inverse strength of the L2 regularisation.
    max_iter : int
        Most steps of the solver.

    Attributes
    ----------
    model_ : Pipeline
        Fitted on all rows, with the codes 0 to n_classes - 1 as labels.
    n_iter_ : int
        Steps the solver took.
    """

    def __init__(self, *, C: float = 0.1, max_iter: int = 2000) -> None:
        self.C = C
        self.max_iter = max_iter

    def fit(self, X: Any, y: Any) -> LogRegHead:
        """Fit scaler and classifier.

        Parameters
        ----------
        X : array-like of shape (n, dim)
            Vectors.
        y : array-like of shape (n,)
            Labels, at least two different ones.

        Returns
        -------
        LogRegHead

        Raises
        ------
        InputError
            If there is one class only.
        """
        X, codes, _ = self._training_rows(X, y)
        classifier = LogisticRegression(C=self.C, max_iter=self.max_iter)
        self.model_ = make_pipeline(StandardScaler(), classifier).fit(X, codes)
        self.n_iter_ = int(self.model_[-1].n_iter_.max())
        return self

    def predict_proba(self, X: Any) -> NDArray[np.float64]:
        """Return one probability a label, in the order of ``classes_``; each row sums to 1.

        Parameters
        ----------
        X : array-like of shape (n, dim)
            Vectors.

        Returns
        -------
        ndarray of shape (n, n_classes), float64
        """
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
