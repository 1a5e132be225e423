"""From picture files to a verdict: the only place where backbones and heads meet."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from styleid.data.folder import find_pictures
from styleid.errors import ImageError, InputError
from styleid.model.bundle import Bundle
from styleid.vectors.embedder import Embedder


@dataclass(frozen=True)
class Verdict:
    """What a model says of one picture.

    Attributes
    ----------
    path : str
        As given.
    label : str or None
        The likeliest label; None if the picture could not be used.
    scores : mapping of str to float
        Label -> probability, likeliest first.
    error : ImageError or None
        Why there is no verdict.
    """

    path: str
    label: str | None
    scores: dict[str, float]
    error: ImageError | None = None

    def plain(self) -> dict[str, Any]:
        """Return the verdict as plain values, for ``--json``.

        Returns
        -------
        dict
            ``path``, ``label``, ``scores``; for a failure also ``error`` with ``code`` and ``message``.
        """
        told: dict[str, Any] = {"path": self.path, "label": self.label, "scores": self.scores}
        if self.error is not None:
            told["error"] = {"code": self.error.code, "message": str(self.error)}
        return told


def predict(
    bundle: Bundle,
    pictures: Sequence[str | os.PathLike[str]],
    weights: Path | None = None,
    device: str = "auto",
) -> list[Verdict]:
    """Judge pictures.

    Parameters
    ----------
    bundle : Bundle
        A loaded model.
    pictures : sequence of path
        Files, or folders whose pictures are meant.
    weights : Path or None
        The weights file the model's vectors were made with, if it was not the backbone's own.
    device : str
        ``auto``, ``cpu``, ``cuda`` or ``mps``.

    Returns
    -------
    list of Verdict
        One a picture, in the order given.

    Raises
    ------
    InputError
        If a folder holds no pictures.
    BundleError
        If the model was made in another space than this backbone's.
    """
    paths = [path for picture in pictures for path in _files(Path(picture))]
    embedder = Embedder(str(bundle.space["backbone"]), weights, device, batch_size=min(32, len(paths)))
    bundle.require_space(embedder.space.identity)
    vectors, errors = embedder.try_transform(paths)
    usable = np.array([error is None for error in errors])
    scores = np.full((len(paths), len(bundle.labels)), np.nan)
    if usable.any():
        scores[usable] = bundle.scores(vectors[usable])
    return [
        _verdict(path, bundle.labels, row.tolist(), error)
        for path, row, error in zip(paths, scores, errors, strict=True)
    ]


def _verdict(path: Path, labels: Sequence[str], scores: list[float], error: ImageError | None) -> Verdict:
    if error is not None:
        return Verdict(str(path), None, {}, error)
    ranked = sorted(zip(labels, scores, strict=True), key=lambda entry: -entry[1])
    return Verdict(str(path), ranked[0][0], dict(ranked))


def _files(picture: Path) -> list[Path]:
    if not picture.is_dir():
        return [picture]
    found = find_pictures(picture).pictures
    if not found:
        raise InputError(f"no pictures in {picture}", path=picture)
    return [picture / name for name in found]
