"""The network that is trained: torchvision's ResNet-18, with what training needs beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812
from safetensors.torch import load_file, save_file
from torch import nn
from torchvision.models import resnet18

from styleid.backbones.resnet import BLOCKS, STYLE_STAGES, WIDTHS

#: Of a colour from 0 to 255, as torchvision's ImageNet weights expect them.
MEAN, DEVIATION = (123.675, 116.28, 103.53), (58.395, 57.12, 57.375)
PROJECTION = 128


class Student(nn.Module):
    """A ResNet-18, an adaptor from each stage to other networks' maps, and a projection of its style.

    ``channels`` are those of the four maps of these networks together, and of their last layers; their
    statistics follow from the maps. Without any, the last stage is not run. ``start`` are weights to begin
    with.
    """

    mean: torch.Tensor
    deviation: torch.Tensor

    def __init__(self, channels: Sequence[int], start: Path | None) -> None:
        super().__init__()
        self.network = resnet18(weights=None)
        self.network.fc = nn.Identity()
        if start is not None:
            tensors = {name: value.float() for name, value in load_file(start).items()}
            left = self.network.load_state_dict(tensors, strict=False)
            assert not left.unexpected_keys
            assert all(name.endswith("num_batches_tracked") for name in left.missing_keys)
        self.whole = bool(channels)
        style = 2 * sum(WIDTHS[:STYLE_STAGES])
        if self.whole:
            pairs = zip(WIDTHS, channels[:-1], strict=True)
            self.adaptors = nn.ModuleList(nn.Conv2d(width, count, 1) for width, count in pairs)
            self.last = nn.Linear(WIDTHS[-1], channels[-1])
            # Without a scale to learn: a map that varies little counts as much as one that varies much.
            statistics = 2 * sum(channels[:STYLE_STAGES])
            self.scales = nn.ModuleList(nn.BatchNorm2d(c, affine=False) for c in (*channels, statistics))
            self.statistics = nn.Linear(style, statistics)
        self.level = nn.BatchNorm1d(style)
        self.project = nn.Sequential(nn.Linear(style, 256), nn.ReLU(), nn.Linear(256, PROJECTION))
        self.register_buffer("mean", torch.tensor(MEAN).view(1, 3, 1, 1))
        self.register_buffer("deviation", torch.tensor(DEVIATION).view(1, 3, 1, 1))

    def scaled(self, which: int, target: torch.Tensor) -> torch.Tensor:
        """Return what teachers answered, each channel with mean 0 and variance 1 over the batch."""
        maps = target if target.ndim == 4 else target[:, :, None, None]
        return self.scales[which](maps).view_as(target)  # type: ignore[no-any-return]

    def maps(self, pixels: torch.Tensor) -> list[torch.Tensor]:
        """Map bytes (b, h, w, 3) to what the first three stages put out."""
        return self.blocks(pixels)[BLOCKS::BLOCKS]

    def blocks(self, pixels: torch.Tensor, given: Sequence[torch.Tensor] | None = None) -> list[torch.Tensor]:
        """Map bytes to what goes into the first stage, and what each block of the first three puts out.

        Each block sees what the one before put out, or what is ``given`` in its place.
        """
        net = self.network
        x = (pixels.permute(0, 3, 1, 2).float() - self.mean) / self.deviation
        x = net.maxpool(net.relu(net.bn1(net.conv1(x.contiguous(memory_format=torch.channels_last)))))
        found = [x]
        for at, block in enumerate((*net.layer1, *net.layer2, *net.layer3)):
            if given is not None:
                x = given[at].contiguous(memory_format=torch.channels_last)
            x = block(x)
            found.append(x)
        return found

    def forward(self, pixels: torch.Tensor) -> tuple[list[torch.Tensor], list[torch.Tensor], torch.Tensor]:
        """Map bytes to three maps, guesses (maps, last layer, statistics) and (b, 128) rows of length 1."""
        maps = self.maps(pixels)
        style = self.level(torch.cat([part for x in maps for part in statistics(x)], 1))
        guesses = []
        if self.whole:
            deep = self.network.layer4(maps[-1])
            guesses = [adaptor(x) for adaptor, x in zip(self.adaptors, (*maps, deep), strict=True)]
            guesses += [self.last(deep.mean((2, 3))), self.statistics(style)]
        return maps, guesses, F.normalize(self.project(style).float())

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


def save_weights(state: Mapping[str, torch.Tensor], file: Path) -> None:
    """Write what ships: convolutions in float16, normalisation in float32, torchvision's names."""
    tensors = {
        name: (value.half() if value.ndim == 4 else value).cpu().contiguous()
        for name, value in state.items()
        if not name.endswith("num_batches_tracked")
    }
    part = file.with_suffix(".part")
    save_file(tensors, part)
    part.replace(file)
