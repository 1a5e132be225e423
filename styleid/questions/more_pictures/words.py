"""Whether more pictures would help, in plain words."""

from __future__ import annotations

from styleid.questions.base import Result
from styleid.report.numbers import write_points


def write_learning(result: Result) -> str:
    """Say whether more pictures would help, with the interval of what they would add."""
    curve = result["learning_curve"]
    if is_full(curve):
        return "There is nothing left to gain on these pictures: the curve ends at 1, the best there is."
    note, low, high = curve["note"], curve["gain_low"], curve["gain_high"]
    interval = ""
    if low is not None and high is not None:
        of_what = "" if curve["can_tell"] else " of what twice as many would add:"
        interval = f" (95 % interval{of_what} {write_points(low)} to {write_points(high)} points)"
    return f"{note[:1].upper()}{note[1:]}{interval}."


def is_full(curve: Result) -> bool:
    """Say whether the last point is a perfect score, to which nothing can be added."""
    return bool(curve["points"]) and curve["points"][-1]["score"] == 1.0
