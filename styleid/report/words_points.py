"""Differences of shares in plain words: so many percentage points, and how sure that is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def write_points(share: float, signed: bool = False) -> str:
    """Write a difference of two shares in percentage points.

    Parameters
    ----------
    share : float
        -1 to 1.
    signed : bool
        Whether a positive number gets its sign too.

    Returns
    -------
    str
        Such as ``"12.5"``, ``"−0.4"`` or, signed, ``"+12.5"``; zero never has a sign.
    """
    points = round(100 * share, 1) + 0.0  # no -0.0
    return f"{points:{'+' if signed and points else ''}.1f}".replace("-", "\u2212")


def write_points_interval(difference: Mapping[str, Any], named: bool = True) -> str:
    """Write the interval of a difference, to stand behind it.

    Parameters
    ----------
    difference : mapping
        With ``low`` and ``high``, which may be None.
    named : bool
        Whether to say what the two numbers are.

    Returns
    -------
    str
        Such as ``" (95 % interval 3.1 to 20.2)"``; empty where there is none.
    """
    if difference["low"] is None or difference["high"] is None:
        return ""
    name = "95 % interval " if named else ""
    return f" ({name}{write_points(difference['low'])} to {write_points(difference['high'])})"
