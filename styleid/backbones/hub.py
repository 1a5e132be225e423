"""Weights of torchvision, by its own loader, cache and checksum."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from urllib.error import URLError

from styleid.backbones.base import Weights
from styleid.errors import WeightsError


def cache() -> Path:
    """Return where torch keeps downloads: torch.hub.get_dir() by the same three rules, without torch."""
    cache = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    home = os.environ.get("TORCH_HOME") or os.path.join(cache, "torch")
    return Path(home).expanduser() / "hub" / "checkpoints"


def on_disk(file: str, origin: str) -> Weights | None:
    """Return downloaded weights; by torch's convention their name ends in the start of their SHA-256."""
    path = cache() / file
    if not path.is_file():
        return None
    # torchvision checks a download but trusts a file that is already there, so a cut one would pass.
    with open(path, "rb") as opened:
        digest = hashlib.file_digest(opened, "sha256").hexdigest()
    expected = path.stem.rpartition("-")[2]
    if not digest.startswith(expected):
        raise WeightsError(
            f"{path} is damaged: its SHA-256 starts with {digest[:8]}, not with {expected}; delete it",
            path=path,
        )
    return Weights(path, origin)


def fetch(name: str, file: str, origin: str, download: Callable[[], object]) -> Weights:
    """Download the weights of the network `name` into the cache."""
    try:
        download()
    except (URLError, OSError, RuntimeError) as error:
        reason = getattr(error, "reason", None) or error
        raise WeightsError(
            f"the weights of {name} are not on this machine and their site cannot be reached ({reason}); "
            f"put {file} into {cache()}, or use --weights FILE or --backbone resnet18-style",
            reason=str(reason),
        ) from error
    weights = on_disk(file, origin)
    if weights is None:
        raise WeightsError(f"torchvision loaded the weights of {name}, but left no file at {cache() / file}")
    return weights
