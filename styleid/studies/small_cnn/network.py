"""The small network of the seed notebook, trained from scratch on grey pictures."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from styleid.data.views.augment import ACTORS, Augmentation
from styleid.errors import InputError
from styleid.studies.learner import Learner

#: Pictures of a smaller side have nothing left after three convolutions and pools.
SMALLEST_SIDE = 22
EPOCHS = 60


class SmallCNN(Learner):
    """Classify grey pictures by the seed notebook's small network, trained as Keras trains it.

    Three times (``Conv2D`` 3 x 3 with valid padding, 32, 64 and 128 filters, ReLU, 2 x 2 max-pool), dropout,
    ``Dense(250, relu)``, then one sigmoid unit (two classes) or one softmax unit a class. Glorot-uniform
    weights, Adam with epsilon 1e-7, cross-entropy, grey values divided by 255; `augmentation` changes each
    picture anew whenever it is shown.

    X is (n, side, side) uint8. ``weights_`` holds every array in the order of the layers: copy it out, or put
    it back in, to return to a state. ``losses_`` is the mean loss of each epoch, of all trainings.
    """

    def __init__(
        self,
        *,
        epochs: int = EPOCHS,
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

    def _rows(self, X: NDArray[np.uint8]) -> NDArray[np.uint8]:
        pictures = np.asarray(X)
        square = pictures.ndim == 3 and pictures.shape[1] == pictures.shape[2] >= SMALLEST_SIDE
        if pictures.dtype != np.uint8 or not square or not len(pictures):
            raise InputError(
                f"expected grey pictures as uint8 of shape (n, side, side), side at least {SMALLEST_SIDE}, "
                f"found {pictures.dtype} of shape {pictures.shape}; read them by "
                "styleid.studies.pictures"
            )
        return pictures

    def _draw(self, rows: NDArray[np.uint8], outputs: int, seed: int) -> None:
        from styleid.studies.small_cnn.training import initial_weights

        self.weights_ = initial_weights(rows.shape[1], outputs, seed)
        self.losses_: list[float] = []

    def _train(self, rows: NDArray[np.uint8], codes: NDArray[np.int64], seed: int) -> None:
        from styleid.studies.small_cnn.training import Recipe, train

        self.weights_, losses = train(rows, codes, self.weights_, Recipe(**self.recipe(), seed=seed))
        self.losses_ = [*self.losses_, *losses]

    def _logits(self, rows: NDArray[np.uint8]) -> NDArray[np.float64]:
        from styleid.studies.small_cnn.training import score

        return score(rows, self.weights_)
