"""Heads whose classifier gives decision values, turned into scores that rank."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import softmax
from sklearn.base import BaseEstimator, ClassifierMixin

from styleid.heads.rows import RowClassifier


class DecisionClassifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """Base of classifiers that give decision values: predicts the label of the highest."""

    classes_: NDArray[Any]  # the labels, sorted; columns of the values

    def decision_function(self, X: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return one value a label, (n, n_classes), or for two labels (n,), above 0 for the second."""
        raise NotImplementedError

    def predict(self, X: NDArray[np.float64]) -> NDArray[Any]:
        """Return the label of the highest decision value."""
        values = self.decision_function(X)
        best = (values > 0).astype(int) if values.ndim == 1 else values.argmax(axis=1)
        labels: NDArray[Any] = self.classes_[best]
        return labels


class DecisionHead(RowClassifier):
    """Base of heads that score by softmax(decision values / temperature), which ranks and is no probability.

    A subclass gives the classifier, which knows the labels by their codes, 0 to n_classes - 1.
    """

    # A constant of the class, yet named as something learned: a head saved in a model by a former version
    # brings a temperature of its own under this name, and scores by that.
    temperature_ = 1.0

    def _classifier(self, X: NDArray[np.float64]) -> Any:
        raise NotImplementedError

    def fit(self, X: Any, y: Any) -> DecisionHead:
        """Fit the classifier, ``model_``."""
        X, codes, _ = self._training_rows(X, y)
        self.model_ = self._classifier(X).fit(X, codes)
        return self

    def predict_proba(self, X: Any) -> NDArray[np.float64]:
        """Return scores that rank, (n, n_classes), in the order of ``classes_``; rows sum to 1."""
        rows = self._rows(X)
        values = np.asarray(self.model_.decision_function(rows), dtype=np.float64)
        if values.ndim == 1:  # two classes, (n,) -> (n, 2)
            values = np.column_stack([-values, values])
        scores: NDArray[np.float64] = softmax(values / self.temperature_, axis=1)
        return scores
