"""Train the dense head in torch, as Keras would."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from styleid.errors import InputError
from styleid.heads.epoch import KerasAdam
from styleid.heads.mlp_network import (
    Weights,
    copied,
    cross_entropy,
    draw_weights,
    forward,
    n_outputs,
    n_right,
    penalty,
)

#: The smallest float32 that is held with all its digits.
SMALLEST = float(np.finfo(np.float32).tiny)

#: (b,) row numbers -> (b, dim) inputs of the head; a network, frozen or trained along, may lie behind it.
Source = Callable[[Tensor], Tensor]


@dataclass(frozen=True)
class Recipe:
    """How to train; the meaning of each is said in `styleid.heads.mlp.MLPHead`."""

    hidden_units: int
    l2: float
    dropout: float
    learning_rate: float
    batch_size: int
    epochs: int
    seed: int
    keep_best: bool = True  # keep the first epoch with the best validation accuracy, not the last one


@dataclass(frozen=True)
class Part:
    """Rows to learn from or to validate on; `source` gives them by their numbers 0 to n - 1."""

    source: Source
    codes: NDArray[np.int64]


@dataclass(frozen=True)
class Trained:
    """Weights of the epoch kept, and what was measured after each epoch."""

    coefs: Weights  # of the hidden and of the output layer, as `intercepts`
    intercepts: Weights
    history: dict[str, list[float]]  # loss, accuracy; val_loss, val_accuracy, empty without validation
    best_epoch: int  # counted from 1


def train(
    X: NDArray[np.float64],
    codes: NDArray[np.int64],
    n_classes: int,
    validation: tuple[NDArray[np.float64], NDArray[np.int64]] | None,
    recipe: Recipe,
    initial: tuple[Weights, Weights] | None = None,
) -> Trained:
    """Train one hidden layer and an output layer; keep the first epoch with the best validation accuracy.

    Without validation the last epoch is kept. Two classes give one output and binary cross-entropy, more give
    a softmax. Training goes on from `initial` (coefs, intercepts) with the moments of Adam at zero, if given.
    """
    held = None if validation is None else _rows(*validation)
    return train_from(_rows(X, codes), X.shape[1], n_classes, held, recipe, initial=initial)


def train_from(
    part: Part,
    dim: int,
    n_classes: int,
    validation: Part | None,
    recipe: Recipe,
    *,
    trained_along: Sequence[Tensor] = (),
    initial: tuple[Weights, Weights] | None = None,
) -> Trained:
    """Train the head on rows that are made when they are asked for, anew in every epoch; else as `train`.

    The parameters `trained_along` lie behind the training rows and learn at the same rate. Of the best epoch
    only the head's weights could be kept, so an `InputError` refuses them where the recipe keeps that one.
    """
    if trained_along and recipe.keep_best and validation is not None:
        raise InputError(
            "the weights that are trained along are those of the last epoch; set keep_best=False"
        )
    with one_thread(), tiny_as_zero(), torch.enable_grad():
        chance = torch.Generator().manual_seed(recipe.seed)
        targets = torch.from_numpy(part.codes)
        weights = draw_weights((dim, recipe.hidden_units, n_outputs(n_classes)), chance)
        if initial is not None:
            weights = _further(initial)
        # The gradient of l2 * sum(W²) is 2 * l2 * W: Adam's own weight decay adds just that, in one pass.
        regularised: dict[str, Any] = {"params": weights[:1], "weight_decay": 2.0 * recipe.l2}
        adam = KerasAdam([regularised, {"params": [*weights[1:], *trained_along]}], recipe.learning_rate)
        history: dict[str, list[float]] = {"loss": [], "accuracy": [], "val_loss": [], "val_accuracy": []}
        kept, best_epoch = copied(weights), 0
        for epoch in range(1, recipe.epochs + 1):
            loss, accuracy = adam.epoch(
                targets,
                recipe.batch_size,
                chance,
                lambda batch: forward(weights, part.source(batch), recipe.dropout, chance),
                lambda: penalty(weights, recipe.l2),
            )
            history["loss"].append(loss)
            history["accuracy"].append(accuracy)
            if validation is not None:
                held = torch.from_numpy(validation.codes)
                with torch.no_grad():
                    logits = forward(weights, validation.source(torch.arange(len(held))))
                history["val_loss"].append(cross_entropy(logits, held).item() + penalty(weights, recipe.l2))
                history["val_accuracy"].append(n_right(logits, held) / len(held))
            # The first of equal epochs stays, as with Keras's save_best_only.
            if (
                validation is None
                or not recipe.keep_best
                or best_epoch == 0
                or history["val_accuracy"][-1] > history["val_accuracy"][best_epoch - 1]
            ):
                kept, best_epoch = copied(weights), epoch
    return Trained(coefs=kept[0::2], intercepts=kept[1::2], history=history, best_epoch=best_epoch)


def _rows(X: NDArray[np.float64], codes: NDArray[np.int64]) -> Part:
    with np.errstate(over="ignore"):  # it gives weights that are not finite, which the head refuses
        rows = torch.from_numpy(X.astype(np.float32))
    return Part(rows.__getitem__, codes.astype(np.int64))


def _further(initial: tuple[Weights, Weights]) -> list[Tensor]:
    # Copied: what was given stays as it was.
    pairs = zip(*initial, strict=True)
    return [torch.from_numpy(array.copy()).requires_grad_() for pair in pairs for array in pair]


@contextmanager
def one_thread() -> Iterator[None]:
    """Hold torch to one thread while the block runs."""
    # A sum split over threads rounds otherwise, and batches of 32 rows gain nothing from a second one.
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


@contextmanager
def tiny_as_zero() -> Iterator[None]:
    """Take numbers too small to be held with all their digits for zero while the block runs."""
    # The penalty shrinks weights of inputs that say nothing until they are below 1e-38, where a processor
    # computes up to a hundred times slower: long trainings took ten times as long, for the same predictions.
    before = bool(np.float32(SMALLEST) / np.float32(2.0) == 0)
    torch.set_flush_denormal(True)
    try:
        yield
    finally:
        torch.set_flush_denormal(before)
