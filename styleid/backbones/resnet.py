"""ResNet-18 (He et al. 2016, "Deep Residual Learning for Image Recognition"), frozen and folded.

torchvision's layers, names and weights, written out for running only. Importing torchvision itself takes
as long as importing torch; and a frozen network's batch normalisation is a scale and a shift that the
convolution before it can do.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from styleid.backbones.base import Tensors
from styleid.errors import WeightsError

if TYPE_CHECKING:
    import torch

LAYER = "layer4, global average pool"
DIM = 512
#: The classifier's last layer does not change what lies before it.
UNUSED = ("fc.",)
WIDTHS = (64, 128, 256, 512)
BLOCKS = 2
EPSILON = 1e-5  # torch's BatchNorm2d
_NORM = ("weight", "bias", "running_mean", "running_var")


def build_resnet18(tensors: Tensors) -> torch.nn.Module:
    """Build the network up to its global average pool.

    Parameters
    ----------
    tensors : mapping of str to NDArray of float32
        torchvision's names; ``fc`` may be missing.

    Returns
    -------
    torch.nn.Module
        In evaluation mode, (b, 3, h, w) float32 -> (b, 512) float32.

    Raises
    ------
    WeightsError
        If a tensor is missing, unknown or of another shape.
    """
    from torch import nn

    _check_shapes(tensors)

    def folded(conv: str, norm: str, stride: int, padding: int) -> nn.Conv2d:
        weight, bias = fold(tensors, conv, norm)
        c_out, c_in, size, _ = weight.shape
        layer = nn.Conv2d(c_in, c_out, size, stride, padding)
        layer.load_state_dict({"weight": _tensor(weight), "bias": _tensor(bias)})
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

    blocks = [
        Block(f"layer{stage}.{block}", stride=2 if stage > 1 and block == 0 else 1)
        for stage in range(1, len(WIDTHS) + 1)
        for block in range(BLOCKS)
    ]
    network = nn.Sequential(
        folded("conv1", "bn1", 2, 3),
        nn.ReLU(inplace=True),
        nn.MaxPool2d(3, stride=2, padding=1),
        *blocks,
        nn.AdaptiveAvgPool2d(1),  # (b, 512, 7, 7) -> (b, 512, 1, 1)
        nn.Flatten(),
    )
    return network.eval().requires_grad_(False)


def fold(tensors: Tensors, conv: str, norm: str) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return the convolution that does what a convolution and its frozen batch normalisation do.

    Parameters
    ----------
    tensors : mapping of str to NDArray of float32
        The weights.
    conv, norm : str
        Names of the two layers.

    Returns
    -------
    weight : NDArray of float32
        (out, in, k, k).
    bias : NDArray of float32
        (out,).
    """
    gamma, beta, mean, variance = (tensors[f"{norm}.{part}"].astype(np.float64) for part in _NORM)
    scale = gamma / np.sqrt(variance + EPSILON)
    weight = tensors[f"{conv}.weight"] * scale[:, None, None, None]
    return weight.astype(np.float32), (beta - mean * scale).astype(np.float32)


def expected_shapes() -> dict[str, tuple[int, ...]]:
    """Return name and shape of every tensor the network reads.

    Returns
    -------
    dict of str to tuple of int
        100 entries: 20 convolutions, each with the four vectors of its batch normalisation.
    """
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


def _check_shapes(tensors: Tensors) -> None:
    expected = expected_shapes()
    found = {name: array.shape for name, array in tensors.items() if not name.startswith(UNUSED)}
    wrong = sorted(name for name in expected.keys() | found.keys() if expected.get(name) != found.get(name))
    if wrong:
        name = wrong[0]
        raise WeightsError(
            f"these are no ResNet-18 weights: {name} should be {expected.get(name, 'absent')}, "
            f"is {found.get(name, 'absent')} ({len(wrong)} such tensors)",
            tensors=tuple(wrong),
        )


def _tensor(array: NDArray[np.float32]) -> torch.Tensor:
    import torch

    return torch.from_numpy(np.ascontiguousarray(array))
