"""How vectors came about."""

from __future__ import annotations

import platform
import time
from importlib.metadata import version

from styleid.backbones.choose import Choice


def provenance(runtime: str, device: str, choice: Choice) -> dict[str, str]:
    """Return what is kept with each shard, for a person: none of it changes what a vector means."""
    return {
        **{package: version(package) for package in ("styleid", "torch", "torchvision", "pillow")},
        "python": platform.python_version(),
        "machine": platform.machine(),
        "device": device,
        "runtime": runtime,
        "weights": choice.weights.origin,
        "created": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
    }
