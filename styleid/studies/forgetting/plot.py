"""What a network retrained from label to label can do after each stage, and whether the order matters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import Normalize
from matplotlib.patches import Rectangle
from matplotlib.ticker import MaxNLocator

from styleid.report.canvas import (
    BLUES,
    draw_dot,
    drawing,
    ink_on,
    name_rows,
    new_figure,
    rule_axes,
    rule_cells,
    to_png,
)
from styleid.report.numbers import write_p, write_percent
from styleid.report.palette import GREY, INK, RIGHT, elide, short_names

_RANGE = Normalize(0.4, 1.0, clip=True)  # half right is chance, as many are the label's as are not
_INTERVALS_UP_TO = 6  # labels; with more, intervals would be too small to read
_PLACES = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")

_PARTS = ("label", "seed", "order", "position", "rest")  # of the variance

Cell = Mapping[str, Any] | None


def draw_stages(scores: Mapping[str, Any], labels: Sequence[str], title: str) -> bytes:
    """Draw one learner's score matrix of retraining, and below it each label's score by each regime."""
    k = len(labels)
    matrix = scores["sequential"]["matrix"]
    regimes = [
        (
            "retrained, at the end",
            [scores["sequential"]["by_label"][one]["at_end"]["accuracy"] for one in labels],
        ),
        ("a model of its own", [scores["independent"]["by_label"][one]["accuracy"] for one in labels]),
        ("one joint model", [scores["joint"]["by_label"][one]["accuracy"] for one in labels]),
    ]
    width = max(7.0, 2.4 + 1.45 * min(k, _INTERVALS_UP_TO) + 0.75 * max(0, k - _INTERVALS_UP_TO))
    with drawing():
        figure = new_figure(
            width,
            2.1 + 0.56 * (len(matrix) + len(regimes)) + 1.0,
            title,
            "Share of a label's test pictures and as many others named right; 50 % is chance.\n"
            "Small: 95 % interval. Framed: just trained.",
        )
        top, bottom = figure.subplots(2, 1, height_ratios=[len(matrix), len(regimes)])
        stages = ["before training", *(f"after the {place(i)}" for i in range(k))]
        _cells(
            top, matrix, stages, [f"learned {place(i)}" for i in range(k)], "Retrained from label to label"
        )
        for i in range(k):
            cell = (i - 0.47, i + 1 - 0.45)
            top.add_patch(Rectangle(cell, 0.94, 0.9, fill=False, edgecolor=INK, linewidth=1.2))
        _cells(
            bottom,
            [row for _, row in regimes],
            [name for name, _ in regimes],
            short_names(labels, 16),
            "Each label, by three ways",
        )
        return to_png(figure)


def place(i: int) -> str:
    """Name a place in the order, counted from 0: ``first`` and so on."""
    if i < len(_PLACES):
        return _PLACES[i]
    number = i + 1
    ending = "th" if number % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"


def _cells(
    axes: Axes, cells: Sequence[Sequence[Cell]], rows: list[str], columns: list[str], title: str
) -> None:
    values = np.array([[np.nan if cell is None else cell["value"] for cell in row] for row in cells])
    axes.imshow(BLUES(_RANGE(np.nan_to_num(values, nan=0.0))), aspect="auto", interpolation="nearest")
    axes.set_title(title)
    axes.set_xticks(range(len(columns)), columns, fontsize=9.5)
    axes.set_yticks(range(len(rows)), rows, fontsize=9.5)
    for spine in axes.spines.values():
        spine.set_visible(False)
    rule_cells(axes, len(rows), len(columns), "white", 2)
    for i, row in enumerate(cells):
        for j, cell in enumerate(row):
            if cell is not None:
                _write(axes, i, j, cell, len(columns) <= _INTERVALS_UP_TO)


def _write(axes: Axes, row: int, column: int, cell: Mapping[str, Any], with_interval: bool) -> None:
    shade = ink_on(BLUES(_RANGE(cell["value"])))
    both = with_interval and cell["low"] is not None
    axes.text(
        column,
        row - (0.16 if both else 0),
        write_percent(cell["value"]),
        ha="center",
        va="center",
        fontsize=10.5,
        color=shade,
    )
    if both:
        interval = f"{100 * cell['low']:.0f} to {100 * cell['high']:.0f}"
        axes.text(column, row + 0.24, interval, ha="center", va="center", fontsize=7.5, color=shade)


def draw_order_effect(scores: Mapping[str, Any], title: str) -> bytes:
    """Draw one learner's mean score at the end of each order, and the parts of the variance."""
    orders = sorted(scores["sequential"]["orders"], key=lambda order: -order["mean_at_end"]["value"])
    with drawing():
        figure = new_figure(
            10.5,
            2.4 + max(0.3 * len(orders), 0.36 * len(_PARTS)),
            title,
            "Left: mean over labels at the end, each order, with its 95 % interval. Right: share of the "
            "variance of scores at the end;\n"
            "line: what orders without effect would show. Position: when a label is learned.",
        )
        left, right = figure.subplots(1, 2, width_ratios=[1.25, 1])
        _orders(left, orders)
        _parts(right, scores["order_effect"]["at_end"])
        return to_png(figure)


def _orders(axes: Axes, orders: Sequence[Mapping[str, Any]]) -> None:
    for row, order in enumerate(orders):
        draw_dot(axes, row, order["mean_at_end"], size=6)
    each = max(6, 44 // len(orders[0]["order"]))
    names = [" \u2192 ".join(elide(label, each) for label in order["order"]) for order in orders]
    name_rows(axes, names, 8.5)
    axes.set_xlabel("mean accuracy at the end")
    axes.xaxis.set_major_locator(MaxNLocator(6, steps=[1, 2, 5, 10]))
    axes.xaxis.set_major_formatter(lambda value, _: f"{100 * value:.3g} %")
    rule_axes(axes, "x")


def _parts(axes: Axes, parts: Mapping[str, Any]) -> None:
    for row, name in enumerate(_PARTS):
        part = parts[name]
        tested = part["p"] is not None
        axes.barh([row], [part["share"]], color=RIGHT if tested else GREY, height=0.55, alpha=0.85)
        if tested:
            axes.plot([part["by_chance"]] * 2, [row - 0.38, row + 0.38], color=INK, linewidth=1.6)
        p = f", {write_p(part['p'], named=True)}" if tested else ""
        axes.annotate(
            f"{write_percent(part['share'])}{p}",
            (max(part["share"], part["by_chance"] or 0.0), row),
            xytext=(6, 0),
            textcoords="offset points",
            va="center",
            fontsize=9,
        )
    name_rows(axes, _PARTS, 10)
    axes.set_xlim(0, 1.15 * max(parts[name]["share"] for name in _PARTS) + 0.2)
    axes.set_xticks([0, 0.25, 0.5, 0.75, 1.0] if axes.get_xlim()[1] > 0.6 else [0, 0.1, 0.2, 0.3])
    axes.xaxis.set_major_formatter(lambda value, _: write_percent(value, 0))
    axes.tick_params(length=0)
    axes.spines["left"].set_visible(False)
