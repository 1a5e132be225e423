"""The dense head of the seed project: one hidden layer, trained by epochs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.preprocessing import StandardScaler
from sklearn.utils import check_random_state
from sklearn.utils.validation import validate_data

from styleid.errors import InputError
from styleid.heads.base import Head
from styleid.heads.lda import whitening, within_labels
from styleid.heads.rows import RowClassifier
from styleid.heads.validation_part import validation_part
from styleid.rules.formulas import dense_logits, probabilities


class MLPHead(RowClassifier):
    """Dense(512, ReLU) - Dropout(0.5) - Dense: trained in torch, scored in numpy.

    What is trained is what Keras trains for ``Dense(512, activation="relu", kernel_regularizer=l2(0.01))``,
    ``Dropout(0.5)`` and an output layer of one sigmoid unit (two classes, binary cross-entropy) or one
    softmax unit a class (more, categorical cross-entropy), with Adam (0.9, 0.999, epsilon 1e-7). The first
    epoch with the highest validation accuracy is used, or the last one where no rows can be split off.

    ``history_`` has one value an epoch. ``loss`` and ``accuracy`` are those Keras prints: means over the rows
    of what each batch had *in training*, so with dropout and before its step; ``val_loss`` and
    ``val_accuracy`` are measured after the epoch without dropout. Both losses hold the L2 term.
    ``best_epoch_`` counts from 1.
    """

    def __init__(
        self,
        *,
        hidden_units: int = 512,
        l2: float = 0.01,  # the loss of a batch has l2 * sum(W ** 2) of the hidden layer added
        dropout: float = 0.5,
        learning_rate: float = 1e-3,
        batch_size: int = 32,
        epochs: int = 20,
        standardize: bool = False,  # centre and scale columns first, by the rows trained on
        whiten: float = 0.0,  # standardise, then whiten by the covariance within labels shrunk so far; 0: not
        validation_fraction: float = 0.2,  # of the rows, split off where `fit` is given none; 0 to 0.5
        random_state: Any = None,
    ) -> None:
        self.hidden_units = hidden_units
        self.l2 = l2
        self.dropout = dropout
        self.learning_rate = learning_rate
        self.batch_size = batch_size
        self.epochs = epochs
        self.standardize = standardize
        self.whiten = whiten
        self.validation_fraction = validation_fraction
        self.random_state = random_state

    def fit(self, X: Any, y: Any, groups: Any = None, validation: tuple[Any, Any] | None = None) -> MLPHead:
        """Train, and choose the epoch by `validation` (X, y), or by whole groups that are split off.

        An `InputError` refuses validation labels that training lacks, and weights that grow beyond float32.
        """
        from styleid.heads.mlp_training import Recipe, train  # torch: only where something is trained

        self._check_parameters()
        X, codes, groups = self._training_rows(X, y, groups)
        chance = check_random_state(self.random_state)
        split_seed, seed = chance.randint(2**31, size=2)
        held = None if validation is None else self._given(*validation)
        if held is None and self.validation_fraction:
            part = validation_part(codes, groups, self.validation_fraction, int(split_seed))
            if part is not None:
                fit_rows, held_rows = part
                held = X[held_rows], codes[held_rows]
                X, codes = X[fit_rows], codes[fit_rows]
        self.validated_ = held is not None
        self.scaler_ = StandardScaler().fit(X) if self.standardize or self.whiten else None
        rows, white = self._scaled(X), None
        if self.whiten:
            white = whitening(within_labels(rows, codes, self.whiten)[1])
            white /= (rows @ white).std() or 1.0  # such numbers as standardised columns have
            rows = rows @ white
        if held is not None:
            scaled = self._scaled(held[0])
            held = (scaled if white is None else scaled @ white), held[1]
        trained = train(
            rows,
            codes,
            len(self.classes_),
            held,
            Recipe(
                hidden_units=self.hidden_units,
                l2=self.l2,
                dropout=self.dropout,
                learning_rate=self.learning_rate,
                batch_size=self.batch_size,
                epochs=self.epochs,
                seed=int(seed),
            ),
        )
        if not all(np.isfinite(weight).all() for weight in (*trained.coefs, *trained.intercepts)):
            largest = float(np.abs(X).max())
            raise InputError(
                f"training the mlp head gave numbers that are not finite (inputs up to {largest:.3g}, "
                f"learning_rate {self.learning_rate}): set standardize=True or lower the rate",
                largest=largest,
            )
        self.coefs_, self.intercepts_ = trained.coefs, trained.intercepts
        if white is not None:  # the hidden layer takes standardised rows, so that a model need not whiten
            self.coefs_ = ((white @ trained.coefs[0]).astype(np.float32), trained.coefs[1])
        self.history_, self.best_epoch_ = trained.history, trained.best_epoch
        return self

    def predict_proba(self, X: Any) -> NDArray[np.float64]:
        """Return one score a label, (n, n_classes), in the order of ``classes_``; rows sum to 1."""
        return probabilities(dense_logits(self._scaled(self._rows(X)), self.coefs_, self.intercepts_))

    def _scaled(self, X: NDArray[np.float64]) -> NDArray[np.float64]:
        return X if self.scaler_ is None else self.scaler_.transform(X)

    def _given(self, X: Any, y: Any) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        rows, labels = validate_data(self, X, y, dtype=np.float64, reset=False)
        unknown = sorted({str(label) for label in np.unique(labels[~np.isin(labels, self.classes_)])})
        if unknown:
            raise InputError(
                f"the validation part has labels that training lacks: {', '.join(unknown)}; "
                "add rows of them to training or leave them out",
                unknown=tuple(unknown),
            )
        return rows, np.searchsorted(self.classes_, labels).astype(np.int64)

    def _check_parameters(self) -> None:
        ranges = {
            "hidden_units": (self.hidden_units >= 1, "1 or more"),
            "l2": (self.l2 >= 0, "0 or more"),
            "dropout": (0 <= self.dropout < 1, "at least 0 and less than 1"),
            "learning_rate": (self.learning_rate > 0, "more than 0"),
            "batch_size": (self.batch_size >= 1, "1 or more"),
            "epochs": (self.epochs >= 1, "1 or more"),
            "whiten": (0 <= self.whiten <= 1, "at least 0 and at most 1"),
            "validation_fraction": (0 <= self.validation_fraction <= 0.5, "at least 0 and at most 0.5"),
        }
        for name, (fits, expected) in ranges.items():
            if not fits:
                value = getattr(self, name)
                raise InputError(
                    f"{name} of the mlp head must be {expected}, not {value!r}", name=name, value=value
                )


#: What the seed project's head was searched by, before whitening and learning from all rows.
SEED_GRID: Mapping[str, Sequence[object]] = {"standardize": [False, True], "l2": [0.01, 0.001]}

HEAD = Head(
    name="mlp",
    summary="one hidden layer of 512, dropout, trained by epochs",
    build=lambda seed: MLPHead(random_state=seed),
    grid={"whiten": [0.4, 0.1], "validation_fraction": [0.0]},
    takes_groups=True,
    takes_validation=True,
    complexity=6,
)
