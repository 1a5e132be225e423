"""``resnet18-style``: weights of our own that ship inside the package; their card lies beside them."""

from __future__ import annotations

from pathlib import Path

from styleid.backbones.base import Backbone, Preset, Weights
from styleid.backbones.resnet import DESCRIPTORS, UNUSED, build_resnet18
from styleid.errors import WeightsError

FILE = Path(__file__).parent / "weights" / "resnet18-style.safetensors"
ORIGIN = "styleid, version 1 (shipped with the package)"


def _on_disk() -> Weights | None:
    return Weights(FILE, ORIGIN) if FILE.is_file() else None


def _fetch() -> Weights:
    weights = _on_disk()
    if weights is None:
        raise WeightsError(
            f"the weights that ship with styleid are missing from {FILE}; install styleid again"
        )
    return weights


BACKBONE = Backbone(
    name="resnet18-style",
    summary="ResNet-18 trained on freely licensed drawings (ships with styleid, works offline)",
    architecture="resnet18",
    descriptors=DESCRIPTORS,
    preset=Preset(),
    on_disk=_on_disk,
    fetch=_fetch,
    build=build_resnet18,
    unused=UNUSED,
)
