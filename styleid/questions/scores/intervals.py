"""Numbers with their intervals: the head beside the baselines, and label by label."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from styleid.questions.run_data import RunData
from styleid.questions.scores.words import BASELINES, METRICS
from styleid.report.canvas import draw_bar, draw_dot, drawing, mark_unit_axis, name_rows, new_figure, to_png
from styleid.report.palette import GREY, PALE, QUIET, RIGHT, elide, short_names

_COMPARED = ("accuracy", "balanced_accuracy", "macro_f1")
_GREYS = {"centroid": GREY, "majority": PALE}


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
                draw_bar(
                    axes, y, height * 0.82, metrics.get(metric), shade, elide(name) if group == 0 else None
                )
        axes.set_yticks(range(len(_COMPARED)), [METRICS[metric] for metric in _COMPARED])
        axes.invert_yaxis()
        axes.set_xlabel("metric (1 is best)")
        mark_unit_axis(axes, room=1.13)
        axes.legend(loc="lower center", bbox_to_anchor=(0.4, 1.0), ncols=len(rows), fontsize=9.5)
        return to_png(figure)


def draw_per_label(run: RunData) -> bytes:
    """Draw recall, precision and F1 of each label with 95 % intervals, the best recall on top."""
    labels = run.result["labels"]
    scores = run.result["per_label"]
    order = sorted(range(len(labels)), key=lambda i: (-_value(scores[labels[i]]["recall"]), i))
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
                draw_dot(panel, place, scores[labels[index]].get(key))
            panel.set_title(title, fontsize=10, fontweight="normal")
            mark_unit_axis(panel, room=1.03)
            panel.grid(axis="y", color="#f3f5f6")
        ticks = [f"{names[i]} ({scores[labels[i]]['n_images']})" for i in order]
        name_rows(axes[0], ticks, 9.5 if len(order) <= 40 else 8)
        axes[1].set_xlabel("metric (1 is best)")
        return to_png(figure)


def _value(metric: Mapping[str, Any]) -> float:
    return -1.0 if metric["value"] is None else float(metric["value"])
