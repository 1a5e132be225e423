"""What a network retrained from label to label can do after each stage, and what other models can."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import Normalize
from matplotlib.patches import Rectangle

from styleid.report.canvas import BLUES, drawing, new_figure, rule_cells, to_png
from styleid.report.palette import INK, short_names

_RANGE = Normalize(0.4, 1.0, clip=True)  # half right is chance, as many are the label's as are not
_INTERVALS_UP_TO = 6  # labels; with more, intervals would be too small to read
_PLACES = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")

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
            top.add_patch(_frame(i, i + 1))
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
    shade = "white" if cell["value"] > 0.82 else INK
    both = with_interval and cell["low"] is not None
    axes.text(
        column,
        row - (0.16 if both else 0),
        f"{cell['value']:.1%}",
        ha="center",
        va="center",
        fontsize=10.5,
        color=shade,
    )
    if both:
        interval = f"{100 * cell['low']:.0f} to {100 * cell['high']:.0f}"
        axes.text(column, row + 0.24, interval, ha="center", va="center", fontsize=7.5, color=shade)


def _frame(column: int, row: int) -> Rectangle:
    return Rectangle((column - 0.47, row - 0.45), 0.94, 0.9, fill=False, edgecolor=INK, linewidth=1.2)
