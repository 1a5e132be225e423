"""ResNet-18 (He et al. 2016, "Deep Residual Learning for Image Recognition"), frozen and folded.

It has torchvision's layers, names and weights, without the import of torchvision, which takes as long as that
of torch. A frozen batch normalisation is a scale and a shift that the convolution before it can do.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from styleid.backbones.base import AVGPOOL, STYLE, Descriptor, Tensors
from styleid.errors import WeightsError

if TYPE_CHECKING:
    import torch

WIDTHS = (64, 128, 256, 512)
#: Stages whose statistics are the descriptor `style`: the first. Hands differ in the middle of a network
#: more than at its end, which was taught to look through the hand at the thing.
STYLE_STAGES = 3
DESCRIPTORS = {
    AVGPOOL: Descriptor("layer4, global average pool", WIDTHS[-1]),
    STYLE: Descriptor(
        "layer1, layer2, layer3, each the channels' means, then their standard deviations",
        2 * sum(WIDTHS[:STYLE_STAGES]),
    ),
}
#: The classifier's last layer does not change what lies before it.
UNUSED = ("fc.",)
BLOCKS = 2
EPSILON = 1e-5  # torch's BatchNorm2d
_NORM = ("weight", "bias", "running_mean", "running_var")


def stages_read(descriptors: Sequence[str]) -> int:
    """Return how many stages are computed: the last is left out where nothing is read off it."""
    return len(WIDTHS) if AVGPOOL in descriptors else STYLE_STAGES


def build_resnet18(tensors: Tensors, descriptors: Sequence[str] = (AVGPOOL,)) -> torch.nn.Module:
    """Build the network in evaluation mode; the last stage is left out where nothing is read off it.

    (b, 3, h, w) -> (b, sum of dims), both float32, the descriptors side by side. `tensors` have torchvision's
    names; ``fc`` may be missing.
    """
    import torch
    from torch import nn

    check_shapes(tensors)

    def folded(conv: str, norm: str, stride: int, padding: int) -> nn.Conv2d:
        weight, bias = fold(tensors, conv, norm)
        c_out, c_in, size, _ = weight.shape
        layer = nn.Conv2d(c_in, c_out, size, stride, padding)
        layer.load_state_dict({"weight": torch.from_numpy(weight), "bias": torch.from_numpy(bias)})
        return layer

    class Block(nn.Module):
        """Two 3 x 3 convolutions beside a shortcut."""

        def __init__(self, name: str, stride: int) -> None:
            super().__init__()
            self.first = folded(f"{name}.conv1", f"{name}.bn1", stride, 1)
            self.second = folded(f"{name}.conv2", f"{name}.bn2", 1, 1)
            changes_shape = f"{name}.downsample.0.weight" in tensors
            down = f"{name}.downsample"
            self.shortcut = folded(f"{down}.0", f"{down}.1", stride, 0) if changes_shape else nn.Identity()

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            out: torch.Tensor = self.second(self.first(x).relu_())
            return out.add_(self.shortcut(x)).relu_()

    class Network(nn.Module):
        """The stem and the stages, and what is read off after each."""

        def __init__(self) -> None:
            super().__init__()
            self.stem = nn.Sequential(
                folded("conv1", "bn1", 2, 3), nn.ReLU(inplace=True), nn.MaxPool2d(3, stride=2, padding=1)
            )
            self.stages = nn.ModuleList()
            for stage in range(1, 1 + stages_read(descriptors)):
                first = Block(f"layer{stage}.0", stride=1 if stage == 1 else 2)
                others = (Block(f"layer{stage}.{block}", stride=1) for block in range(1, BLOCKS))
                self.stages.append(nn.Sequential(first, *others))

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            x = self.stem(x)
            statistics = []
            for number, stage in enumerate(self.stages):
                x = stage(x)
                if STYLE in descriptors and number < STYLE_STAGES:
                    statistics += mean_and_deviation(x)
            read = {AVGPOOL: [x.mean((2, 3))] if AVGPOOL in descriptors else [], STYLE: statistics}
            return torch.cat([part for name in descriptors for part in read[name]], dim=1)

    return Network().eval().requires_grad_(False)


def mean_and_deviation(x: torch.Tensor) -> list[torch.Tensor]:
    """Return two of (b, c): each channel's mean and standard deviation over its (h, w) places."""
    mean = x.mean((2, 3), keepdim=True)
    # In two passes: the difference of two large means of squares would lose a small deviation.
    deviation = (x - mean).square().mean((2, 3)).sqrt()
    return [mean.flatten(1), deviation]


def fold(tensors: Tensors, conv: str, norm: str) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return weight (out, in, k, k) and bias (out,) of a convolution with its batch norm folded in."""
    gamma, beta, mean, variance = (tensors[f"{norm}.{part}"].astype(np.float64) for part in _NORM)
    scale = gamma / np.sqrt(variance + EPSILON)
    weight = tensors[f"{conv}.weight"] * scale[:, None, None, None]
    return weight.astype(np.float32), (beta - mean * scale).astype(np.float32)


def expected_shapes() -> dict[str, tuple[int, ...]]:
    """Return the shape of each tensor that is read: 20 convolutions, each with 4 vectors of its norm."""
    shapes: dict[str, tuple[int, ...]] = {}

    def add(conv: str, norm: str, c_out: int, c_in: int, size: int) -> None:
        shapes[f"{conv}.weight"] = (c_out, c_in, size, size)
        for part in _NORM:
            shapes[f"{norm}.{part}"] = (c_out,)

    add("conv1", "bn1", WIDTHS[0], 3, 7)
    c_in = WIDTHS[0]
    for stage, width in enumerate(WIDTHS, 1):
        for block in range(BLOCKS):
            name = f"layer{stage}.{block}"
            add(f"{name}.conv1", f"{name}.bn1", width, c_in, 3)
            add(f"{name}.conv2", f"{name}.bn2", width, width, 3)
            if c_in != width:
                add(f"{name}.downsample.0", f"{name}.downsample.1", width, c_in, 1)
            c_in = width
    return shapes


def check_shapes(tensors: Tensors) -> None:
    """Raise `WeightsError` if a tensor is missing, unknown or of another shape; ``fc`` may be missing."""
    expected = expected_shapes()
    given = {name: array.shape for name, array in tensors.items() if not name.startswith(UNUSED)}
    wrong = sorted(name for name in expected.keys() | given.keys() if expected.get(name) != given.get(name))
    if wrong:
        name = wrong[0]
        raise WeightsError(
            f"these are no ResNet-18 weights: {name} should be {expected.get(name, 'absent')}, "
            f"is {given.get(name, 'absent')} ({len(wrong)} such tensors)",
            tensors=tuple(wrong),
        )
