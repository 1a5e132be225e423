"""What a report is made from: one fit, its out-of-fold predictions and its projection."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class RunData:
    """Everything the plots and the page show; all arrays in the same row order.

    A curve holds ``name``, ``loss``, ``val_loss``, ``accuracy``, ``val_accuracy`` and ``best_epoch``.
    """

    result: Mapping[str, Any]  # content of result.json (docs/formats.md)
    image_ids: Sequence[str]  # (n,) scored pictures
    paths: Sequence[Path]  # (n,) where each lies now; it may be gone
    true: NDArray[np.int64]  # (n,) index into result["labels"]
    predicted: NDArray[np.int64]  # (n,) likewise
    scores: NDArray[np.float64]  # (n, n_labels); probabilities unless calibration is identity
    off_centre: NDArray[np.float64]  # (n,) how far each vector is from the mean of its label, in any unit
    folds: Sequence[str]  # (n,) name of the part each was scored in
    projection: Projection | None  # of the same n pictures
    curves: Sequence[Mapping[str, Any]] = ()  # epochs of each training; empty for other heads


@dataclass(frozen=True)
class Projection:
    """Where each picture stands in a plane.

    Trustworthiness is 1 when near neighbours in the plane are near neighbours among the vectors too, and
    about 0.5 for a random arrangement; None for fewer than 3 rows or when all rows are equal.
    """

    coordinates: NDArray[np.float64]  # (n, 2), in the order of the rows projected
    method: str  # "umap" or "pca"
    trustworthiness: float | None
    note: str | None  # one line when UMAP could not be used


def is_calibrated(result: Mapping[str, Any]) -> bool:
    """Say whether the scores are probabilities; an identity map ties them to no frequencies."""
    return bool(result["calibration"]["method"] != "identity")


def score_word(result: Mapping[str, Any], *, full: bool = False) -> str:
    """Name what is shown beside a label; `full` says of a score that it is no probability."""
    if is_calibrated(result):
        return "probability"
    return "score, not a probability" if full else "score"
