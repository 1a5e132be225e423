"""The reliability diagram: how often the head is right, over the score it gives."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.axes import Axes

from styleid.questions.run_data import RunData, is_calibrated, score_word
from styleid.report.canvas import drawing, new_figure, rule_axes, to_png
from styleid.report.palette import GREY, QUIET, RIGHT
from styleid.report.panel import FIFTHS, Panel, Plane


def draw_reliability(run: RunData) -> bytes:
    """Draw the share that is right over the score, before and after calibration."""
    calibration, calibrated = run.result["calibration"], is_calibrated(run.result)
    error = calibration["after"]["ece"]["value"]
    measured = "" if error is None else f": calibration error {error:.3f}"
    title = "How true the probabilities are" if calibrated else "These scores are not probabilities"
    with drawing():
        figure = new_figure(
            6.6,
            7.0,
            f"{title}{measured}",
            f"Points: pictures sorted by the {score_word(run.result)} of the label given, in heaps of about "
            "one size;\nlines: 95 % intervals. On the diagonal it is right as often as it says.",
        )
        axes = figure.add_subplot()
        axes.plot([0, 1], [0, 1], color=QUIET, linewidth=1, linestyle=(0, (2, 4)), zorder=1)
        _points(axes, calibration["before"]["curve"], GREY, "as the head gives it", hollow=True)
        if calibrated:
            _points(axes, calibration["after"]["curve"], RIGHT, "after calibration", hollow=False)
        axes.set_xlim(-0.02, 1.02)
        axes.set_ylim(-0.02, 1.02)
        axes.set_aspect("equal")
        axes.set_xticks(FIFTHS)
        axes.set_yticks(FIFTHS)
        axes.set_xlabel(score_word(run.result, full=True))
        axes.set_ylabel("share that is right")
        rule_axes(axes)
        axes.legend(loc="upper left", fontsize=9.5)
        return to_png(figure)


def _points(axes: Axes, curve: Sequence[Mapping[str, Any]], shade: str, name: str, *, hollow: bool) -> None:
    score, accuracy, low, high = (
        [bin_[key] for bin_ in curve] for key in ("score", "accuracy", "low", "high")
    )
    axes.vlines(score, low, high, color=shade, linewidth=1.2, alpha=0.65, zorder=2)
    inner, edge = ("white", shade) if hollow else (shade, "white")
    axes.scatter(score, accuracy, s=42, color=inner, edgecolors=edge, linewidths=1.4, label=name, zorder=3)


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
        plane.x_ticks(FIFTHS),
        plane.y_ticks(FIFTHS),
    )
