"""Made-up values of the keys of a result that say how far to trust a single answer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


def metric(value: float | None, spread: float = 0.04) -> dict[str, float | None]:
    if value is None:
        return {"value": None, "low": None, "high": None}
    return {"value": value, "low": max(0.0, value - spread), "high": min(1.0, value + spread)}


def scores(ece: float, lean: float, bins: int = 12) -> dict[str, Any]:
    """Scores that are `lean` too high."""
    curve = []
    for i in range(bins):
        score = 0.3 + 0.69 * (i + 0.5) / bins
        accuracy = min(1.0, max(0.0, score - lean + 0.03 * (-1) ** i))
        low, high = max(0.0, accuracy - 0.09), min(1.0, accuracy + 0.07)
        curve.append(
            {"score": score, "accuracy": accuracy, "low": low, "high": high, "n": 40 + i, "n_groups": 20}
        )
    return {
        "ece": metric(ece, 0.015),
        "ece_equal_width": metric(ece, 0.02),
        "brier": metric(0.42),
        "log_loss": {"value": 1.234, "low": 1.1, "high": 1.4},
        "ece_if_perfect": 0.021,
        "n_bins": bins,
        "curve": curve,
    }


def calibration(method: str = "temperature") -> dict[str, Any]:
    before = scores(0.13, 0.13)
    return {
        "method": method,
        "before": before,
        "after": before if method == "identity" else scores(0.03, 0.0),
    }


def unknown(labels: Sequence[str], recognised: float = 0.3, auroc: float = 0.72) -> dict[str, Any]:
    k = len(labels)
    hidden = [
        {
            "label": label,
            "auroc": metric(auroc + 0.2 * (i / max(k - 1, 1) - 0.5) * (k > 1), 0.06),
            "fpr_at_95_tpr": 0.81 - 0.2 * i / k,
            "recognised": metric(recognised + 0.1 * (i / max(k - 1, 1) - 0.5) * (k > 1), 0.09),
            "false_alarms": metric(0.052, 0.02),
            "n_images": 20 + i,
        }
        for i, label in enumerate(labels)
    ]
    return {
        "kind": "near",
        "false_alarm": 0.05,
        "hidden": hidden,
        "auroc": auroc if hidden else None,
        "fpr_at_95_tpr": 0.7 if hidden else None,
        "recognised": recognised if hidden else None,
        "false_alarms": metric(0.048, 0.02),
        "curve": [
            {"coverage": 1 - i / 20, "accuracy": metric(0.8 + 0.006 * i, 0.03 + 0.004 * i), "n": 400 - 20 * i}
            for i in range(20)
        ],
    }


def strangers(labels: Sequence[str], called: float = 0.15) -> list[dict[str, Any]]:
    return [
        {
            "label": label,
            "called_target": metric(called + 0.02 * i, 0.05),
            "when_known": metric(0.06, 0.03),
            "n_images": 20 + 10 * i,
        }
        for i, label in enumerate(labels)
    ]


def label_sets(labels: Sequence[str], coverage: float = 0.9) -> dict[str, Any]:
    size = min(1.9, len(labels) - 0.2)
    return {
        "level": 0.9,
        "method": "lac",
        "coverage": metric(coverage, 0.03),
        "size": {"value": size, "low": size - 0.15, "high": size + 0.15},
        "single": metric(0.41),
        "by_label": {
            label: metric(max(0.0, coverage - 0.1 + 0.2 * i / len(labels)), 0.05)
            for i, label in enumerate(labels)
        },
    }


def learning_curve(gain: float = 0.043, spread: float = 0.03) -> dict[str, Any]:
    points = [
        {"fraction": f, "pictures": 133.2 * f, "score": s, "low": s - 0.05, "high": s + 0.045}
        for f, s in ((0.125, 0.48), (0.25, 0.57), (0.5, 0.64), (1.0, 0.70))
    ]
    can_tell = abs(gain) > spread
    note = (
        f"twice as many pictures would likely add about {100 * gain:.1f} points"
        if can_tell
        else "whether more pictures would help cannot be told from these"
    )
    return {
        "points": points,
        "gain": gain,
        "gain_low": gain - spread,
        "gain_high": gain + spread,
        "can_tell": can_tell,
        "note": note,
    }


def trust(labels: Sequence[str]) -> dict[str, Any]:
    """All keys, with nothing to warn of."""
    return {
        "calibration": calibration(),
        "label_sets": label_sets(labels),
        "unknown": unknown(labels, 0.8),
        "strangers": None,
        "learning_curve": learning_curve(),
    }


def no_trust() -> dict[str, Any]:
    """All keys, with as little in them as there may be."""
    bare = scores(0.1, 0.0, bins=1) | {name: metric(None) for name in ("ece", "brier", "log_loss")}
    bare["curve"] = [
        {"score": 0.5, "accuracy": 0.5, "low": 0.1, "high": 0.9, "n": 4, "n_groups": 2},
    ]
    return {
        "calibration": {"method": "identity", "before": bare, "after": bare},
        "label_sets": None,
        "unknown": None,
        "strangers": None,
        "learning_curve": None,
    }
