"""What every record of a run says: when, on what, by which versions."""

from __future__ import annotations

import platform
import time
from collections.abc import Iterable, Sequence
from importlib.metadata import version
from typing import Any

import numpy as np

from styleid.rows.training_set import TrainingSet
from styleid.vectors.store.space import Space

PYTHON = "python"
#: What the numbers of a fit and of its plots may depend on.
PACKAGES = (
    "styleid",
    PYTHON,
    "numpy",
    "scikit-learn",
    "scipy",
    "torch",
    "torchvision",
    "pillow",
    "umap-learn",
    "skops",
)


def common_record(
    data: TrainingSet, space: Space, notes: Iterable[str], packages: Sequence[str] = PACKAGES
) -> dict[str, Any]:
    """Return the keys that all records of runs on a training set have, as in ``docs/formats.md``."""
    return {
        "created": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "labels": list(data.labels),
        "n_images": len(data.manifest),
        "n_groups": len(np.unique(data.components)),
        "n_excluded": data.n_excluded,
        "space": space.id,
        "versions": versions(packages),
        "notes": list(notes),
    }


def versions(packages: Sequence[str]) -> dict[str, str]:
    """Return the version of each package; `PYTHON` stands among them."""
    return {name: platform.python_version() if name == PYTHON else version(name) for name in packages}
