"""Differences of shares in plain words: so many percentage points, and how sure that is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def write_points(share: float, signed: bool = False) -> str:
    """Write a difference of two shares in percentage points, such as ``−0.4``; zero has no sign."""
    points = round(100 * share, 1) + 0.0  # no -0.0
    return f"{points:{'+' if signed and points else ''}.1f}".replace("-", "\u2212")


def write_points_interval(difference: Mapping[str, Any], named: bool = True) -> str:
    """Write an interval to stand behind a difference, its space before it; empty without one."""
    if difference["low"] is None or difference["high"] is None:
        return ""
    name = "95 % interval " if named else ""
    return f" ({name}{write_points(difference['low'])} to {write_points(difference['high'])})"
