"""The one place that writes numbers: shares, intervals, points, p-values, counts, parameters, lists of names.

A metric is a mapping with ``value``, ``low`` and ``high``; each may be None.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from styleid.report.palette import elide, tidy

MINUS = "\u2212"


def in_hundred(share: float | None) -> str:
    """Write a share as a number out of a hundred, never rounding to all or none; "?" for None."""
    if share is None:
        return "?"
    if 0 < share < 1 and round(100 * share) in (0, 100):
        return f"{min(max(100 * share, 0.1), 99.9):.1f}"
    return f"{100 * share:.0f}"


def write_interval(metric: Mapping[str, Any], *, named: bool = True) -> str:
    """Write the interval of a share to stand behind it, its space before it; empty without one."""
    return _bracket(metric, in_hundred, named)


def write_share(metric: Mapping[str, Any], *, named: bool = True) -> str:
    """Write a share in per cent with its interval, such as ``81 % (95 % interval 79 to 83)``."""
    return f"{in_hundred(metric['value'])} %{write_interval(metric, named=named)}"


def write_number(
    metric: Mapping[str, Any] | None, *, undefined: str = "not defined", named: bool = False
) -> str:
    """Write a metric with its interval, such as ``0.812 (0.790 to 0.833)``."""
    if metric is None or metric["value"] is None:
        return undefined
    return f"{metric['value']:.3f}{write_range(metric, named=named)}"


def write_range(metric: Mapping[str, Any], digits: int = 3, *, named: bool = False) -> str:
    """Write the interval of a number to stand behind it, its space before it; empty without one."""
    return _bracket(metric, lambda value: f"{value:.{digits}f}", named)


def write_points(share: float, signed: bool = False) -> str:
    """Write a difference of two shares in percentage points, such as ``−0.4``; zero has no sign."""
    points = round(100 * share, 1) + 0.0  # no -0.0
    return f"{points:{'+' if signed and points else ''}.1f}".replace("-", MINUS)


def write_points_interval(difference: Mapping[str, Any], named: bool = True, signed: bool = False) -> str:
    """Write an interval to stand behind a difference, its space before it; empty without one."""
    return _bracket(difference, lambda share: write_points(share, signed), named)


def _bracket(metric: Mapping[str, Any], write: Callable[[float], str], named: bool) -> str:
    low, high = metric["low"], metric["high"]
    # An interval without width tells nothing: all resamples were alike.
    if low is None or high is None or low == high:
        return ""
    return f" ({'95 % interval ' if named else ''}{write(low)} to {write(high)})"


def write_percent(share: float, digits: int = 1) -> str:
    """Write a share in per cent with a blank before the sign, such as ``84.9 %``."""
    return f"{100 * share:.{digits}f} %"


def write_score(score: float) -> str:
    """Write a probability with two digits, and never as certain: ``>0.99``, not ``1.00``."""
    if score >= 0.995:
        return ">0.99"
    return "<0.01" if score < 0.005 else f"{score:.2f}"


def write_p(p: float, *, named: bool = False) -> str:
    """Write a p-value with three places, or ``< 0.001``; `named` says what it is, as ``p = 0.012``."""
    if p < 0.001:
        return f"{'p ' if named else ''}< 0.001"
    return f"{'p = ' if named else ''}{p:.3f}"


@dataclass(frozen=True)
class Reading:
    """A number as a table of a page shows it."""

    value: str  # a dash when not defined
    interval: str = ""  # empty without one
    at: float | None = None  # value, low and high as per cent of the way from 0 to 1, for a drawn mark
    low: float | None = None
    high: float | None = None


def read_metric(metric: Mapping[str, Any] | None) -> Reading:
    """Write a metric and its interval with three digits; the metric, and each part of it, may be None."""
    value, low, high = ((metric or {}).get(key) for key in ("value", "low", "high"))
    interval = "" if low is None or high is None or low == high else f"{low:.3f}–{high:.3f}"
    at = [None if v is None else round(100 * min(max(float(v), 0.0), 1.0), 2) for v in (value, low, high)]
    return Reading("–" if value is None else f"{value:.3f}", interval, *at)


def read_points(metric: Mapping[str, Any] | None, *, signed_ends: bool = True) -> Reading:
    """Write a difference of two shares and its interval in percentage points."""
    if metric is None or metric["value"] is None:
        return Reading("–")
    interval = write_points_interval(metric, named=False, signed=signed_ends).strip(" ()")
    return Reading(write_points(metric["value"], signed=True), interval)


def count_of(n: int, noun: str) -> str:
    """Write a number with its noun, which takes an s where it must."""
    return f"{n:,} {noun}{'' if n == 1 else 's'}"


def name_two(names: list[str]) -> str:
    """Name the first two, shortened."""
    return " and ".join(elide(name, 60) for name in names[:2])


def enumerate_names(names: Sequence[str]) -> str:
    """Write at least one name as a list within a sentence, such as ``a, b and c``."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


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


def write_recipe(params: Mapping[str, Any]) -> str:
    """Write parameters in a row, such as ``epochs 60, augmentation (rotation 30, zoom 0.7 to 1.4)``."""
    return ", ".join(f"{name.replace('_', ' ')} {_write_setting(value)}" for name, value in params.items())


def _write_setting(value: Any) -> str:
    if isinstance(value, Mapping):
        return f"({write_recipe(value)})"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return " to ".join(map(str, value))
    return str(value)
