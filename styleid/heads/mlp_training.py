"""Train the dense head in torch, as Keras would."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from styleid.heads.torch_settings import one_thread, tiny_as_zero

#: One weight matrix (inputs, outputs) and one bias (outputs,) a layer.
Weights = tuple[NDArray[np.float32], ...]

#: (b,) row numbers -> (b, dim) inputs of the head; a network, frozen or trained along, may lie behind it.
Source = Callable[[Tensor], Tensor]

# Keras's defaults for Adam.
BETAS = (0.9, 0.999)
EPSILON = 1e-7


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


@dataclass(frozen=True)
class Part:
    """Rows to learn from or to validate on.

    Attributes
    ----------
    source : callable
        Gives rows by their numbers 0 to n - 1.
    codes : ndarray of shape (n,)
        Their classes.
    """

    source: Source
    codes: NDArray[np.int64]


@dataclass(frozen=True)
class Trained:
    """Weights of the epoch kept, and what was measured after each epoch.

    Attributes
    ----------
    coefs, intercepts : tuple of ndarray, float32
        Of the hidden and of the output layer.
    history : dict of str to list of float
        ``loss``, ``accuracy``, ``val_loss``, ``val_accuracy``; the last two empty without validation.
    best_epoch : int
        Counted from 1.
    """

    coefs: Weights
    intercepts: Weights
    history: dict[str, list[float]]
    best_epoch: int


def train(
    X: NDArray[np.float64],
    codes: NDArray[np.int64],
    n_classes: int,
    validation: tuple[NDArray[np.float64], NDArray[np.int64]] | None,
    recipe: Recipe,
    initial: tuple[Weights, Weights] | None = None,
) -> Trained:
    """Train one hidden layer and an output layer; keep the epoch with the best validation accuracy.

    Parameters
    ----------
    X : ndarray of shape (n, dim)
        Training vectors.
    codes : ndarray of shape (n,)
        Their classes, 0 to n_classes - 1.
    n_classes : int
        2 gives one output and binary cross-entropy, more give softmax and cross-entropy.
    validation : (ndarray of shape (m, dim), ndarray of shape (m,)) or None
        Scored after each epoch. None: the last epoch is kept.
    recipe : Recipe
        Settings and seed.
    initial : (coefs, intercepts) or None
        Weights to go on from, with the moments of Adam at zero; None: drawn by the seed.

    Returns
    -------
    Trained
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
    keep_best: bool = True,
    initial: tuple[Weights, Weights] | None = None,
) -> Trained:
    """Train the head on rows that are made when they are asked for.

    Parameters
    ----------
    part, validation : Part
        As for `train`; each batch is asked for anew in every epoch.
    dim : int
        Length of a row.
    n_classes, recipe
        As for `train`.
    trained_along : sequence of Tensor
        Parameters behind the training rows that learn at the same rate.
    keep_best : bool
        Whether the best epoch by validation accuracy is kept instead of the last one. Only the head's weights
        are kept, so not together with `trained_along`.
    initial : (coefs, intercepts) or None
        As for `train`.

    Returns
    -------
    Trained
    """
    with one_thread(), tiny_as_zero(), torch.enable_grad():
        return _train(part, dim, n_classes, validation, recipe, trained_along, keep_best, initial)


def _train(
    part: Part,
    dim: int,
    n_classes: int,
    validation: Part | None,
    recipe: Recipe,
    trained_along: Sequence[Tensor],
    keep_best: bool,
    initial: tuple[Weights, Weights] | None,
) -> Trained:
    chance = torch.Generator().manual_seed(recipe.seed)
    targets = torch.from_numpy(part.codes)
    outputs = 1 if n_classes == 2 else n_classes
    weights = _initial((dim, recipe.hidden_units, outputs), chance)
    if initial is not None:
        weights = _further(initial)
    # The gradient of l2 * sum(W²) is 2 * l2 * W: Adam's own weight decay adds just that, in one pass.
    regularised: dict[str, Any] = {"params": weights[:1], "weight_decay": 2.0 * recipe.l2}
    adam = torch.optim.Adam(
        [regularised, {"params": [*weights[1:], *trained_along]}],
        lr=recipe.learning_rate,
        betas=BETAS,
        fused=True,
    )
    history: dict[str, list[float]] = {"loss": [], "accuracy": [], "val_loss": [], "val_accuracy": []}
    kept, best_epoch, step = _copy(weights), 0, 0
    for epoch in range(1, recipe.epochs + 1):
        loss_sum, right = 0.0, 0
        order = torch.randperm(len(targets), generator=chance)
        for batch in torch.split(order, recipe.batch_size):
            logits = _forward(weights, part.source(batch), recipe.dropout, chance)
            loss = cross_entropy(logits, targets[batch])
            loss_sum += (loss.item() + _penalty(weights, recipe.l2)) * len(batch)
            right += _n_right(logits, targets[batch])
            adam.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            step += 1
            for group in adam.param_groups:
                group["eps"] = keras_epsilon(step)
            adam.step()
        history["loss"].append(loss_sum / len(targets))
        history["accuracy"].append(right / len(targets))
        if validation is not None:
            held = torch.from_numpy(validation.codes)
            with torch.no_grad():
                logits = _forward(weights, validation.source(torch.arange(len(held))))
            history["val_loss"].append(cross_entropy(logits, held).item() + _penalty(weights, recipe.l2))
            history["val_accuracy"].append(_n_right(logits, held) / len(held))
        # The first of equal epochs stays, as with Keras's save_best_only.
        if (
            validation is None
            or not keep_best
            or best_epoch == 0
            or history["val_accuracy"][-1] > history["val_accuracy"][best_epoch - 1]
        ):
            kept, best_epoch = _copy(weights), epoch
    return Trained(coefs=kept[0::2], intercepts=kept[1::2], history=history, best_epoch=best_epoch)


