"""``resnet18``: trained on ImageNet by torchvision, whose loader, cache and checksum are used."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from urllib.error import URLError

from styleid.backbones.base import Backbone, Preset, Weights
from styleid.backbones.resnet import DESCRIPTORS, UNUSED, build_resnet18
from styleid.errors import WeightsError

#: File name of ``ResNet18_Weights.IMAGENET1K_V1``; by torch's convention it ends in the start of its SHA-256.
FILE = "resnet18-f37072fd.pth"
ORIGIN = "torchvision ResNet18_Weights.IMAGENET1K_V1"
#: Its address, as torchvision has it; to read it there would load torch, a second or two of every start.
URL = f"https://download.pytorch.org/models/{FILE}"


def _cache() -> Path:
    # torch.hub.get_dir() by the same three rules, without importing torch.
    cache = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    home = os.environ.get("TORCH_HOME") or os.path.join(cache, "torch")
    return Path(home).expanduser() / "hub" / "checkpoints" / FILE


def _on_disk() -> Weights | None:
    path = _cache()
    if not path.is_file():
        return None
    # torchvision checks a download but trusts a file that is already there, so a cut one would pass.
    with open(path, "rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    expected = path.stem.rpartition("-")[2]
    if not digest.startswith(expected):
        raise WeightsError(
            f"{path} is damaged: its SHA-256 starts with {digest[:8]}, not with {expected}; delete it",
            path=path,
        )
    return Weights(path, ORIGIN)


def _fetch() -> Weights:
    from torchvision.models import ResNet18_Weights

    try:
        ResNet18_Weights.IMAGENET1K_V1.get_state_dict(progress=False, check_hash=True)
    except (URLError, OSError, RuntimeError) as error:
        reason = getattr(error, "reason", None) or error
        raise WeightsError(
            f"the weights of resnet18 are not on this machine and their site cannot be reached ({reason}); "
            f"put {FILE} into {_cache().parent}, or use --weights FILE or --backbone resnet18-style",
            reason=str(reason),
        ) from error
    weights = _on_disk()
    if weights is None:
        raise WeightsError(f"torchvision loaded the weights of resnet18, but left no file at {_cache()}")
    return weights


BACKBONE = Backbone(
    name="resnet18",
    summary="ResNet-18 trained on ImageNet (torchvision, 45 MB, downloaded once)",
    architecture="resnet18",
    descriptors=DESCRIPTORS,
    preset=Preset(),
    on_disk=_on_disk,
    fetch=_fetch,
    build=build_resnet18,
    unused=UNUSED,
)
