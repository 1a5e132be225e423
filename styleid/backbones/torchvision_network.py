"""Any other classifier of torchvision, by its name there: what is read off it is found by looking at it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache, partial
from typing import TYPE_CHECKING, Any

from styleid.backbones import hub
from styleid.backbones.base import AVGPOOL, STYLE, Backbone, Descriptor, Preset, Tensors
from styleid.backbones.resnet import mean_and_deviation
from styleid.errors import WeightsError

if TYPE_CHECKING:
    import torch

#: Parts of a side that maps are read at for `style`: those of a ResNet's first three stages.
STRIDES = (4, 8, 16)
#: They want their pixels otherwise than all others, and have further outputs.
_OTHERWISE = ("googlenet", "inception_v3")


def find_network(name: str) -> Backbone | None:
    """Return torchvision's classifier of this name; None if there is none, or it does not end in a layer."""
    from torchvision import models

    if name not in models.list_models(module=models) or name in _OTHERWISE:
        return None
    default = models.get_model_weights(name).DEFAULT
    preset, file = default.transforms(), default.url.rpartition("/")[2]
    (side,), (resize,) = preset.crop_size, preset.resize_size
    last, maps, dim = _look(name, side)
    if last is None:
        return None
    descriptors = {AVGPOOL: Descriptor(f"what goes into {last}", dim)}
    if len(maps) == len(STRIDES):
        read = f"{', '.join(maps)}, each the channels' means, then their standard deviations"
        descriptors[STYLE] = Descriptor(read, 2 * sum(maps.values()))
    origin = f"torchvision {type(default).__name__}.{default.name}"
    return Backbone(
        name=name,
        summary=f"{name} trained on ImageNet (torchvision)",
        architecture=f"torchvision {name}",
        descriptors=descriptors,
        preset=Preset(resize, side, tuple(preset.mean), tuple(preset.std)),
        on_disk=partial(hub.on_disk, file, origin),
        fetch=partial(
            hub.fetch, name, file, origin, partial(default.get_state_dict, progress=False, check_hash=True)
        ),
        build=partial(_build, name, last, tuple(maps)),
        unused=(f"{last}.",),
    )


def networks_here() -> list[Backbone]:
    """Return torchvision's classifiers whose weights were downloaded, but `resnet18`."""
    if not hub.cache().is_dir():
        return []
    from torchvision import models

    there = {path.name for path in hub.cache().iterdir()}
    names = [
        name
        for name in models.list_models(module=models)
        if name != "resnet18" and models.get_model_weights(name).DEFAULT.url.rpartition("/")[2] in there
    ]
    return [backbone for name in names if (backbone := find_network(name))]


def _make(name: str) -> Any:
    """Make the network with weights that mean nothing, and leave the random numbers as they were."""
    import torch
    from torchvision import models

    with torch.random.fork_rng(devices=[]):
        return models.get_model(name, weights=None).eval()


@cache
def _look(name: str, side: int) -> tuple[str | None, dict[str, int], int]:
    """Return the last linear layer, which layers end the stages that are read (name -> width), and its input.

    A stage ends at the last map of its size, of the outermost layers that have such maps.
    """
    import torch

    network = _make(name)
    linear = [(at, layer) for at, layer in network.named_modules() if isinstance(layer, torch.nn.Linear)]
    seen: dict[str, list[tuple[int, int]]] = {}

    def see(at: str, layer: object, given: object, made: object) -> None:
        if at and isinstance(made, torch.Tensor) and made.ndim == 4 and made.shape[2] == made.shape[3]:
            seen.setdefault(at, []).append((int(made.shape[2]), int(made.shape[1])))

    for at, layer in network.named_modules():
        layer.register_forward_hook(partial(see, at))
    with torch.inference_mode():
        network(torch.zeros(1, 3, side, side))
    maps: dict[str, int] = {}
    for stride in STRIDES:
        size = side // stride
        once = {at: found[0][1] for at, found in seen.items() if [one for one, _ in found] == [size]}
        if once:
            outermost = min(at.count(".") for at in once)
            end = [at for at in once if at.count(".") == outermost][-1]
            maps[end] = once[end]
    at, layer = linear[-1] if linear else (None, torch.nn.Linear(1, 1))
    return at, maps, int(layer.in_features)


def _build(
    name: str, last: str, maps: Sequence[str], tensors: Tensors, descriptors: Sequence[str]
) -> torch.nn.Module:
    import torch
    from torch import nn

    network = _make(name)
    given = {at: torch.from_numpy(array) for at, array in tensors.items() if not at.startswith(f"{last}.")}
    network.set_submodule(last, nn.Identity())
    expected = {at: tensor for at, tensor in network.state_dict().items() if tensor.is_floating_point()}
    wrong = sorted(
        at
        for at in expected.keys() | given.keys()
        if at not in given or at not in expected or given[at].shape != expected[at].shape
    )
    if wrong:
        raise WeightsError(
            f"these are no weights of {name}: {wrong[0]} should be "
            f"{_shape(expected.get(wrong[0]))}, is {_shape(given.get(wrong[0]))} ({len(wrong)} such tensors)",
            tensors=tuple(wrong),
        )
    network.load_state_dict(given, strict=False)

    class Read(nn.Module):
        """The network, and what is read off it on the way."""

        def __init__(self) -> None:
            super().__init__()
            self.network = network
            self.statistics: dict[str, list[torch.Tensor]] = {}
            if STYLE in descriptors:
                for at in maps:
                    network.get_submodule(at).register_forward_hook(partial(self.keep, at))

        def keep(self, at: str, layer: object, given: object, made: torch.Tensor) -> None:
            self.statistics[at] = mean_and_deviation(made)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            end = self.network(x)
            read = {AVGPOOL: [end], STYLE: [part for at in maps for part in self.statistics.pop(at, ())]}
            return torch.cat([part for name in descriptors for part in read[name]], dim=1)

    return Read().eval().requires_grad_(False)


def _shape(tensor: torch.Tensor | None) -> object:
    return "absent" if tensor is None else tuple(tensor.shape)
