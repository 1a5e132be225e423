"""The artist study in two pictures: every route with its interval, and one model in two orders."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from matplotlib.axes import Axes

from styleid.report.canvas import draw_dot, drawing, name_rows, new_figure, rule_axes, to_png
from styleid.report.palette import GREY, INK, QUIET, RIGHT, RULE, WRONG, elide
from styleid.studies.artist.words import find_step, step_less_head

#: Division -> colour, and how far below the middle of its row it is drawn.
_DRAWN = {"grouped": (RIGHT, -0.16), "per picture": (GREY, 0.16)}
_STEPS = ("trainable", "frozen", "refined")

_APART = 0.17  # half the distance between the two divisions of one route


def draw_routes(result: Mapping[str, Any]) -> bytes:
    """Draw the balanced accuracy of every step and every head, subjects kept together and not."""
    steps = list(dict.fromkeys(step["step"] for step in result["steps"]))
    trained = {(step["step"], step["split"]): step for step in result["steps"]}
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
            head["head"],
            head["metrics"]["balanced_accuracy"],
            None if head["random_folds"] is None else head["random_folds"]["balanced_accuracy"],
        )
        for head in result["answer"]["heads"]
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
            _dot(axes, place + _APART, alone, GREY)
        axes.axhline(len(steps) - 0.5, color=QUIET, linewidth=0.8)
        axes.axvline(0.5, color=QUIET, linewidth=0.8, linestyle=(0, (4, 3)))
        axes.text(0.503, -0.6, "chance", fontsize=9, color=QUIET, va="bottom")
        name_rows(axes, [name for name, *_ in rows])
        axes.set_xlim(right=1.005)
        axes.set_xlabel("balanced accuracy (1 is best)")
        rule_axes(axes, "x")
        return to_png(figure)


def draw_orders(result: Mapping[str, Any]) -> bytes:
    """Draw what a report says of one model's predictions, in their own and in a shuffled order."""
    orders = result["misalignment"]
    rows = [("balanced accuracy", *(orders[order]["balanced_accuracy"] for order in ("aligned", "shuffled")))]
    for metric in ("precision", "recall"):
        for label in result["labels"]:
            values = (orders[order][metric][label] for order in ("aligned", "shuffled"))
            rows.append((f"{metric} of {elide(label)}", *values))
    with drawing():
        figure = new_figure(
            8.0,
            1.6 + 0.42 * len(rows),
            "The same predictions, reported in two orders",
            f"{orders['model']}, a grouped test part. Blue: beside their own labels; orange: beside labels "
            "in another order.",
        )
        axes = figure.add_subplot()
        for place, (_, own, other) in enumerate(rows):
            axes.plot([own, other], [place, place], color=RULE, linewidth=2.2, zorder=1)
            axes.plot([own], [place], "o", color=RIGHT, markersize=8, zorder=3)
            axes.plot([other], [place], "o", color=WRONG, markersize=8, zorder=2)
        name_rows(axes, [name for name, *_ in rows])
        axes.set_xlim(-0.02, 1.02)
        axes.set_xlabel("1 is best")
        rule_axes(axes, "x")
        return to_png(figure)


def _dot(axes: Axes, y: float, metric: Mapping[str, Any] | None, shade: str) -> None:
    if metric is None or metric["value"] is None:
        return
    draw_dot(axes, y, metric, shade, size=6.5)
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
            "subjects kept\n"
            "together; grey: every picture by itself. Line: 95 % interval of the difference, over groups.",
        )
        panels = figure.subplots(1, len(_STEPS), sharey=True, sharex=True)
        for axes, name in zip(panels, _STEPS, strict=True):
            for split, (shade, lower) in _DRAWN.items():
                step = find_step(result, name, split)
                for place, head in enumerate(heads):
                    difference = step_less_head(result, step, head)
                    points = {key: None if v is None else 100 * v for key, v in difference.items()}
                    draw_dot(axes, place + lower, points, shade, size=6)
            axes.set_title(f"{name}, {find_step(result, name, 'grouped')['version']}")
            axes.axvline(0, color=QUIET, linewidth=0.8)
            axes.set_xlabel("points")
            rule_axes(axes, "x")
        name_rows(panels[0], [head["head"] for head in heads])
        return to_png(figure)
