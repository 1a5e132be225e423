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


def n_outputs(n_classes: int) -> int:
    """Return how many units the last layer has: one sigmoid unit for two classes, else one unit a class."""
    return 1 if n_classes == 2 else n_classes


def draw_weights(sizes: tuple[int, int, int], chance: torch.Generator) -> list[Tensor]:
    """Draw Glorot-uniform matrices and zero biases (Glorot and Bengio 2010, equation 16), with gradients.

    `sizes` are inputs, hidden units, outputs; the list is matrix, bias (hidden), matrix, bias (output).
    """
    weights = []
    for inputs, outputs in zip(sizes[:-1], sizes[1:], strict=True):
        limit = (6.0 / (inputs + outputs)) ** 0.5
        matrix = (torch.rand(inputs, outputs, generator=chance, dtype=torch.float32) * 2.0 - 1.0) * limit
        weights += [matrix.requires_grad_(), torch.zeros(outputs, dtype=torch.float32, requires_grad=True)]
    return weights


def initial_weights(sizes: tuple[int, int, int], seed: int) -> tuple[Weights, Weights]:
    """Draw the matrices and the biases that a training begins with; `sizes` as for `draw_weights`."""
    drawn = copied(draw_weights(sizes, torch.Generator().manual_seed(seed)))
    return drawn[0::2], drawn[1::2]


def keras_epsilon(step: int) -> float:
    """Return the epsilon with which torch's Adam makes the same step as Keras's; steps count from 1.

    Keras adds epsilon to sqrt(v), torch to sqrt(v / (1 - beta2^t)): torch's must be larger by that factor.
    """
    return float(EPSILON / (1.0 - BETAS[1] ** step) ** 0.5)


def forward(
    weights: list[Tensor], rows: Tensor, dropout: float = 0.0, chance: torch.Generator | None = None
) -> Tensor:
    """Map rows (b, inputs) to logits (b, outputs); dropout scales up the hidden units it leaves."""
    hidden = torch.relu(torch.addmm(weights[1], rows, weights[0]))  # (b, dim) -> (b, hidden)
    if dropout > 0.0:
        # By hand: torch's own dropout draws from the global generator only.
        kept = torch.rand(hidden.shape, generator=chance, dtype=torch.float32) >= dropout
        hidden = hidden * (kept / (1.0 - dropout))
    return torch.addmm(weights[3], hidden, weights[2])  # (b, hidden) -> (b, outputs)


def cross_entropy(logits: Tensor, targets: Tensor) -> Tensor:
    """Return the mean loss of a batch: binary for logits (b, 1), over a softmax for (b, n_classes)."""
    if logits.shape[1] == 1:
        return functional.binary_cross_entropy_with_logits(logits[:, 0], targets.to(logits.dtype))
    return functional.cross_entropy(logits, targets)


def penalty(weights: list[Tensor], l2: float) -> float:
    """Return the loss's part for the hidden matrix, as Keras's ``l2``: `l2` times the sum of its squares."""
    kernel = weights[0].detach().flatten()
    return l2 * torch.dot(kernel, kernel).item()


def n_right(logits: Tensor, targets: Tensor) -> int:
    """Count the rows whose likeliest class is theirs."""
    predicted = (logits[:, 0] > 0).long() if logits.shape[1] == 1 else logits.argmax(dim=1)
    return int((predicted == targets).sum())


def copied(weights: list[Tensor]) -> Weights:
    """Return arrays that further training leaves alone."""
    return tuple(weight.detach().numpy().copy() for weight in weights)
