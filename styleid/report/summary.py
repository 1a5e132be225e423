"""What a report is made from: one fit, its out-of-fold predictions and its projection."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from styleid.report.projection import Projection


@dataclass(frozen=True)
class RunData:
    """Everything the plots and the page show; all arrays in the same row order.

    Attributes
    ----------
    result : mapping
        The content of ``result.json`` (``docs/formats.md``).
    image_ids : sequence of str
        (n,) scored pictures.
    paths : sequence of Path
        (n,) where each picture lies now; a picture may be gone since.
    true : NDArray of int64
        (n,) index of each picture's own label in ``result["labels"]``.
    predicted : NDArray of int64
        (n,) index of the predicted label.
    scores : NDArray of float64
        (n, n_labels) per-class scores: probabilities, unless the calibration's method is ``identity``.
    folds : sequence of str
        (n,) name of the part each picture was scored in.
    projection : Projection or None
        2-D coordinates of the same n pictures.
    curves : sequence of mapping
        For heads trained by epochs, one entry a training:
        ``{"name", "loss", "val_loss", "accuracy", "val_accuracy", "best_epoch"}``; else empty.
    """

    result: Mapping[str, Any]
    image_ids: Sequence[str]
    paths: Sequence[Path]
    true: NDArray[np.int64]
    predicted: NDArray[np.int64]
    scores: NDArray[np.float64]
    folds: Sequence[str]
    projection: Projection | None
    curves: Sequence[Mapping[str, Any]] = ()
