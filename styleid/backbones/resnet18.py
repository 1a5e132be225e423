"""``resnet18``: trained on ImageNet by torchvision, whose loader, cache and checksum are used."""

from __future__ import annotations

from functools import partial

from styleid.backbones import hub
from styleid.backbones.base import Backbone, Preset
from styleid.backbones.resnet import DESCRIPTORS, UNUSED, build_resnet18

#: File name of ``ResNet18_Weights.IMAGENET1K_V1``.
FILE = "resnet18-f37072fd.pth"
ORIGIN = "torchvision ResNet18_Weights.IMAGENET1K_V1"
#: Its address, as torchvision has it; to read it there would load torch, a second or two of every start.
URL = f"https://download.pytorch.org/models/{FILE}"


def _download() -> object:
    from torchvision.models import ResNet18_Weights

    return ResNet18_Weights.IMAGENET1K_V1.get_state_dict(progress=False, check_hash=True)


BACKBONE = Backbone(
    name="resnet18",
    summary="ResNet-18 trained on ImageNet (torchvision, 45 MB, downloaded once)",
    architecture="resnet18",
    descriptors=DESCRIPTORS,
    preset=Preset(),
    on_disk=partial(hub.on_disk, FILE, ORIGIN),
    fetch=partial(hub.fetch, "resnet18", FILE, ORIGIN, _download),
    build=build_resnet18,
    unused=UNUSED,
)
