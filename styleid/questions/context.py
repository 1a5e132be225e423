"""What a question of a fit is given to measure by."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from styleid.evaluate.calibration import CalibratedFold, HeldOut
from styleid.evaluate.crossval import Predictions
from styleid.evaluate.table import Fold
from styleid.heads.base import Head
from styleid.questions.run_data import Projection
from styleid.rows.selection import FitOptions
from styleid.rows.training_set import TrainingSet
from styleid.rules.calibrator import Calibrator

#: Called as ``progress(stage, done, total)``; a total of 0 means that nobody knows.
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, eq=False)
class Scored:
    """A head's predictions on folds that keep components together, and what it is compared with on them.

    `measured` says whether the scores are calibrated: all are or none, and a fold with nothing to calibrate
    by makes it none.
    """

    predictions: Predictions
    measured: bool
    plain: NDArray[np.float64]  # (m, k) scores before calibration
    folds: list[Fold]
    calibrated: list[CalibratedFold]
    baselines: Mapping[str, Predictions]
    notes: tuple[str, ...]


class Shipped(NamedTuple):
    """The head of the model, its parameters, its calibration, and the scores behind that."""

    estimator: Any
    params: Mapping[str, Any]
    calibrator: Calibrator  # of plain scores
    units: Calibrator  # the same, of scores divided by a head's lead
    known: HeldOut | None


@dataclass(frozen=True, eq=False)
class FitContext:
    """A head that was scored and fitted, and the rows it learned from."""

    head: Head
    data: TrainingSet
    options: FitOptions
    scored: Scored
    shipped: Shipped
    project: Callable[[], Projection]  # waits for the projection, which is made beside all other work
    n_jobs: int
    progress: Progress
