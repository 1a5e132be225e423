"""Whether more pictures would help, in plain words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from styleid.report.numbers import write_points


def write_learning(result: Mapping[str, Any]) -> str:
    """Say whether more pictures would help, with the interval of what they would add."""
    curve = result["learning_curve"]
    note, low, high = curve["note"], curve["gain_low"], curve["gain_high"]
    interval = ""
    if low is not None and high is not None:
        of_what = "" if curve["can_tell"] else " of what twice as many would add:"
        interval = f" (95 % interval{of_what} {write_points(low)} to {write_points(high)} points)"
    return f"{note[:1].upper()}{note[1:]}{interval}."
