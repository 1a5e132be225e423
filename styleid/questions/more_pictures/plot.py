"""The learning curve: the score over pictures a label."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.ticker import NullLocator

from styleid.questions.more_pictures.words import write_learning
from styleid.questions.run_data import RunData
from styleid.report.canvas import drawing, new_figure, rule_axes, to_png
from styleid.report.palette import RIGHT
from styleid.report.panel import Panel, Plane, round_steps

_TOUCHING = 1.15  # points nearer than this ratio share one number under the axis
_TICK_ROOM = 34  # less, and two numbers under the x axis would touch


def draw_learning(run: RunData) -> bytes:
    """Draw balanced accuracy over the pictures a label, spaced by doubling; it needs two points."""
    curve = run.result["learning_curve"]
    points = _scored(curve)
    pictures = np.array([point["pictures"] for point in points])
    score, low, high = (
        np.array([point["score"] if point[key] is None else point[key] for point in points])
        for key in ("score", "low", "high")
    )
    with drawing():
        figure = new_figure(
            8.0,
            4.8,
            write_learning(run.result).partition(" (")[0].removesuffix("."),
            "Point: learned anew from so many pictures for each label; line: 95 % interval.",
        )
        axes = figure.add_subplot()
        axes.vlines(pictures, low, high, color=RIGHT, alpha=0.5, linewidth=2.2)
        axes.plot(pictures, score, "o-", color=RIGHT, markersize=6, linewidth=1.5)
        axes.set_xscale("log", base=2)
        axes.set_xlim(pictures[0] / 1.25, pictures[-1] * 1.25)
        apart = pictures[[*(pictures[1:] / pictures[:-1] > _TOUCHING), True]]
        axes.set_xticks(apart, [f"{n:.0f}" for n in apart])
        axes.xaxis.set_minor_locator(NullLocator())
        axes.set_xlabel("pictures for each label (spaced by doubling)")
        axes.set_ylabel("balanced accuracy (1 is best)")
        rule_axes(axes)
        return to_png(figure)


def lay_out_learning(result: Mapping[str, Any]) -> Panel | None:
    """Lay out balanced accuracy over the pictures a label, spaced by doubling; None without two points."""
    curve = result["learning_curve"]
    points = [] if curve is None else _scored(curve)
    if len(points) < 2:
        return None
    steps = round_steps([p[key] for p in points for key in ("score", "low", "high") if p[key] is not None])
    doublings = [math.log2(p["pictures"]) for p in points]
    plane = Plane((doublings[0] - 0.25, doublings[-1] + 0.25), (steps[0], steps[-1]))
    ticks: list[tuple[float, str]] = []
    for x, point in zip(reversed(doublings), reversed(points), strict=True):  # the last one is always shown
        if not ticks or ticks[-1][0] - plane.x(x) >= _TICK_ROOM:
            ticks.append((plane.x(x), f"{point['pictures']:.0f}"))
    return Panel(
        "balanced accuracy (1 is best)",
        "pictures for each label",
        [("held", plane.line([(x, p["score"]) for x, p in zip(doublings, points, strict=True)]))],
        [
            plane.mark("after", x, p["score"], p["low"], p["high"])
            for x, p in zip(doublings, points, strict=True)
        ],
        ticks[::-1],
        plane.y_ticks(steps),
    )


def _scored(curve: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [point for point in curve["points"] if point["score"] is not None]
