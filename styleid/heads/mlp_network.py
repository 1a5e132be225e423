"""The dense head as a network in torch: its weights, what goes through it, its loss."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

#: One weight matrix (inputs, outputs) and one bias (outputs,) a layer.
Weights = tuple[NDArray[np.float32], ...]

# Keras's defaults for Adam.
BETAS = (0.9, 0.999)
EPSILON = 1e-7


def draw_weights(sizes: tuple[int, int, int], chance: torch.Generator) -> list[Tensor]:
    """Draw Glorot-uniform matrices and zero biases (Glorot and Bengio 2010, equation 16).

    Parameters
    ----------
    sizes : tuple of int
        Inputs, hidden units, outputs.
    chance : torch.Generator
        What they are drawn from.

    Returns
    -------
    list of Tensor
        Matrix and bias of the hidden layer, then of the output layer; float32, with gradients.
    """
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
    drawn = copied(draw_weights(sizes, torch.Generator().manual_seed(seed)))
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


def forward(
    weights: list[Tensor], rows: Tensor, dropout: float = 0.0, chance: torch.Generator | None = None
) -> Tensor:
    """Put inputs through the head.

    Parameters
    ----------
    weights : list of Tensor
        As from `draw_weights`.
    rows : Tensor of shape (b, inputs), float32
        Inputs.
    dropout : float
        Share of hidden units cut at random, the others scaled up; 0 outside of training.
    chance : torch.Generator or None
        What is cut is drawn from it.

    Returns
    -------
    Tensor of shape (b, outputs)
        Logits.
    """
    hidden = torch.relu(torch.addmm(weights[1], rows, weights[0]))  # (b, dim) -> (b, hidden)
    if dropout > 0.0:
        # By hand: torch's own dropout draws from the global generator only.
        kept = torch.rand(hidden.shape, generator=chance, dtype=torch.float32) >= dropout
        hidden = hidden * (kept / (1.0 - dropout))
    return torch.addmm(weights[3], hidden, weights[2])  # (b, hidden) -> (b, outputs)


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


def penalty(weights: list[Tensor], l2: float) -> float:
    """Return the part of the loss that keeps the hidden layer small.

    Parameters
    ----------
    weights : list of Tensor
        As from `draw_weights`.
    l2 : float
        Keras's ``kernel_regularizer=l2(...)``: times the sum of the hidden matrix's squares.

    Returns
    -------
    float
    """
    kernel = weights[0].detach().flatten()
    return l2 * torch.dot(kernel, kernel).item()


def n_right(logits: Tensor, targets: Tensor) -> int:
    """Count the rows whose likeliest class is theirs.

    Parameters
    ----------
    logits, targets : Tensor
        As for `cross_entropy`.

    Returns
    -------
    int
    """
    predicted = (logits[:, 0] > 0).long() if logits.shape[1] == 1 else logits.argmax(dim=1)
    return int((predicted == targets).sum())


def copied(weights: list[Tensor]) -> Weights:
    """Return arrays that further training leaves alone.

    Parameters
    ----------
    weights : list of Tensor
        As from `draw_weights`.

    Returns
    -------
    Weights
    """
    return tuple(weight.detach().numpy().copy() for weight in weights)
