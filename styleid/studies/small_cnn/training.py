"""Train the small network of the seed notebook in torch, as Keras would."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from styleid.data.views.augment import Augmentation
from styleid.heads.epoch import KerasAdam
from styleid.heads.mlp_training import one_thread, tiny_as_zero

#: Every array of the network, in the order of its layers: weight, bias, weight, bias ...
Weights = tuple[NDArray[np.float32], ...]

FILTERS = (32, 64, 128)
KERNEL = 3
DENSE = 250
#: Pictures scored at a time: enough to be quick, few enough to be small.
SCORED_AT_A_TIME = 64


@dataclass(frozen=True)
class Recipe:
    """How to train; the meaning of each setting is said in `styleid.studies.small_cnn.network.SmallCNN`."""

    epochs: int
    batch_size: int
    learning_rate: float
    dropout: float
    augmentation: Augmentation | None
    seed: int


def network(side: int, outputs: int) -> nn.Sequential:
    """Build the layers, (b, 1, side, side) -> (b, outputs), with weights that mean nothing yet.

    `outputs` is 1 for two classes, else one a class. Dropout is not a layer here: `_forward` does it after
    ``flatten``.
    """
    layers: OrderedDict[str, nn.Module] = OrderedDict()
    channels = 1
    for i, filters in enumerate(FILTERS, 1):
        layers[f"conv{i}"] = nn.Conv2d(channels, filters, KERNEL)  # valid: a side loses 2 pixels
        layers[f"pool{i}"] = nn.MaxPool2d(2)  # an odd last row or column is dropped
        # The largest of four, then cut at zero, is the same to the last bit as the other way round, for a
        # quarter of the work.
        layers[f"relu{i}"] = nn.ReLU()
        channels, side = filters, (side - KERNEL + 1) // 2
    layers["flatten"] = nn.Flatten()
    layers["dense"] = nn.Linear(channels * side * side, DENSE)
    layers["relu"] = nn.ReLU()
    layers["out"] = nn.Linear(DENSE, outputs)
    return nn.Sequential(layers)


def initial_weights(side: int, outputs: int, seed: int) -> Weights:
    """Draw weights as Keras does: Glorot-uniform, biases zero (Glorot and Bengio 2010, equation 16)."""
    chance = torch.Generator().manual_seed(seed)
    for name, values in (net := network(side, outputs)).named_parameters():
        if name.endswith("bias"):
            nn.init.zeros_(values)
        else:
            nn.init.xavier_uniform_(values, generator=chance)
    return _copy(net)


def train(
    pictures: NDArray[np.uint8], codes: NDArray[np.int64], weights: Weights, recipe: Recipe
) -> tuple[Weights, list[float]]:
    """Go on training from given weights, which are not changed; return new ones and each epoch's mean loss.

    The moments of Adam begin at zero.
    """
    with one_thread(), tiny_as_zero(), torch.enable_grad():
        net = _filled(pictures.shape[1], weights)
        chance = torch.Generator().manual_seed(recipe.seed)
        rng = np.random.default_rng(recipe.seed)

        def logits_at(batch: Tensor) -> Tensor:
            shown = pictures[batch.numpy()]
            if recipe.augmentation is not None:
                shown = np.stack([recipe.augmentation.apply(picture, rng) for picture in shown])
            return _forward(net, shown, recipe.dropout, chance)

        adam, targets = KerasAdam(net.parameters(), recipe.learning_rate), torch.from_numpy(codes)
        losses = [adam.epoch(targets, recipe.batch_size, chance, logits_at)[0] for _ in range(recipe.epochs)]
        return _copy(net), losses


def score(pictures: NDArray[np.uint8], weights: Weights) -> NDArray[np.float64]:
    """Return the (n, outputs) logits of the last layer, without dropout."""
    net = _filled(pictures.shape[1], weights)
    starts = range(0, len(pictures), SCORED_AT_A_TIME)
    with one_thread(), tiny_as_zero(), torch.no_grad():
        parts = [_forward(net, pictures[start : start + SCORED_AT_A_TIME]).numpy() for start in starts]
    return np.concatenate(parts).astype(np.float64)


def _filled(side: int, weights: Weights) -> nn.Sequential:
    net = network(side, len(weights[-1]))
    with torch.no_grad():
        for values, given in zip(net.parameters(), weights, strict=True):
            values.copy_(torch.from_numpy(given))
    # The same numbers in another order in memory, for which a step takes little more than half the time.
    return net.to(memory_format=torch.channels_last)


def _forward(
    net: nn.Sequential,
    pictures: NDArray[np.uint8],
    dropout: float = 0.0,
    chance: torch.Generator | None = None,
) -> Tensor:
    values = torch.from_numpy(pictures.astype(np.float32) / 255.0)[:, None]  # (b, s, s) -> (b, 1, s, s)
    values = values.contiguous(memory_format=torch.channels_last)
    for name, layer in net.named_children():
        values = layer(values)
        if name == "flatten" and dropout > 0.0:
            # By hand: torch's own dropout draws from the global generator only.
            kept = torch.rand(values.shape, generator=chance, dtype=torch.float32) >= dropout
            values = values * (kept / (1.0 - dropout))
    return values


def _copy(net: nn.Sequential) -> Weights:
    return tuple(values.detach().contiguous().numpy().copy() for values in net.parameters())
