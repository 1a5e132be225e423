"""What a backbone is, and how one is found by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from styleid.errors import InputError
from styleid.registry import load

if TYPE_CHECKING:
    import torch

#: Adding a backbone is one file and one line here.
REGISTRY = {
    "resnet18": "styleid.backbones.resnet18:BACKBONE",
    "resnet18-style": "styleid.backbones.resnet18_style:BACKBONE",
}
#: The rule of `styleid.backbones.choose`, offered beside the names.
AUTO = "auto"
#: Names of descriptors: what is read off a network. A space without a name of its own is of the first.
AVGPOOL, STYLE = "avgpool", "style"
#: What is read off where nobody says: the one that told hands apart better for less work (docs/views.md).
DEFAULT_DESCRIPTOR = STYLE

Tensors = Mapping[str, NDArray[np.float32]]


@dataclass(frozen=True)
class Preset:
    """How the weights expect a picture: part of the vector space."""

    resize: int = 256  # short side after scaling, in pixels
    crop: int = 224  # side of the square that is looked at, in pixels
    mean: tuple[float, float, float] = (0.485, 0.456, 0.406)  # red, green, blue, of pixels in [0, 1]
    std: tuple[float, float, float] = (0.229, 0.224, 0.225)
    interpolation: str = "bilinear, antialiased"


@dataclass(frozen=True)
class Weights:
    """Parameters of a network, in a ``.safetensors`` or torch file."""

    path: Path
    origin: str  # where they come from, for a person


@dataclass(frozen=True)
class Descriptor:
    """What is read off a network."""

    layer: str  # the layers and their pooling, in words: part of the vector space
    dim: int  # length of a vector


@dataclass(frozen=True)
class Backbone:
    """A frozen network; the same weights in the same `architecture` make the same vectors.

    ``build(tensors, descriptors)`` gives a module in evaluation mode: normalised pixels (b, 3, crop, crop) to
    the vectors of these descriptors, side by side, (b, sum of dims).
    """

    name: str
    summary: str  # one line for ``styleid backbones``
    architecture: str
    descriptors: Mapping[str, Descriptor]
    preset: Preset
    on_disk: Callable[[], Weights | None]  # its own weights, if they are there
    fetch: Callable[[], Weights]  # brings its own weights, or raises `WeightsError`
    build: Callable[[Tensors, Sequence[str]], torch.nn.Module]
    unused: tuple[str, ...] = ()  # prefixes of tensors that do not change the vectors (last layer)

    def identity(self, descriptor: str) -> dict[str, Any]:
        """Return what of the backbone belongs to the vector space, besides the weights' digest."""
        read = self.descriptors[self.check_descriptors([descriptor])[0]]
        # Spaces of `avgpool` were made before descriptors had names, and keep their identity.
        named = {} if descriptor == AVGPOOL else {"descriptor": descriptor}
        return {
            "backbone": self.name,
            "architecture": self.architecture,
            "layer": read.layer,
            "dim": read.dim,
            "preprocessing": asdict(self.preset),
            **named,
        }

    def check_descriptors(self, names: Sequence[str]) -> tuple[str, ...]:
        """Return the names, each once; an `InputError` refuses none at all and unknown ones."""
        wrong = [name for name in names if name not in self.descriptors]
        if wrong or not names:
            raise InputError(
                f"--descriptor expects one or more of {', '.join(self.descriptors)} joined by +; found "
                f"{'+'.join(map(str, names))!r}",
                descriptors=tuple(names),
            )
        return tuple(dict.fromkeys(names))


def get_backbone(name: str) -> Backbone:
    """Return the backbone called `name`, ours or torchvision's; the `InputError` for another lists them."""
    if isinstance(name, str) and name not in (AUTO, *REGISTRY):
        from styleid.backbones.torchvision_network import find_network

        if found := find_network(name):
            return found
    return load(REGISTRY, name, Backbone, AUTO, "a classifier of torchvision such as mobilenet_v3_small")
