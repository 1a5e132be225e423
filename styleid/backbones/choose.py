"""Choose a backbone and its weights, by name or by what this machine has."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from urllib.error import URLError
from urllib.request import Request, urlopen

from styleid.backbones.base import AUTO, Backbone, Weights, get_backbone
from styleid.backbones.resnet18 import URL
from styleid.backbones.weights_file import weights_digest
from styleid.errors import WeightsError

IMAGENET = "resnet18"
SHIPPED = "resnet18-style"
PROBE_SECONDS = 3.0
_SHIPPED = "the ones that ship with styleid"


@dataclass(frozen=True)
class Choice:
    """A backbone with weights."""

    backbone: Backbone
    weights: Weights
    digest: str  # identity of the parameters
    reason: str  # which weights, and why these, to stand behind "weights: "
    automatic: bool  # whether the choice was left to styleid


def choose_backbone(
    name: str = AUTO, weights: Path | None = None, last_automatic: str | None = None
) -> Choice:
    """Find the backbone called `name` and its weights; a `WeightsError` says that they cannot be had.

    ``auto`` takes ``resnet18`` when its weights are given, on disk or can be had, else ``resnet18-style``. A
    backbone named explicitly never falls back to another. If ``auto`` took the shipped one last time
    (`last_automatic`), the download site is not asked again: a set half embedded must not change its space
    because a network came back.
    """
    automatic = name == AUTO
    if weights is not None:
        backbone = get_backbone(IMAGENET if automatic else name)
        return _choice(
            backbone, Weights(weights, str(weights)), f"those in {weights}, for {backbone.name}", False
        )
    if not automatic:
        backbone = get_backbone(name)
        return _choice(
            backbone, backbone.on_disk() or backbone.fetch(), f"those of {name}, as asked for", False
        )
    imagenet, shipped = get_backbone(IMAGENET), get_backbone(SHIPPED)
    if weights_here := imagenet.on_disk():
        return _choice(imagenet, weights_here, "ImageNet's, which are on this machine", True)
    if last_automatic == SHIPPED:
        return _choice(shipped, shipped.fetch(), f"{_SHIPPED} (as in the last run)", True)
    if not _site_answers():
        return _choice(shipped, shipped.fetch(), f"{_SHIPPED} (ImageNet's cannot be reached)", True)
    try:
        return _choice(imagenet, imagenet.fetch(), "ImageNet's, downloaded now", True)
    except WeightsError:
        return _choice(shipped, shipped.fetch(), f"{_SHIPPED} (ImageNet's could not be downloaded)", True)


def _choice(backbone: Backbone, weights: Weights, reason: str, automatic: bool) -> Choice:
    return Choice(backbone, weights, weights_digest(weights.path, backbone.unused), reason, automatic)


def _site_answers() -> bool:
    """Ask torchvision's site for nothing but an answer; its own loader would wait without a limit."""
    try:
        with urlopen(Request(URL, method="HEAD"), timeout=PROBE_SECONDS):
            return True
    except (URLError, OSError):
        return False
