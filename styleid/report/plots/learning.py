"""The learning curve: the score over pictures a label."""

from __future__ import annotations

import numpy as np
from matplotlib.ticker import NullLocator

from styleid.report.palette import RIGHT
from styleid.report.plots.canvas import drawing, new_figure, to_png
from styleid.report.summary import RunData

_TOUCHING = 1.15  # points nearer than this ratio share one number under the axis


def draw_learning(run: RunData) -> bytes:
    """Draw balanced accuracy over the pictures a label, spaced by doubling; it needs two points."""
    curve = run.result["learning_curve"]
    points = curve["points"]
    pictures = np.array([point["pictures"] for point in points])
    score, low, high = (
        np.array([point["score"] if point[key] is None else point[key] for point in points])
        for key in ("score", "low", "high")
    )
    with drawing():
        figure = new_figure(
            8.0,
            4.8,
            f"{curve['note'][:1].upper()}{curve['note'][1:]}",
            "Point: learned anew from so many pictures a label, the same parts scored; line: 95 % interval.",
        )
        axes = figure.add_subplot()
        axes.vlines(pictures, low, high, color="#9cc4e0", linewidth=2.2)
        axes.plot(pictures, score, "o-", color=RIGHT, markersize=6, linewidth=1.5)
        axes.set_xscale("log", base=2)
        axes.set_xlim(pictures[0] / 1.25, pictures[-1] * 1.25)
        told = pictures[[*(pictures[1:] / pictures[:-1] > _TOUCHING), True]]
        axes.set_xticks(told, [f"{n:.0f}" for n in told])
        axes.xaxis.set_minor_locator(NullLocator())
        axes.set_xlabel("pictures a label (spaced by doubling)")
        axes.set_ylabel("balanced accuracy (1 is best)")
        axes.tick_params(length=0)
        axes.grid()
        axes.set_axisbelow(True)
        return to_png(figure)
