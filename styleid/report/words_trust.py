"""How far to trust single answers, in plain words: all cautions, and whether more pictures would help."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from styleid.report.words_calibration import warn_of_scores, write_calibration, write_sets
from styleid.report.words_unknown import warn_of_unknown, write_strangers, write_unknown


def write_trust_cautions(result: Mapping[str, Any]) -> list[str]:
    """List what speaks against trusting a single answer, one sentence each."""
    return [*warn_of_scores(result), *warn_of_unknown(result)]


def write_summary(result: Mapping[str, Any]) -> list[str]:
    """Say in few lines what the sections of the report say at length."""
    told = [*write_calibration(result)[:1], *write_unknown(result)[:1]]
    if result["strangers"]:
        told += write_strangers(result)[:1]
    if result["label_sets"] is not None:
        told += write_sets(result)[:1]
    return [*told, write_learning(result)]


def write_learning(result: Mapping[str, Any]) -> str:
    """Say whether more pictures would help, with the interval of what they would add."""
    curve = result["learning_curve"]
    note, low, high = curve["note"], curve["gain_low"], curve["gain_high"]
    interval = ""
    if low is not None and high is not None:
        of_what = "" if curve["can_tell"] else " of what twice as many would add:"
        interval = f" (95 % interval{of_what} {_points(low)} to {_points(high)} points)"
    return f"{note[:1].upper()}{note[1:]}{interval}."


def _points(gain: float) -> str:
    """Write a difference of two shares in percentage points, a true minus before a loss."""
    return f"{round(100 * gain, 1) + 0.0:.1f}".replace("-", "−")
