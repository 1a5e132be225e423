"""The network that is trained: torchvision's ResNet-18, with what training needs beside it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812
from safetensors.torch import load_file, save_file
from torch import nn
from torchvision.models import resnet18

from styleid.backbones.resnet import STYLE_STAGES, WIDTHS

#: Of a colour from 0 to 255, as torchvision's ImageNet weights expect them.
MEAN, DEVIATION = (123.675, 116.28, 103.53), (58.395, 57.12, 57.375)
PROJECTION = 128


class Student(nn.Module):
    """A ResNet-18, an adaptor from each stage to the teachers' maps, and a projection of its style.

    Parameters
    ----------
    channels : sequence of int
        Of the teachers' four maps together, and of their last layers; their statistics follow from the maps.
    start : Path or None
        Weights to begin with.
    """

    def __init__(self, channels: Sequence[int], start: Path | None) -> None:
        super().__init__()
        self.network = resnet18(weights=None)
        self.network.fc = nn.Identity()
        if start is not None:
            tensors = {name: value.float() for name, value in load_file(start).items()}
            left = self.network.load_state_dict(tensors, strict=False)
            assert not left.unexpected_keys
            assert all(name.endswith("num_batches_tracked") for name in left.missing_keys)
        self.adaptors = nn.ModuleList(nn.Conv2d(w, c, 1) for w, c in zip(WIDTHS, channels[:-1], strict=True))
        self.last = nn.Linear(WIDTHS[-1], channels[-1])
        # Without a scale to learn: a map that varies little counts as much as one that varies much.
        statistics = 2 * sum(channels[:STYLE_STAGES])
        self.scales = nn.ModuleList(nn.BatchNorm2d(c, affine=False) for c in (*channels, statistics))
        style = 2 * sum(WIDTHS[:STYLE_STAGES])
        self.level = nn.BatchNorm1d(style)
        self.statistics = nn.Linear(style, statistics)
        self.project = nn.Sequential(nn.Linear(style, 256), nn.ReLU(), nn.Linear(256, PROJECTION))
        self.register_buffer("mean", torch.tensor(MEAN).view(1, 3, 1, 1))
        self.register_buffer("deviation", torch.tensor(DEVIATION).view(1, 3, 1, 1))

    def scaled(self, which: int, target: torch.Tensor) -> torch.Tensor:
        """Return what teachers answered, each channel with mean 0 and variance 1 over the batch."""
        maps = target if target.ndim == 4 else target[:, :, None, None]
        return self.scales[which](maps).view_as(target)  # type: ignore[no-any-return]

    def forward(self, pixels: torch.Tensor) -> tuple[list[torch.Tensor], torch.Tensor]:
        """Map bytes (b, h, w, 3) to guesses (maps, last layer, statistics) and (b, 128) rows of length 1."""
        net = self.network
        x = (pixels.permute(0, 3, 1, 2).float() - self.mean) / self.deviation
        x = net.maxpool(net.relu(net.bn1(net.conv1(x.contiguous(memory_format=torch.channels_last)))))
        guesses, parts = [], []
        for number, stage in enumerate((net.layer1, net.layer2, net.layer3, net.layer4)):
            x = stage(x)
            guesses.append(self.adaptors[number](x))
            if number < STYLE_STAGES:
                parts += statistics(x)
        guesses.append(self.last(x.mean((2, 3))))
        style = self.level(torch.cat(parts, 1))
        guesses.append(self.statistics(style))
        return guesses, F.normalize(self.project(style).float())

    def groups(self, decay: float) -> list[dict[str, Any]]:
        """Return the parameters for an optimiser: scales and shifts are not drawn to zero."""
        parts = list(self.parameters())
        return [
            {"params": [p for p in parts if p.ndim > 1], "weight_decay": decay},
            {"params": [p for p in parts if p.ndim <= 1], "weight_decay": 0.0},
        ]


def statistics(maps: torch.Tensor) -> list[torch.Tensor]:
    """Return mean and deviation (b, c) of maps (b, c, h, w): what styleid reads of them."""
    variance, mean = torch.var_mean(maps.float(), (2, 3), correction=0)
    return [mean, (variance + 1e-5).sqrt()]


def save_weights(student: Student, file: Path) -> None:
    """Write what ships: convolutions in float16, normalisation in float32, torchvision's names."""
    tensors = {
        name: (value.half() if value.ndim == 4 else value).contiguous()
        for name, value in student.network.state_dict().items()
        if not name.endswith("num_batches_tracked")
    }
    part = file.with_suffix(".part")
    save_file(tensors, part)
    part.replace(file)
