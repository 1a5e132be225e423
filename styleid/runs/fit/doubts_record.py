"""The part of ``result.json`` that says how far to believe the rest."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from styleid.questions.calibration.measure import calibration_metrics
from styleid.questions.context import Scored
from styleid.runs.fit.doubts import Doubts, hidden_means


def trust_result(
    method: str, scored: Scored, doubts: Doubts, components: NDArray[np.int64], seed: int
) -> dict[str, Any]:
    """Put calibration, label sets, strangers and the learning curve together; their records name the keys.

    `method` is the calibration of the shipped head; `components` is (n,), of all pictures.
    """
    predictions, unknown = scored.predictions, doubts.unknown
    before, after = (
        calibration_metrics(predictions.true, scores, components[predictions.rows], seed=seed)
        for scores in (scored.plain, predictions.scores)
    )
    return {
        "calibration": {"method": method, "before": before, "after": after},
        "label_sets": doubts.sets,
        "unknown": {
            "kind": unknown.detector.kind,
            "false_alarm": unknown.false_alarm,
            "mean_auroc": unknown.mean_auroc,
            "hidden": unknown.hidden,
            **hidden_means(unknown),
            "false_alarms": unknown.false_alarms,
            "curve": [
                {"coverage": point.coverage, "accuracy": point.accuracy, "n": point.accuracy.n}
                for point in doubts.kept
            ],
        },
        "strangers": doubts.strangers,
        "learning_curve": doubts.curve,
    }
