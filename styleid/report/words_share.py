"""Shares in plain words: so many in a hundred, and how sure that is."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any


def in_hundred(share: float | None) -> str:
    """Write a share as a number out of a hundred, never rounding to all or none; "?" for None."""
    if share is None:
        return "?"
    if 0 < share < 1 and round(100 * share) in (0, 100):
        return f"{min(max(math.floor(1000 * share) / 10, 0.1), 99.9)}"
    return f"{100 * share:.0f}"


def write_interval(metric: Mapping[str, Any]) -> str:
    """Write the interval of a share to stand behind it, its space before it; empty without one."""
    if metric["low"] is None or metric["high"] is None:
        return ""
    return f" (95 % interval {in_hundred(metric['low'])} to {in_hundred(metric['high'])})"
