"""Context."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from styleid.evaluate.calibration.folds import CalibratedFold
from styleid.evaluate.folds.table import Fold
from styleid.evaluate.scoring.predictions import Predictions
from styleid.questions.leakage.measure import LeakageGap

#: Called as ``progress(stage, done, total)``; a total of 0 means that nobody knows.
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Scored:
    """A head's predictions on folds that keep components together, with those it is compared with.

    `measured` says whether the scores are calibrated: all are or none, and a fold with nothing to calibrate
    by makes it none. `naive` and `gap` are None for a holdout and where every picture stands alone anyway.
    """

    predictions: Predictions
    measured: bool
    plain: NDArray[np.float64]  # (m, k) scores before calibration
    folds: list[Fold]
    calibrated: list[CalibratedFold]
    baselines: Mapping[str, Predictions]  # on the same folds
    naive: Predictions | None  # the head on random folds, not calibrated
    gap: LeakageGap | None  # by how much the naive number flatters
    sources: Predictions | None  # on unseen sources; None where fewer than two are known
    notes: tuple[str, ...]
