"""How vectors came about."""

from __future__ import annotations

import platform
import time
from importlib.metadata import version

from styleid.backbones.choose import Choice


def provenance(runtime: str, device: str, choice: Choice) -> dict[str, str]:
    """Return what is kept with each shard, for a person: none of it changes what a vector means.

    Parameters
    ----------
    runtime, device : str
        What executed the network, and where.
    choice : Choice
        Backbone and weights.

    Returns
    -------
    dict of str to str
        Versions, machine, device, origin of the weights, time (UTC).
    """
    return {
        **{package: version(package) for package in ("styleid", "torch", "torchvision", "pillow")},
        "python": platform.python_version(),
        "machine": platform.machine(),
        "device": device,
        "runtime": runtime,
        "weights": choice.weights.origin,
        "created": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
    }
