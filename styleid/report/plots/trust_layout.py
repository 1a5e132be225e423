"""Plots for the page of what the numbers mean: reliability, coverage, pictures learned from."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from styleid.report.plots.panel import Panel, Plane, round_steps
from styleid.report.words_calibration import is_calibrated, score_word

_FIFTHS = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)
_TICK_ROOM = 34  # less, and two numbers under the x axis would touch


def lay_out_reliability(result: Mapping[str, Any]) -> Panel | None:
    """Lay out how often the head is right over what it says; None without bins.

    Marks are ``before`` and, where there is a calibration, ``after``; a line is ``ideal``.
    """
    plane = Plane((0, 1), (0, 1))
    stages = ("before", "after") if is_calibrated(result) else ("before",)
    marks = [
        plane.mark(stage, bin_["score"], bin_["accuracy"], bin_["low"], bin_["high"])
        for stage in stages
        for bin_ in result["calibration"][stage]["curve"]
    ]
    if not marks:
        return None
    return Panel(
        "share that is right",
        f"{score_word(result)} of the label given",
        [("ideal", plane.line([(0, 0), (1, 1)]))],
        marks,
        plane.x_ticks(_FIFTHS),
        plane.y_ticks(_FIFTHS),
    )


def lay_out_coverage(result: Mapping[str, Any]) -> Panel | None:
    """Lay out the accuracy over the share of pictures that are kept; None without two points."""
    unknown = result["unknown"]
    points = [] if unknown is None else [p for p in unknown["curve"] if p["accuracy"]["value"] is not None]
    if len(points) < 2:
        return None
    found = [(p["coverage"], *(p["accuracy"][key] for key in ("value", "low", "high"))) for p in points]
    steps = round_steps([v for _, *of in found for v in of if v is not None])
    plane = Plane((0, 1), (steps[0], steps[-1]))
    return Panel(
        "accuracy of the pictures kept",
        "share of pictures kept",
        [("held", plane.line([(x, y) for x, y, _, _ in found]))],
        [plane.mark("after", *of) for of in found],
        plane.x_ticks(_FIFTHS),
        plane.y_ticks(steps),
    )


def lay_out_learning(result: Mapping[str, Any]) -> Panel | None:
    """Lay out balanced accuracy over the pictures a label, spaced by doubling; None without two points."""
    curve = result["learning_curve"]
    points = [] if curve is None else curve["points"]
    if len(points) < 2:
        return None
    steps = round_steps([p[key] for p in points for key in ("score", "low", "high") if p[key] is not None])
    doublings = [math.log2(p["pictures"]) for p in points]
    plane = Plane((doublings[0] - 0.25, doublings[-1] + 0.25), (steps[0], steps[-1]))
    ticks: list[tuple[float, str]] = []
    for x, point in zip(reversed(doublings), reversed(points), strict=True):  # the last one is always told
        if not ticks or ticks[-1][0] - plane.x(x) >= _TICK_ROOM:
            ticks.append((plane.x(x), f"{point['pictures']:.0f}"))
    return Panel(
        "balanced accuracy (1 is best)",
        "pictures a label",
        [("held", plane.line([(x, p["score"]) for x, p in zip(doublings, points, strict=True)]))],
        [
            plane.mark("after", x, p["score"], p["low"], p["high"])
            for x, p in zip(doublings, points, strict=True)
        ],
        ticks[::-1],
        plane.y_ticks(steps),
    )
