"""The small network of the seed notebook, trained from scratch on grey pictures."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.validation import check_is_fitted

from styleid.data.augment import ACTORS, Augmentation
from styleid.errors import InputError
from styleid.evaluate.seeds import child_seed
from styleid.heads.mlp import probabilities

SIDE = 100
#: Pictures of a smaller side have nothing left after three convolutions and pools.
SMALLEST_SIDE = 22


class SmallCNN(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """Three convolutions of 3 x 3 (32, 64, 128; ReLU; each with a 2 x 2 max-pool) - Dropout - Dense.

    ``Conv2D(32, 3)`` - ``Conv2D(64, 3)`` - ``Conv2D(128, 3)`` (valid padding) - ``Dropout(0.5)`` -
    ``Flatten`` - ``Dense(250, relu)`` - one sigmoid unit (two classes) or one softmax unit a class, trained
    as Keras trains it: Glorot-uniform weights, Adam with epsilon 1e-7, cross-entropy, grey values divided
    by 255, each picture changed anew by `augmentation` whenever it is shown.

    Parameters
    ----------
    epochs : int
        Passes over the pictures, shuffled before each.
    batch_size : int
        Pictures in a step.
    learning_rate : float
        Of Adam.
    dropout : float
        Share of values left out between convolutions and dense layers while training.
    augmentation : Augmentation or None
        How pictures are changed while training.
    random_state : int
        Seed of the first weights and of each training.

    Attributes
    ----------
    classes_ : NDArray
        (k,) the labels, sorted.
    weights_ : tuple of NDArray of float32
        Every array of the network, in the order of its layers. Copy it out, or put it back in, to return to
        a state.
    losses_ : list of float
        Mean training loss of each epoch, of all trainings.
    n_trainings_ : int
        Trainings so far: each has a seed of its own.
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
        """Draw the first weights, without training.

        Parameters
        ----------
        X : NDArray of uint8
            (n, side, side) pictures, of which only the shape is used.
        classes : array_like
            (k,) all labels there will be, two or more.

        Returns
        -------
        SmallCNN

        Raises
        ------
        InputError
            If there is one class only, or the pictures are of the wrong shape or type.
        """
        from styleid.studies.small_cnn_training import initial_weights

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
        """Train from new weights.

        Parameters
        ----------
        X : NDArray of uint8
            (n, side, side) grey pictures.
        y : array_like
            (n,) labels.

        Returns
        -------
        SmallCNN
        """
        return self.prepare(X, y).fit_further(X, y)

    def fit_further(self, X: NDArray[np.uint8], y: ArrayLike) -> Self:
        """Go on training from the present weights, as in retraining from person to person.

        Parameters
        ----------
        X : NDArray of uint8
            (n, side, side) grey pictures.
        y : array_like
            (n,) labels, all among ``classes_``.

        Returns
        -------
        SmallCNN

        Raises
        ------
        InputError
            If a label is new, or the pictures are of the wrong shape or type.
        """
        from styleid.studies.small_cnn_training import Recipe, train

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
        """Return one score a label, in the order of ``classes_``; each row sums to 1.

        Parameters
        ----------
        X : NDArray of uint8
            (n, side, side) grey pictures.

        Returns
        -------
        NDArray of float64
            (n, k).
        """
        from styleid.studies.small_cnn_training import score

        check_is_fitted(self, "weights_")
        return probabilities(score(_pictures(X), self.weights_))

    def predict(self, X: NDArray[np.uint8]) -> NDArray[Any]:
        """Return the label with the highest score.

        Parameters
        ----------
        X : NDArray of uint8
            (n, side, side) grey pictures.

        Returns
        -------
        NDArray
            (n,) labels.
        """
        labels: NDArray[Any] = self.classes_[self.predict_proba(X).argmax(axis=1)]
        return labels


def _pictures(X: NDArray[np.uint8]) -> NDArray[np.uint8]:
    pictures = np.asarray(X)
    square = pictures.ndim == 3 and pictures.shape[1] == pictures.shape[2] >= SMALLEST_SIDE
    if pictures.dtype != np.uint8 or not square or not len(pictures):
        raise InputError(
            f"expected grey pictures as uint8 of shape (n, side, side), side at least {SMALLEST_SIDE}, found "
            f"{pictures.dtype} of shape {pictures.shape}; read them by styleid.studies.grey_pictures"
        )
    return pictures
