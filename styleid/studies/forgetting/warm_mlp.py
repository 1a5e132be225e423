"""The dense head on cached vectors, made to go on from its present weights."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from styleid.rules.formulas import dense_logits
from styleid.studies.learner import Learner


class WarmMLP(Learner):
    """Classify vectors by Dense(512, ReLU, L2 0.01) - Dropout(0.5) - Dense, trained further on demand.

    It trains as `styleid.heads.mlp.MLPHead` does, whose parameters it shares, but no validation part is split
    off, as the notebook split none off: the last epoch is used.
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

    def _rows(self, X: NDArray[Any]) -> NDArray[np.float64]:
        return np.asarray(X, dtype=np.float64)

    def _draw(self, rows: NDArray[Any], outputs: int, seed: int) -> None:
        from styleid.heads.mlp_network import initial_weights

        self.coefs_, self.intercepts_ = initial_weights((rows.shape[1], self.hidden_units, outputs), seed)

    def _train(self, rows: NDArray[Any], codes: NDArray[np.int64], seed: int) -> None:
        from styleid.heads.mlp_training import Recipe, train

        recipe, initial = Recipe(**self.recipe(), seed=seed), (self.coefs_, self.intercepts_)
        trained = train(rows, codes, len(self.classes_), None, recipe, initial=initial)
        self.coefs_, self.intercepts_ = trained.coefs, trained.intercepts

    def _logits(self, rows: NDArray[Any]) -> NDArray[np.float64]:
        return dense_logits(rows, self.coefs_, self.intercepts_)
