"""Shares in plain words: so many in a hundred, and how sure that is."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from styleid.report.palette import elide, tidy


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


def write_number(metric: Mapping[str, float | None] | None) -> str:
    """Write a metric with its interval, such as ``0.812 (0.790 to 0.833)``."""
    if metric is None or metric["value"] is None:
        return "not defined"
    if metric["low"] is None or metric["high"] is None:
        return f"{metric['value']:.3f}"
    return f"{metric['value']:.3f} ({metric['low']:.3f} to {metric['high']:.3f})"


def count_of(n: int, noun: str) -> str:
    """Write a number with its noun, which takes an s where it must."""
    return f"{n:,} {noun}{'' if n == 1 else 's'}"


def name_two(names: list[str]) -> str:
    """Name the first two, shortened."""
    return " and ".join(elide(name, 60) for name in names[:2])


@dataclass(frozen=True)
class Reading:
    """A metric as it is shown."""

    value: str  # a dash when not defined
    interval: str  # empty without one
    at: float | None  # value, low and high as per cent of the way from 0 to 1, for a drawn mark
    low: float | None
    high: float | None


def read_metric(metric: Mapping[str, Any] | None) -> Reading:
    """Write a metric and its interval with three digits; the metric, and each part of it, may be None."""
    value, low, high = ((metric or {}).get(key) for key in ("value", "low", "high"))
    interval = "" if low is None or high is None else f"{low:.3f}–{high:.3f}"
    at = [None if v is None else round(100 * min(max(float(v), 0.0), 1.0), 2) for v in (value, low, high)]
    return Reading("–" if value is None else f"{value:.3f}", interval, *at)


def write_params(params: Mapping[str, Any]) -> str:
    """Write parameters in a line, such as ``C = 10, kernel = rbf``; a nested mapping is of one label."""
    words = []
    for name, value in params.items():
        if isinstance(value, Mapping):
            words.append(f"{tidy(str(name))}: {write_params(value) or 'as set'}")
        else:
            number = f"{value:g}" if isinstance(value, float) else tidy(str(value))
            words.append(f"{tidy(str(name)).rpartition('__')[2]} = {number}")
    nested = any(isinstance(value, Mapping) for value in params.values())
    return ("; " if nested else ", ").join(words)


def enumerate_names(names: Sequence[str]) -> str:
    """Write at least one name as a list within a sentence, such as ``a, b and c``."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def write_p(p: float) -> str:
    """Write a p-value with three places, or ``< 0.001``."""
    return "< 0.001" if p < 0.001 else f"{p:.3f}"


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
