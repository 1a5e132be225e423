"""One training of the project, end to end: pixels in, scores of the test part out.

ResNet-18 has its batch normalisation alive here, which a network that is to be trained needs;
`styleid.backbones.resnet` folds it away.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from styleid.backbones.base import Preset, Tensors
from styleid.backbones.resnet import UNUSED, WIDTHS
from styleid.data.views.augment import ARTIST
from styleid.evaluate.seeds import child_seed
from styleid.evaluate.table import Fold

if TYPE_CHECKING:
    import torch

#: Keras's BatchNormalization keeps 0.99 of its running statistics a step; torch names what it takes in.
BATCH_NORM_MOMENTUM = 0.01
#: Pictures that go through a network at once where nothing is learned.
SCORED_AT_ONCE = 64

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


@dataclass(frozen=True, eq=False)
class Trained:
    """Result of one training."""

    scores: NDArray[np.float64]  # (t,) of the target, in the order of the fold's test part
    curve: dict[str, Any]  # ``loss``, ``accuracy``, ``val_loss``, ``val_accuracy`` by epoch; ``best_epoch``
    cpu_seconds: float  # processor time without loading the network; a busy machine does not change it


@dataclass(frozen=True, eq=False)
class Material:
    """What all trainings share."""

    pixels: NDArray[np.uint8]  # (n, side, side, 3)
    codes: NDArray[np.int64]  # (n,), 1 for the target and 0 for the others
    tensors: Tensors  # of the pretrained network that each begins with
    preset: Preset
    epochs: int
    seed: int


def train_step(step: Step, fold: Fold, material: Material) -> Trained:
    """Train as the project did at one step, and score the test part; the fold must have a validation part."""
    from threadpoolctl import threadpool_limits

    from styleid.heads.mlp_training import Part, Recipe, one_thread, train_from
    from styleid.rules.formulas import dense_logits

    pixels, codes, preset, validated = material.pixels, material.codes, material.preset, fold.validation
    assert validated is not None
    with one_thread(), threadpool_limits(1):
        network = build_network(material.tensors)
        chance = np.random.default_rng(child_seed(material.seed, 1))

        def still(rows: NDArray[np.int64]) -> torch.Tensor:
            return frozen_vectors(network, pixels[rows], preset, step.normalise)

        def learned(batch: torch.Tensor) -> torch.Tensor:
            drawn = pixels[fold.train[batch.numpy()]]
            if step.refined:
                drawn = np.stack([ARTIST.apply(picture, chance) for picture in drawn])
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
            if not step.refined:
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
                epochs=material.epochs,
                seed=child_seed(material.seed, 0),
                keep_best=step.refined,
            ),
            trained_along=list(network.parameters()) if step.trainable else (),
        )
        vectors = still(fold.test).numpy().astype(np.float64)
        scores = expit(dense_logits(vectors, trained.coefs, trained.intercepts))[:, 0]
    curve = {**trained.history, "best_epoch": trained.best_epoch}
    return Trained(scores, curve, time.process_time() - began)


def build_network(tensors: Tensors) -> torch.nn.Module:
    """Build the pretrained network up to its global average pool: (b, 3, h, w) float32 -> (b, 512).

    It comes in evaluation mode with every parameter trainable; `tensors` have torchvision's names.
    """
    import torch
    from torchvision.models import resnet18

    network: torch.nn.Module = resnet18(weights=None)
    network.fc = torch.nn.Identity()
    state = {
        name: torch.from_numpy(np.array(array))
        for name, array in tensors.items()
        if not name.startswith(UNUSED)
    }
    # Not strict: the counters of batches seen are in no weights file of ours, and nothing reads them.
    network.load_state_dict(state, strict=False)
    for layer in network.modules():
        if isinstance(layer, torch.nn.BatchNorm2d):
            layer.momentum = BATCH_NORM_MOMENTUM
    return network.to(memory_format=torch.channels_last).eval()


def as_input(pixels: NDArray[np.uint8], preset: Preset, normalise: bool) -> torch.Tensor:
    """Turn (b, side, side, 3) uint8 into (b, 3, side, side) float32, channels last in memory.

    Without `normalise` pixels are only divided by 255, as the project did.
    """
    import torch

    x = torch.from_numpy(pixels).permute(0, 3, 1, 2).float().div_(255.0)
    if normalise:
        x.sub_(torch.tensor(preset.mean).view(1, 3, 1, 1)).div_(torch.tensor(preset.std).view(1, 3, 1, 1))
    return x


def frozen_vectors(
    network: torch.nn.Module, pixels: NDArray[np.uint8], preset: Preset, normalise: bool
) -> torch.Tensor:
    """Compute (n, 512) vectors without a gradient; the network, its mode included, stays as it is."""
    import torch

    with torch.no_grad(), in_mode(network, train=False):
        parts = [
            network(as_input(pixels[start : start + SCORED_AT_ONCE], preset, normalise))
            for start in range(0, len(pixels), SCORED_AT_ONCE)
        ]
    return torch.cat(parts) if parts else torch.empty((0, WIDTHS[-1]))


@contextmanager
def in_mode(network: torch.nn.Module, train: bool) -> Iterator[None]:
    """Switch batch normalisation between its batches' and its kept statistics while the block runs.

    With `train`, batches are normalised by themselves and change what is kept.
    """
    before = network.training
    network.train(train)
    try:
        yield
    finally:
        network.train(before)
