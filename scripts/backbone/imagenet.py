"""ImageNet's ResNet-18 from its stem to its third stage, as a teacher of feature maps.

The file has torchvision's names, with batch normalisation folded into each convolution's weight and bias.
It is not part of this project and nothing that ships starts from it.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import torch
import torch.nn.functional as F  # noqa: N812
from safetensors.torch import load_file
from torch import nn

from backbone.student import DEVIATION, MEAN
from styleid.backbones.resnet import BLOCKS, STYLE_STAGES
from styleid.errors import StyleIdError


class ImageNet(nn.Module):
    """Runs it: bytes (b, h, w, 3) -> maps of strides 4, 8 and 16, one a stage.

    With ``every_block`` also what goes into the first stage, and one a block: seven in all.
    """

    mean: torch.Tensor
    deviation: torch.Tensor

    def __init__(self, tensors: Mapping[str, torch.Tensor], every_block: bool = False) -> None:
        super().__init__()
        self.every_block = every_block
        self.register_buffer("mean", torch.tensor(MEAN).view(1, 3, 1, 1))
        self.register_buffer("deviation", torch.tensor(DEVIATION).view(1, 3, 1, 1))

        def conv(name: str, stride: int = 1) -> nn.Conv2d:
            weight, bias = tensors[f"{name}.weight"], tensors[f"{name}.bias"]
            out, into, size, _ = weight.shape
            made = nn.Conv2d(into, out, size, stride, size // 2)
            made.load_state_dict({"weight": weight, "bias": bias})
            return made

        self.stem = conv("conv1", 2)
        stages = []
        for stage in range(1, STYLE_STAGES + 1):
            blocks = []
            for block in range(BLOCKS):
                name, stride = f"layer{stage}.{block}", 2 if stage > 1 and not block else 1
                parts = {"first": conv(f"{name}.conv1", stride), "second": conv(f"{name}.conv2")}
                if f"{name}.downsample.0.weight" in tensors:
                    parts["down"] = conv(f"{name}.downsample.0", stride)
                blocks.append(nn.ModuleDict(parts))
            stages.append(nn.ModuleList(blocks))
        self.stages = nn.ModuleList(stages)

    def forward(self, pixels: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """Run it."""
        x = (pixels.permute(0, 3, 1, 2).float() - self.mean) / self.deviation
        x = F.max_pool2d(F.relu(self.stem(x)), 3, 2, 1)
        maps = [x]
        for stage in self.stages:
            for block in stage:  # type: ignore[attr-defined]
                y = block["second"](F.relu(block["first"](x)))
                x = F.relu(y + (block["down"](x) if "down" in block else x))
                maps.append(x)
        return tuple(maps if self.every_block else maps[BLOCKS::BLOCKS])


def load_imagenet(file: Path, every_block: bool = False) -> ImageNet:
    """Read the teacher from a file of safetensors; raises StyleIdError if it is not what it should be."""
    tensors = load_file(file)
    try:
        network = ImageNet(tensors, every_block)
    except (KeyError, RuntimeError, ValueError) as error:
        raise StyleIdError(
            f"expected ResNet-18 up to layer3 in {file}, normalisation folded; found {error}"
        ) from error
    return network.eval().requires_grad_(False)
