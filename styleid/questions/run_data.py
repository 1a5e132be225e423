"""What a report is made from: one fit, its out-of-fold predictions and its projection."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

#: What a head is held against a baseline by.
JUDGED = ("accuracy", "balanced_accuracy")


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


def is_guessing(result: Mapping[str, Any]) -> bool:
    """Say whether a head was ahead of the commonest label by none of the metrics that could be compared."""
    outcomes = [compare_with(result, "majority", metric) for metric in JUDGED]
    return 1 not in outcomes and any(outcome is not None for outcome in outcomes)


def compare_with(result: Mapping[str, Any], baseline: str, metric: str) -> int | None:
    """Say on which side of a baseline the head's metric lies, 0 for neither; None where nothing tells.

    The two are scored on the same pictures, so their difference is looked at, not whether intervals overlap.
    """
    difference = result["less_baselines"].get(baseline, {}).get(metric)
    if difference is None or difference["value"] is None:
        return None
    if difference["low"] is None:  # nothing moves it: the same answers, or groups that are all alike
        return 0 if difference["value"] == 0 else None
    return 1 if difference["low"] > 0 else -1 if difference["high"] < 0 else 0
