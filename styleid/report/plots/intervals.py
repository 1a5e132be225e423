"""Numbers with their intervals: the head beside the baselines, and label by label."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from styleid.report.palette import RIGHT, elide, short_names
from styleid.report.plots.canvas import INK, QUIET, drawing, new_figure, to_png
from styleid.report.summary import RunData
from styleid.report.words import BASELINES, METRICS

_COMPARED = ("accuracy", "balanced_accuracy", "macro_f1")
_GREYS = {"centroid": "#8a949d", "majority": "#bfc6cc"}


def draw_scores(run: RunData) -> bytes:
    """Draw the head's metrics beside the baselines', with 95 % intervals."""
    head = run.result["head"]
    rows = [(head, RIGHT, run.result["metrics"])]
    rows += [
        (BASELINES.get(name, name), _GREYS.get(name, QUIET), values)
        for name, values in sorted(run.result["baselines"].items())
        if name != head
    ]
    with drawing():
        figure = new_figure(
            8.0,
            0.95 + len(_COMPARED) * (0.34 * len(rows) + 0.3) + 0.6,
            f"{elide(head)} beside the baselines",
            "Bar: out-of-fold metric; line: 95 % interval. Where lines overlap, the two may well be equal.",
        )
        axes = figure.add_subplot()
        height, step = 0.8 / len(rows), len(rows)
        for group, metric in enumerate(_COMPARED):
            for place, (name, shade, metrics) in enumerate(rows):
                y = group + (place - (step - 1) / 2) * height
                _bar(axes, y, height * 0.82, metrics.get(metric), shade, name if group == 0 else None)
        axes.set_yticks(range(len(_COMPARED)), [METRICS[metric] for metric in _COMPARED])
        axes.invert_yaxis()
        axes.set_xlabel("metric (1 is best)")
        mark_unit_axis(axes, room=1.13)
        axes.legend(loc="lower center", bbox_to_anchor=(0.4, 1.0), ncols=len(rows), fontsize=9.5)
        return to_png(figure)


def draw_per_label(run: RunData) -> bytes:
    """Draw recall, precision and F1 of each label with 95 % intervals, the best recall on top."""
    labels = run.result["labels"]
    of = run.result["per_label"]
    order = sorted(range(len(labels)), key=lambda i: (-_value(of[labels[i]]["recall"]), i))
    names = short_names(labels)
    panels = {
        "recall": "Recall: its pictures found",
        "precision": "Precision: its name used rightly",
        "f1": "F1: both together",
    }
    with drawing():
        figure = new_figure(
            10.0,
            max(3.0, 1.75 + 0.25 * len(labels)),
            f"Best found: {names[order[0]]}; least found: {names[order[-1]]}",
            "Point: out-of-fold metric of a label; line: 95 % interval. In brackets: its pictures.",
        )
        axes = figure.subplots(1, 3, sharey=True)
        for panel, (key, title) in zip(axes, panels.items(), strict=True):
            for place, index in enumerate(order):
                draw_dot(panel, place, of[labels[index]].get(key))
            panel.set_title(title, fontsize=10, fontweight="normal")
            mark_unit_axis(panel, room=1.03)
            panel.grid(axis="y", color="#f3f5f6")
        ticks = [f"{names[i]} ({of[labels[i]]['n_images']})" for i in order]
        axes[0].set_yticks(range(len(order)), ticks, fontsize=9.5 if len(order) <= 40 else 8)
        axes[0].set_ylim(len(order) - 0.4, -0.6)
        axes[1].set_xlabel("metric (1 is best)")
        return to_png(figure)


def _bar(
    axes: Axes, y: float, height: float, metric: Mapping[str, Any] | None, shade: str, name: str | None
) -> None:
    value, low, high = _interval(metric)
    axes.barh(
        y, 0 if value is None else value, height, color=shade, label=None if name is None else elide(name)
    )
    if low is not None and high is not None:
        axes.plot([low, high], [y, y], color=INK, linewidth=1.3, solid_capstyle="butt")
    end = max(filter(None, (value, high)), default=0.0)
    axes.text(
        end + 0.015,
        y,
        "not defined" if value is None else f"{value:.3f}",
        va="center",
        fontsize=9,
        color=QUIET,
    )


def draw_dot(axes: Axes, y: float, metric: Mapping[str, Any] | None) -> None:
    """Draw a metric (``value``, ``low``, ``high``; what is None is left out) as a point on its interval."""
    value, low, high = _interval(metric)
    if low is not None and high is not None:
        axes.plot([low, high], [y, y], color="#9cc4e0", linewidth=2.2, solid_capstyle="round", zorder=2)
    if value is not None:
        axes.plot([value], [y], "o", color=RIGHT, markersize=5, zorder=3)


def _interval(metric: Mapping[str, Any] | None) -> Sequence[float | None]:
    metric = metric or {}
    return [metric.get(key) for key in ("value", "low", "high")]


def _value(metric: Mapping[str, Any]) -> float:
    return -1.0 if metric["value"] is None else float(metric["value"])


def mark_unit_axis(axes: Axes, room: float) -> None:
    """Mark the x axis from 0 to 1 and end it at `room`.

    A room above 1.1 is for bars, which start at 0 and have their number behind them.
    """
    axes.set_xlim(0 if room > 1.1 else -0.03, room)
    axes.set_xticks(np.linspace(0, 1, 6))
    axes.tick_params(length=0)
    axes.grid(axis="x")
    axes.set_axisbelow(True)
    axes.spines["left"].set_visible(False)
