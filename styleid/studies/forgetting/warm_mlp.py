"""The dense head on cached vectors, made to go on from its present weights."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.validation import check_is_fitted

from styleid.evaluate.folds.seeds import child_seed
from styleid.heads.mlp import dense_logits, probabilities


class WarmMLP(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """Classify vectors by Dense(512, ReLU, L2 0.01) - Dropout(0.5) - Dense, trained further on demand.

    It trains as `styleid.heads.mlp.MLPHead` does, whose parameters it shares, but no validation part is split
    off, as the notebook split none off: the last epoch is used. Each training has a seed of its own.
    """

    def __init__(
        self,
        *,
        hidden_units: int = 512,
        l2: float = 0.01,
        dropout: float = 0.5,
        learning_rate: float = 1e-3,
        batch_size: int = 32,
        epochs: int = 20,
        random_state: int = 0,
    ) -> None:
        self.hidden_units = hidden_units
        self.l2 = l2
        self.dropout = dropout
        self.learning_rate = learning_rate
        self.batch_size = batch_size
        self.epochs = epochs
        self.random_state = random_state

    def prepare(self, X: NDArray[Any], classes: ArrayLike) -> Self:
        """Draw the first weights, without training; of X only the shape counts, `classes` are all labels."""
        from styleid.heads.mlp_network import initial_weights

        self.classes_ = np.unique(np.asarray(classes))
        outputs = 1 if len(self.classes_) == 2 else len(self.classes_)
        sizes = (X.shape[1], self.hidden_units, outputs)
        self.coefs_, self.intercepts_ = initial_weights(sizes, child_seed(self.random_state, 0))
        self.n_trainings_ = 0
        return self

    def fit(self, X: NDArray[Any], y: ArrayLike) -> Self:
        """Train from new weights."""
        return self.prepare(X, y).fit_further(X, y)

    def fit_further(self, X: NDArray[Any], y: ArrayLike) -> Self:
        """Go on training from the present weights; all labels must be among ``classes_``."""
        from styleid.heads.mlp_training import Recipe, train

        check_is_fitted(self, "coefs_")
        recipe = Recipe(
            self.hidden_units,
            self.l2,
            self.dropout,
            self.learning_rate,
            self.batch_size,
            self.epochs,
            child_seed(self.random_state, 1, self.n_trainings_),
        )
        codes = np.searchsorted(self.classes_, np.asarray(y)).astype(np.int64)
        rows = np.asarray(X, dtype=np.float64)
        trained = train(
            rows, codes, len(self.classes_), None, recipe, initial=(self.coefs_, self.intercepts_)
        )
        self.coefs_, self.intercepts_ = trained.coefs, trained.intercepts
        self.n_trainings_ += 1
        return self

    def predict_proba(self, X: NDArray[Any]) -> NDArray[np.float64]:
        """Return one score a label, in the order of ``classes_``; each row sums to 1."""
        check_is_fitted(self, "coefs_")
        return probabilities(dense_logits(np.asarray(X, dtype=np.float64), self.coefs_, self.intercepts_))

    def predict(self, X: NDArray[Any]) -> NDArray[Any]:
        """Return the label with the highest score."""
        labels: NDArray[Any] = self.classes_[self.predict_proba(X).argmax(axis=1)]
        return labels
