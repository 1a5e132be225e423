"""The trainings of the artist study less the heads, on the same pictures: one panel a step of the project."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from matplotlib.axes import Axes

from styleid.report.palette import RIGHT, elide
from styleid.report.plots.canvas import QUIET, drawing, new_figure, to_png
from styleid.report.study_artist_pick import find_step, step_less_head

#: Division -> colour, and how far below the middle of its row it is drawn.
_DRAWN = {"grouped": (RIGHT, -0.16), "per picture": ("#8a949d", 0.16)}
_STEPS = ("trainable", "frozen", "refined")


def draw_paired(result: Mapping[str, Any]) -> bytes:
    """Draw how far each step of the project is ahead of each head, in points of balanced accuracy."""
    heads = result["answer"]["heads"]
    with drawing():
        figure = new_figure(
            9.0,
            1.85 + 0.42 * len(heads),
            f"{elide(result['target'])} against all others: trainings less heads, on the same pictures",
            "Points of balanced accuracy; right of 0 the training is ahead, left of it the head. Blue: "
            "subjects kept\ntogether; grey: every picture by itself. Line: 95 % interval of the difference, "
            "over groups.",
        )
        panels = figure.subplots(1, len(_STEPS), sharey=True, sharex=True)
        for axes, name in zip(panels, _STEPS, strict=True):
            for split, (shade, lower) in _DRAWN.items():
                step = find_step(result, name, split)
                for place, head in enumerate(heads):
                    _dot(axes, place + lower, step_less_head(result, step, head), shade)
            axes.set_title(f"{name}, {find_step(result, name, 'grouped')['version']}")
            axes.axvline(0, color=QUIET, linewidth=0.8)
            axes.set_xlabel("points")
            axes.tick_params(length=0)
            axes.grid(axis="x")
            axes.set_axisbelow(True)
            axes.spines["left"].set_visible(False)
        panels[0].set_yticks(range(len(heads)), [of["head"] for of in heads], fontsize=10.5)
        panels[0].set_ylim(len(heads) - 0.45, -0.55)
        return to_png(figure)


def _dot(axes: Axes, y: float, of: Mapping[str, float | None], shade: str) -> None:
    if of["value"] is None:
        return
    if of["low"] is not None and of["high"] is not None:
        axes.plot([100 * of["low"], 100 * of["high"]], [y, y], color=shade, linewidth=2.2, alpha=0.55)
    axes.plot([100 * of["value"]], [y], "o", color=shade, markersize=6)
