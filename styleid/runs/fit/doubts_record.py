"""The part of ``result.json`` that says how far to believe the rest."""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import Any

import numpy as np
from numpy.typing import NDArray

from styleid.evaluate.intervals.measured import Interval, Share
from styleid.questions.calibration.measure import Calibration, calibration_metrics
from styleid.questions.context import Scored
from styleid.questions.more_pictures.measure import LearningCurve
from styleid.runs.fit.doubts import METHOD, Doubts, hidden_means

Json = dict[str, Any]


def trust_result(
    method: str, scored: Scored, doubts: Doubts, components: NDArray[np.int64], seed: int
) -> Json:
    """Put calibration, label sets, strangers and the learning curve into plain values.

    `method` is the calibration of the shipped head; `components` is (n,), of all pictures.
    """
    predictions = scored.predictions
    groups = components[predictions.rows]
    before, after = (
        _calibration(calibration_metrics(predictions.true, scores, groups, seed=seed))
        for scores in (scored.plain, predictions.scores)
    )
    strangers = doubts.strangers
    return {
        "calibration": {"method": method, "before": before, "after": after},
        "label_sets": _sets(doubts, predictions.labels),
        "unknown": _unknown(doubts),
        "strangers": None
        if strangers is None
        else [
            {
                "label": one.label,
                "called_target": _share(one.called_target),
                "when_known": _share(one.when_known),
                "n_images": one.called_target.n,
            }
            for one in strangers
        ],
        "learning_curve": _learning_curve(doubts.curve),
    }


def _calibration(found: Calibration) -> Json:
    return {
        **{name: _metric(found.values[name], found.intervals[name]) for name in found.values},
        "ece_if_perfect": found.if_perfect,
        "n_bins": found.n_bins,
        "curve": [point._asdict() for point in found.curve],
    }


def _sets(doubts: Doubts, labels: tuple[str, ...]) -> Json | None:
    if doubts.sets is None:
        return None
    found = doubts.sets
    return {
        "level": found.level,
        "method": METHOD,
        "coverage": _share(found.coverage),
        "size": _share(found.size),
        "single": _share(found.single),
        "by_label": {
            label: None if share is None else _share(share)
            for label, share in zip(labels, found.by_label, strict=True)
        },
    }


def _unknown(doubts: Doubts) -> Json:
    found = doubts.unknown
    hidden = [
        {
            "label": one.label,
            "kind": one.kind,
            "auroc": _metric(one.auroc, one.auroc_interval),
            "fpr_at_95_tpr": one.fpr_at_95_tpr,
            "recognised": _share(one.recognised),
            "false_alarms": _share(one.false_alarms),
            "n_images": one.recognised.n,
        }
        for one in found.hidden
    ]
    return {
        "kind": found.detector.kind,
        "false_alarm": found.false_alarm,
        "mean_auroc": found.mean_auroc,
        "hidden": hidden,
        **hidden_means(found),
        "false_alarms": _share(found.false_alarms),
        "curve": [
            {"coverage": point.coverage, "accuracy": _share(point.accuracy), "n": point.accuracy.n}
            for point in doubts.kept
        ],
    }


def _learning_curve(found: LearningCurve) -> Json:
    plain = asdict(found)
    gains = ("gain", "gain_low", "gain_high")
    return plain | {name: None if math.isnan(plain[name]) else plain[name] for name in gains}


def _share(share: Share) -> Json:
    return _metric(share.value, share.interval)


def _metric(value: float, interval: Interval) -> Json:
    return {"value": value, "low": interval.low, "high": interval.high}
