"""One training of the project, end to end: pixels in, scores of the test part out."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from styleid.backbones.base import Preset, Tensors
from styleid.backbones.resnet import WIDTHS
from styleid.data.views.augment import ARTIST, Augmentation
from styleid.evaluate.folds.seeds import child_seed
from styleid.evaluate.folds.table import Fold

if TYPE_CHECKING:
    import torch

HIDDEN_UNITS, LEARNING_RATE, BATCH_SIZE = 512, 1e-3, 32
#: What the refinement of the project added.
L2, DROPOUT = 0.01, 0.5


@dataclass(frozen=True)
class Step:
    """How the project trained at one point of its story."""

    name: str
    words: str
    version: str
    trainable: bool = False  # the backbone learns along
    refined: bool = False  # L2, dropout, augmentation on the fly, best epoch by validation accuracy
    normalise: bool = False  # pixels get the mean and standard deviation of the weights

    @property
    def augmentation(self) -> Augmentation | None:
        """What each picture goes through before each use, if anything."""
        return ARTIST if self.refined else None


@dataclass(frozen=True, eq=False)
class Trained:
    """Result of one training."""

    scores: NDArray[np.float64]  # (t,) of the target, in the order of the fold's test part
    curve: dict[str, Any]  # ``loss``, ``accuracy``, ``val_loss``, ``val_accuracy`` by epoch; ``best_epoch``
    cpu_seconds: float  # processor time without loading the network; a busy machine does not change it
    network: torch.nn.Module


def train_step(
    step: Step,
    pixels: NDArray[np.uint8],
    codes: NDArray[np.int64],
    fold: Fold,
    tensors: Tensors,
    preset: Preset,
    epochs: int,
    seed: int,
) -> Trained:
    """Train as the project did at one step, and score the test part.

    `codes` are 1 for the target and 0 for the others; the fold must have a validation part.
    """
    from threadpoolctl import threadpool_limits

    from styleid.heads.mlp import dense_logits
    from styleid.heads.mlp_training import Part, Recipe, one_thread, train_from
    from styleid.studies.artist.network import as_input, build_network, frozen_vectors, in_mode

    validated = fold.validation
    assert validated is not None
    with one_thread(), threadpool_limits(1):
        network = build_network(tensors)
        chance = np.random.default_rng(child_seed(seed, 1))

        def still(rows: NDArray[np.int64]) -> torch.Tensor:
            return frozen_vectors(network, pixels[rows], preset, step.normalise)

        def learned(batch: torch.Tensor) -> torch.Tensor:
            drawn = pixels[fold.train[batch.numpy()]]
            if step.augmentation is not None:
                drawn = np.stack([step.augmentation.apply(picture, chance) for picture in drawn])
            if not step.trainable:
                return frozen_vectors(network, drawn, preset, step.normalise)
            with in_mode(network, train=True):
                vectors: torch.Tensor = network(as_input(drawn, preset, step.normalise))
            return vectors

        def held(batch: torch.Tensor) -> torch.Tensor:
            return still(validated[batch.numpy()])

        began = time.process_time()
        part, validation = Part(learned, codes[fold.train]), Part(held, codes[validated])
        if not step.trainable:  # what does not change is computed once
            validation = Part(still(validated).__getitem__, validation.codes)
            if step.augmentation is None:
                part = Part(still(fold.train).__getitem__, part.codes)
        trained = train_from(
            part,
            WIDTHS[-1],
            2,
            validation,
            Recipe(
                hidden_units=HIDDEN_UNITS,
                l2=L2 if step.refined else 0.0,
                dropout=DROPOUT if step.refined else 0.0,
                learning_rate=LEARNING_RATE,
                batch_size=BATCH_SIZE,
                epochs=epochs,
                seed=child_seed(seed, 0),
                keep_best=step.refined,
            ),
            trained_along=list(network.parameters()) if step.trainable else (),
        )
        vectors = still(fold.test).numpy().astype(np.float64)
        scores = expit(dense_logits(vectors, trained.coefs, trained.intercepts))[:, 0]
    curve = {**trained.history, "best_epoch": trained.best_epoch}
    return Trained(scores, curve, time.process_time() - began, network)
