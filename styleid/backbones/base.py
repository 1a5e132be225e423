"""What a backbone is, and how one is found by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from styleid.errors import InputError

if TYPE_CHECKING:
    import torch

#: name -> module that defines ``BACKBONE``; adding one is one file and one line here.
REGISTRY = {
    "resnet18": "styleid.backbones.resnet18",
    "resnet18-style": "styleid.backbones.resnet18_style",
}
#: The rule of `styleid.backbones.choose`, offered beside the names.
AUTO = "auto"

Tensors = Mapping[str, NDArray[np.float32]]


@dataclass(frozen=True)
class Preset:
    """How the weights expect a picture: part of the vector space.

    Attributes
    ----------
    resize : int
        Length of the short side after scaling, in pixels.
    crop : int
        Side of the square that is looked at, in pixels.
    mean, std : tuple of float
        Per channel (red, green, blue), of pixels in [0, 1].
    interpolation : str
        Name of the filter that scales.
    """

    resize: int = 256
    crop: int = 224
    mean: tuple[float, float, float] = (0.485, 0.456, 0.406)
    std: tuple[float, float, float] = (0.229, 0.224, 0.225)
    interpolation: str = "bilinear, antialiased"


@dataclass(frozen=True)
class Weights:
    """Parameters of a network, on disk.

    Attributes
    ----------
    path : Path
        A ``.safetensors`` or torch file.
    origin : str
        Where they come from, for a person.
    """

    path: Path
    origin: str


@dataclass(frozen=True)
class Backbone:
    """A frozen network.

    Attributes
    ----------
    name : str
        Its name in the registry and on the command line.
    summary : str
        One line for ``styleid backbones``.
    architecture : str
        Name of the network; the same weights in the same architecture make the same vectors.
    layer : str
        What is read off: the layer and its pooling.
    dim : int
        Length of a vector.
    preset : Preset
        How a picture is prepared.
    on_disk : callable
        ``on_disk() -> Weights or None``: its own weights, if they are there.
    fetch : callable
        ``fetch() -> Weights``: bring its own weights, or raise `WeightsError`.
    unused : tuple of str
        Prefixes of tensors that do not change the vectors (a classifier's last layer).
    build : callable
        ``build(tensors) -> torch.nn.Module`` in evaluation mode that maps normalised pixels
        (b, 3, crop, crop) to (b, dim).
    """

    name: str
    summary: str
    architecture: str
    layer: str
    dim: int
    preset: Preset
    on_disk: Callable[[], Weights | None]
    fetch: Callable[[], Weights]
    build: Callable[[Tensors], torch.nn.Module]
    unused: tuple[str, ...] = ()

    def identity(self) -> dict[str, Any]:
        """Return what of the backbone belongs to the vector space, besides the weights' digest.

        Returns
        -------
        dict
        """
        return {
            "backbone": self.name,
            "architecture": self.architecture,
            "layer": self.layer,
            "dim": self.dim,
            "preprocessing": asdict(self.preset),
        }


def get_backbone(name: str) -> Backbone:
    """Return the backbone registered as `name`, importing its module.

    Parameters
    ----------
    name : str
        A key of `REGISTRY`.

    Returns
    -------
    Backbone

    Raises
    ------
    InputError
        If there is no such backbone; the message lists those there are.
    """
    if name not in REGISTRY:
        raise InputError(
            f"there is no backbone called {name!r}; choose one of: {', '.join([AUTO, *REGISTRY])}",
            name=name,
            available=tuple(REGISTRY),
        )
    backbone = import_module(REGISTRY[name]).BACKBONE
    assert isinstance(backbone, Backbone)
    return backbone
