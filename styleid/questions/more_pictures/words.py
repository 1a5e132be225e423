"""Words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


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
