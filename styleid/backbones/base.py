"""What a backbone is, and how one is found by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
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
#: Names of descriptors: what is read off a network. A space without a name of its own is of the first.
AVGPOOL, STYLE = "avgpool", "style"
#: What is read off where nobody says: the one that told hands apart better for less work (docs/views.md).
DEFAULT_DESCRIPTOR = STYLE

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
class Descriptor:
    """What is read off a network.

    Attributes
    ----------
    layer : str
        The layers and their pooling, in words: part of the vector space.
    dim : int
        Length of a vector.
    """

    layer: str
    dim: int


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
    descriptors : mapping of str to Descriptor
        What can be read off it, by name.
    preset : Preset
        How a picture is prepared.
    on_disk : callable
        ``on_disk() -> Weights or None``: its own weights, if they are there.
    fetch : callable
        ``fetch() -> Weights``: bring its own weights, or raise `WeightsError`.
    unused : tuple of str
        Prefixes of tensors that do not change the vectors (a classifier's last layer).
    build : callable
        ``build(tensors, descriptors) -> torch.nn.Module`` in evaluation mode that maps normalised pixels
        (b, 3, crop, crop) to the vectors of these descriptors side by side, (b, sum of dims).
    """

    name: str
    summary: str
    architecture: str
    descriptors: Mapping[str, Descriptor]
    preset: Preset
    on_disk: Callable[[], Weights | None]
    fetch: Callable[[], Weights]
    build: Callable[[Tensors, Sequence[str]], torch.nn.Module]
    unused: tuple[str, ...] = ()

    def identity(self, descriptor: str) -> dict[str, Any]:
        """Return what of the backbone belongs to the vector space, besides the weights' digest.

        Parameters
        ----------
        descriptor : str
            What is read off.

        Returns
        -------
        dict

        Raises
        ------
        InputError
            If the backbone has no such descriptor.
        """
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
        """Return the names, each once, if the backbone has them all.

        Parameters
        ----------
        names : sequence of str
            Descriptors.

        Returns
        -------
        tuple of str

        Raises
        ------
        InputError
            If there is none, or the backbone has no such descriptor.
        """
        wrong = [name for name in names if name not in self.descriptors]
        if wrong or not names:
            raise InputError(
                f"--descriptor expects one or more of {', '.join(self.descriptors)} joined by +; found "
                f"{'+'.join(names)!r}",
                descriptors=tuple(names),
            )
        return tuple(dict.fromkeys(names))


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
