"""The small network of the seed notebook, trained from scratch on grey pictures."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.validation import check_is_fitted

from styleid.data.views.augment import ACTORS, Augmentation
from styleid.errors import InputError
from styleid.evaluate.folds.seeds import child_seed
from styleid.heads.mlp import probabilities

SIDE = 100
#: Pictures of a smaller side have nothing left after three convolutions and pools.
SMALLEST_SIDE = 22


class SmallCNN(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """Classify grey pictures by the seed notebook's small network, trained as Keras trains it.

    Three times (``Conv2D`` 3 x 3 with valid padding, 32, 64 and 128 filters, ReLU, 2 x 2 max-pool), dropout,
    ``Dense(250, relu)``, then one sigmoid unit (two classes) or one softmax unit a class. Glorot-uniform
    weights, Adam with epsilon 1e-7, cross-entropy, grey values divided by 255; `augmentation` changes each
    picture anew whenever it is shown, and each training has a seed of its own.

    X is (n, side, side) uint8. ``weights_`` holds every array in the order of the layers: copy it out, or put
    it back in, to return to a state. ``losses_`` is the mean loss of each epoch, of all trainings.
    """

    def __init__(
        self,
        *,
        epochs: int = 60,
        batch_size: int = 32,
        learning_rate: float = 1e-3,
        dropout: float = 0.5,
        augmentation: Augmentation | None = ACTORS,
        random_state: int = 0,
    ) -> None:
        self.epochs = epochs
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.dropout = dropout
        self.augmentation = augmentation
        self.random_state = random_state

    def prepare(self, X: NDArray[np.uint8], classes: ArrayLike) -> Self:
        """Draw the first weights, without training; of X only the shape counts, `classes` are all labels."""
        from styleid.studies.small_cnn.training import initial_weights

        pictures = _pictures(X)
        self.classes_ = np.unique(np.asarray(classes))
        if len(self.classes_) < 2:
            raise InputError(
                f"expected at least 2 classes, found {len(self.classes_)}; add pictures of another label"
            )
        outputs = 1 if len(self.classes_) == 2 else len(self.classes_)
        self.weights_ = initial_weights(pictures.shape[1], outputs, child_seed(self.random_state, 0))
        self.losses_: list[float] = []
        self.n_trainings_ = 0
        return self

    def fit(self, X: NDArray[np.uint8], y: ArrayLike) -> Self:
        """Train from new weights."""
        return self.prepare(X, y).fit_further(X, y)

    def fit_further(self, X: NDArray[np.uint8], y: ArrayLike) -> Self:
        """Go on training from the present weights, as in retraining from person to person.

        A label that is not among ``classes_`` raises InputError.
        """
        from styleid.studies.small_cnn.training import Recipe, train

        check_is_fitted(self, "weights_")
        pictures, labels = _pictures(X), np.asarray(y)
        unknown = sorted({str(label) for label in np.setdiff1d(labels, self.classes_)})
        if unknown or len(labels) != len(pictures):
            raise InputError(
                f"expected {len(pictures)} labels that the network knows, found {len(labels)}, unknown: "
                f"{', '.join(unknown) or 'none'}; give all labels at the first training",
                unknown=tuple(unknown),
            )
        recipe = Recipe(
            self.epochs,
            self.batch_size,
            self.learning_rate,
            self.dropout,
            self.augmentation,
            child_seed(self.random_state, 1, self.n_trainings_),
        )
        codes = np.searchsorted(self.classes_, labels).astype(np.int64)
        self.weights_, losses = train(pictures, codes, self.weights_, recipe)
        self.losses_ = [*self.losses_, *losses]
        self.n_trainings_ += 1
        return self

    def predict_proba(self, X: NDArray[np.uint8]) -> NDArray[np.float64]:
        """Return one score a label, in the order of ``classes_``; each row sums to 1."""
        from styleid.studies.small_cnn.training import score

        check_is_fitted(self, "weights_")
        return probabilities(score(_pictures(X), self.weights_))

    def predict(self, X: NDArray[np.uint8]) -> NDArray[Any]:
        """Return the label with the highest score."""
        labels: NDArray[Any] = self.classes_[self.predict_proba(X).argmax(axis=1)]
        return labels


def _pictures(X: NDArray[np.uint8]) -> NDArray[np.uint8]:
    pictures = np.asarray(X)
    square = pictures.ndim == 3 and pictures.shape[1] == pictures.shape[2] >= SMALLEST_SIDE
    if pictures.dtype != np.uint8 or not square or not len(pictures):
        raise InputError(
            f"expected grey pictures as uint8 of shape (n, side, side), side at least {SMALLEST_SIDE}, found "
            f"{pictures.dtype} of shape {pictures.shape}; read them by styleid.studies.small_cnn.pictures"
        )
    return pictures
