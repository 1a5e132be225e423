"""The artist study in two pictures: every route with its interval, and one model in two orders."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from matplotlib.axes import Axes

from styleid.report.canvas import INK, QUIET, drawing, new_figure, to_png
from styleid.report.palette import RIGHT, elide
from styleid.studies.artist.words import find_step, step_less_head

#: Division -> colour, and how far below the middle of its row it is drawn.
_DRAWN = {"grouped": (RIGHT, -0.16), "per picture": ("#8a949d", 0.16)}
_STEPS = ("trainable", "frozen", "refined")

_GREY = "#8a949d"
_APART = 0.17  # half the distance between the two divisions of one route


def draw_routes(result: Mapping[str, Any]) -> bytes:
    """Draw the balanced accuracy of every step and every head, subjects kept together and not."""
    steps = list(dict.fromkeys(of["step"] for of in result["steps"]))
    trained = {(of["step"], of["split"]): of for of in result["steps"]}
    rows = [
        (
            f"{step}, {trained[step, 'grouped']['version']}",
            trained[step, "grouped"]["metrics"]["balanced_accuracy"],
            trained[step, "per picture"]["metrics"]["balanced_accuracy"],
        )
        for step in steps
    ]
    rows += [
        (
            of["head"],
            of["metrics"]["balanced_accuracy"],
            None if of["random_folds"] is None else of["random_folds"]["balanced_accuracy"],
        )
        for of in result["answer"]["heads"]
    ]
    with drawing():
        figure = new_figure(
            9.0,
            1.75 + 0.42 * len(rows),
            f"{elide(result['target'])} against all others, by every route",
            "Blue: subjects kept together; grey: every picture by itself. Line: 95 % interval, over groups.\n"
            "Above the rule: the project's steps, on one test part; below: cached vectors of version 2, out "
            "of fold.",
        )
        axes = figure.add_subplot()
        for place, (_, grouped, alone) in enumerate(rows):
            _dot(axes, place - _APART, grouped, RIGHT)
            _dot(axes, place + _APART, alone, _GREY)
        axes.axhline(len(steps) - 0.5, color=QUIET, linewidth=0.8)
        axes.axvline(0.5, color=QUIET, linewidth=0.8, linestyle=(0, (4, 3)))
        axes.text(0.503, -0.62, "chance", fontsize=9, color=QUIET, va="bottom")
        axes.set_yticks(range(len(rows)), [name for name, *_ in rows], fontsize=10.5)
        axes.set_ylim(len(rows) - 0.45, -0.62)
        axes.set_xlim(right=1.005)
        axes.set_xlabel("balanced accuracy (1 is best)")
        axes.tick_params(length=0)
        axes.grid(axis="x")
        axes.set_axisbelow(True)
        axes.spines["left"].set_visible(False)
        return to_png(figure)


def draw_orders(result: Mapping[str, Any]) -> bytes:
    """Draw what a report says of one model's predictions, in their own and in a shuffled order."""
    of = result["misalignment"]
    rows = [("balanced accuracy", *(of[order]["balanced_accuracy"] for order in ("aligned", "shuffled")))]
    for metric in ("precision", "recall"):
        for label in result["labels"]:
            values = (of[order][metric][label] for order in ("aligned", "shuffled"))
            rows.append((f"{metric} of {elide(label)}", *values))
    with drawing():
        figure = new_figure(
            8.0,
            1.6 + 0.42 * len(rows),
            "The same predictions, reported in two orders",
            f"{of['model']}, a grouped test part. Blue: beside their own labels; "
            "orange: beside labels in another order.",
        )
        axes = figure.add_subplot()
        for place, (_, own, other) in enumerate(rows):
            axes.plot([own, other], [place, place], color="#d9dde1", linewidth=2.2, zorder=1)
            axes.plot([own], [place], "o", color=RIGHT, markersize=8, zorder=3)
            axes.plot([other], [place], "o", color="#D55E00", markersize=8, zorder=2)
        axes.set_yticks(range(len(rows)), [name for name, *_ in rows], fontsize=10.5)
        axes.set_ylim(len(rows) - 0.45, -0.55)
        axes.set_xlim(-0.02, 1.02)
        axes.set_xlabel("1 is best")
        axes.tick_params(length=0)
        axes.grid(axis="x")
        axes.set_axisbelow(True)
        axes.spines["left"].set_visible(False)
        return to_png(figure)


def _dot(axes: Axes, y: float, metric: Mapping[str, Any] | None, shade: str) -> None:
    if metric is None or metric["value"] is None:
        return
    if metric["low"] is not None:
        axes.plot([metric["low"], metric["high"]], [y, y], color=shade, linewidth=2.2, alpha=0.55)
    axes.plot([metric["value"]], [y], "o", color=shade, markersize=6.5)
    axes.annotate(
        f"{metric['value']:.3f}",
        (metric["high"] if metric["high"] is not None else metric["value"], y),
        xytext=(5, 0),
        textcoords="offset points",
        va="center",
        fontsize=8.5,
        color=INK,
    )


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
                    _paired_dot(axes, place + lower, step_less_head(result, step, head), shade)
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


def _paired_dot(axes: Axes, y: float, of: Mapping[str, float | None], shade: str) -> None:
    if of["value"] is None:
        return
    if of["low"] is not None and of["high"] is not None:
        axes.plot([100 * of["low"], 100 * of["high"]], [y, y], color=shade, linewidth=2.2, alpha=0.55)
    axes.plot([100 * of["value"]], [y], "o", color=shade, markersize=6)
