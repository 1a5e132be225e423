"""The project's two versions of its data, and how each is divided."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from styleid.data.decode.images import decode
from styleid.data.decode.policy import DecodePolicy
from styleid.data.decode.reading import read_bytes
from styleid.data.manifest.table import Manifest
from styleid.data.views.crops import center_view
from styleid.errors import ImageError, InputError
from styleid.evaluate.folds.holdout import holdout
from styleid.evaluate.folds.table import Fold
from styleid.rows.training_set import TrainingSet

#: Column of the manifest, and its value for pictures of the first version.
COLUMN, FIRST = "version", "v1"
VERSIONS = ("v1", "v2")
#: How pictures are divided: each by itself, as the project did, or subjects kept together.
SPLITS = ("per picture", "grouped")


@dataclass(frozen=True, eq=False)
class Version:
    """One version of the data; `rows` and `folds` count rows of the whole set."""

    rows: NDArray[np.int64]
    folds: dict[str, Fold]  # kind of division -> the division


def versions(data: TrainingSet, seed: int) -> dict[str, Version]:
    """Divide both versions 64/16/20, picture by picture and with groups together; ``v2`` is the whole set."""
    first = np.array([row.value(COLUMN) == FIRST for row in data.manifest.rows])
    if not first.any() or first.all():
        raise InputError(
            f"the study needs two versions: a column {COLUMN!r} of the manifest that is {FIRST!r} "
            f"in the rows of the first, found it in {int(first.sum())} of {len(first)}; fill the column",
            found=int(first.sum()),
        )
    return {
        name: _version(data, np.flatnonzero(first) if name == FIRST else np.arange(len(first)), seed)
        for name in VERSIONS
    }


def _version(data: TrainingSet, rows: NDArray[np.int64], seed: int) -> Version:
    groups = {"per picture": np.arange(len(rows)), "grouped": data.components[rows]}
    return Version(
        rows, {split: _placed(holdout(data.y[rows], groups[split], seed), rows) for split in SPLITS}
    )


def _placed(fold: Fold, rows: NDArray[np.int64]) -> Fold:
    """Return the division with row numbers of the whole set."""
    if fold.validation is None:
        raise InputError(f"the study needs a validation part: {'; '.join(fold.notes)}; add pictures")
    return Fold(fold.name, rows[fold.train], rows[fold.test], rows[fold.validation], fold.notes)


def read_pixels(manifest: Manifest, side: int) -> NDArray[np.uint8]:
    """Decode every picture to (n, side, side, 3); what a picture has beyond a square is cut off."""
    policy = DecodePolicy()
    pixels = np.empty((len(manifest), side, side, 3), dtype=np.uint8)
    for i, row in enumerate(manifest.rows):
        pixels[i] = _read(manifest.file(row), policy, side)
    return pixels


def _read(path: Path, policy: DecodePolicy, side: int) -> NDArray[np.uint8]:
    try:
        return center_view(decode(read_bytes(path, policy), policy).image, side, side)
    except ImageError as error:
        raise ImageError(error.code, f"{path}: {error}", path=path) from error