def _rows(X: NDArray[np.float64], codes: NDArray[np.int64]) -> Part:
    with np.errstate(
        over="ignore"
    ):  # what overflows gives weights that are not finite, which the head refuses
        rows = torch.from_numpy(X.astype(np.float32))
    return Part(rows.__getitem__, codes.astype(np.int64))


def _initial(sizes: tuple[int, int, int], chance: torch.Generator) -> list[Tensor]:
    """Draw Glorot-uniform matrices and zero biases (Glorot and Bengio 2010, equation 16)."""
    weights = []
    for inputs, outputs in zip(sizes[:-1], sizes[1:], strict=True):
        limit = (6.0 / (inputs + outputs)) ** 0.5
        matrix = (torch.rand(inputs, outputs, generator=chance, dtype=torch.float32) * 2.0 - 1.0) * limit
        weights += [matrix.requires_grad_(), torch.zeros(outputs, dtype=torch.float32, requires_grad=True)]
    return weights


def initial_weights(sizes: tuple[int, int, int], seed: int) -> tuple[Weights, Weights]:
    """Draw the weights that a training begins with.

    Parameters
    ----------
    sizes : tuple of int
        Inputs, hidden units, outputs.
    seed : int
        Seed of the draw.

    Returns
    -------
    coefs, intercepts : tuple of ndarray, float32
        Of the hidden and of the output layer.
    """
    drawn = _copy(_initial(sizes, torch.Generator().manual_seed(seed)))
    return drawn[0::2], drawn[1::2]


def keras_epsilon(step: int) -> float:
    """Return the epsilon with which torch's Adam makes the same step as Keras's.

    Keras adds epsilon to sqrt(v), torch to sqrt(v / (1 - beta2^t)): for the same step it must grow.

    Parameters
    ----------
    step : int
        Number of the step, from 1.

    Returns
    -------
    float
    """
    return float(EPSILON / (1.0 - BETAS[1] ** step) ** 0.5)


def _further(initial: tuple[Weights, Weights]) -> list[Tensor]:
    # Copied: what was given stays as it was.
    pairs = zip(*initial, strict=True)
    return [torch.from_numpy(array.copy()).requires_grad_() for pair in pairs for array in pair]


def _forward(
    weights: list[Tensor], rows: Tensor, dropout: float = 0.0, chance: torch.Generator | None = None
) -> Tensor:
    hidden = torch.relu(torch.addmm(weights[1], rows, weights[0]))  # (b, dim) -> (b, hidden)
    if dropout > 0.0:
        # By hand: torch's own dropout draws from the global generator only.
        kept = torch.rand(hidden.shape, generator=chance, dtype=torch.float32) >= dropout
        hidden = hidden * (kept / (1.0 - dropout))
    return torch.addmm(weights[3], hidden, weights[2])  # (b, hidden) -> (b, n_classes) or (b, 1)


def cross_entropy(logits: Tensor, targets: Tensor) -> Tensor:
    """Return the mean loss of a batch: binary for one output, over a softmax for more.

    Parameters
    ----------
    logits : Tensor of shape (b, 1) or (b, n_classes)
        Outputs of the last layer.
    targets : Tensor of shape (b,), int64
        Classes.

    Returns
    -------
    Tensor
        A scalar.
    """
    if logits.shape[1] == 1:
        return functional.binary_cross_entropy_with_logits(logits[:, 0], targets.to(logits.dtype))
    return functional.cross_entropy(logits, targets)


def _penalty(weights: list[Tensor], l2: float) -> float:
    kernel = weights[0].detach().flatten()
    return l2 * torch.dot(kernel, kernel).item()


def _n_right(logits: Tensor, targets: Tensor) -> int:
    predicted = (logits[:, 0] > 0).long() if logits.shape[1] == 1 else logits.argmax(dim=1)
    return int((predicted == targets).sum())


def _copy(weights: list[Tensor]) -> Weights:
    return tuple(weight.detach().numpy().copy() for weight in weights)
