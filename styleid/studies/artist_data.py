"""The project's two versions of its data, and its divisions of them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from styleid.data.images import DecodePolicy, decode, read_bytes
from styleid.data.manifest import Manifest
from styleid.data.views import center_view
from styleid.errors import ImageError, InputError
from styleid.evaluate.fold import Fold
from styleid.evaluate.holdout import holdout
from styleid.runs.training_set import TrainingSet

#: Column of the manifest, and its value for pictures of the first version.
COLUMN, FIRST = "version", "v1"
VERSIONS = ("v1", "v2")
#: How pictures are divided: each by itself, as the project did, or subjects kept together.
SPLITS = ("per picture", "grouped")


@dataclass(frozen=True, eq=False)
class Version:
    """One version of the data.

    Attributes
    ----------
    rows : NDArray of int64
        Its pictures, as row numbers of the whole set.
    folds : dict of str to Fold
        Kind of division -> the division, by row numbers of the whole set.
    """

    rows: NDArray[np.int64]
    folds: dict[str, Fold]


def versions(data: TrainingSet, seed: int) -> dict[str, Version]:
    """Divide both versions by the 64/16/20 rule, both ways.

    Parameters
    ----------
    data : TrainingSet
        n pictures, with a column ``version`` in which those of the first one have ``v1``.
    seed : int
        Seed of the draws.

    Returns
    -------
    dict of str to Version

    Raises
    ------
    InputError
        If the manifest does not tell the versions apart, or a division is not possible.
    """
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
    """Decode every picture, scaled to a square.

    Parameters
    ----------
    manifest : Manifest
        n pictures.
    side : int
        Of the square, in pixels; what a picture that is no square has more is cut off.

    Returns
    -------
    NDArray of uint8
        (n, side, side, 3).

    Raises
    ------
    ImageError
        If a picture cannot be decoded; the message names it.
    """
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
