"""How well a hand never seen is told from known ones, and what putting strange pictures aside brings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.axes import Axes

from styleid.questions.run_data import RunData
from styleid.report.canvas import (
    DASHES,
    draw_dot,
    drawing,
    mark_unit_axis,
    name_rows,
    new_figure,
    rule_axes,
    to_png,
)
from styleid.report.palette import QUIET, RIGHT, short_names
from styleid.report.panel import FIFTHS, Panel, Plane, round_steps

#: Labels drawn; of more, those that are told least well.
MOST_LABELS = 30
_TALL = 14  # more rows, and the curve beside them would be stretched


def draw_unknown(run: RunData) -> bytes:
    """Draw the AUROC of each hidden label, and the accuracy over the share of pictures kept.

    A panel without numbers is left out; one of the two must have some.
    """
    unknown = run.result["unknown"]
    hidden, curve = unknown["hidden"], unknown["curve"]
    rows = sorted(hidden, key=lambda label: label["auroc"]["value"] or 0.0)[:MOST_LABELS][::-1]
    shown = f" Shown: the {MOST_LABELS} told least well of {len(hidden)}." if len(rows) < len(hidden) else ""
    title = (
        "No label could be hidden"
        if unknown["auroc"] is None
        else f"A hand never seen, told from known ones: AUROC {unknown['auroc']:.2f}"
        + " on average" * (len(hidden) > 1)
    )
    both = bool(hidden) and bool(curve)
    with drawing():
        figure = new_figure(
            11.0 if both else 8.0,
            max(4.2, 1.9 + 0.26 * len(rows)),
            title,
            f"Lines and band: 95 % intervals; dashes: chance.{shown}" if hidden else "Band: 95 % interval.",
        )
        axes = figure.subplots(1, 2 if both else 1, squeeze=False)[0]
        if hidden:
            _aurocs(axes[0], rows, short_names([row["label"] for row in rows]))
        if curve:
            _coverage(axes[-1], curve)
            if len(rows) > _TALL:
                axes[-1].set_box_aspect(0.9)
                axes[-1].set_anchor("N")
        return to_png(figure)


def _aurocs(axes: Axes, rows: Sequence[Mapping[str, Any]], names: Sequence[str]) -> None:
    axes.axvline(0.5, color=QUIET, linewidth=1, linestyle=DASHES)
    for place, row in enumerate(rows):
        draw_dot(axes, place, row["auroc"])
    ticks = [f"{name} ({row['n_images']})" for name, row in zip(names, rows, strict=True)]
    name_rows(axes, ticks, 9.5)
    axes.set_title("Hidden in turn (its pictures)", fontsize=10, fontweight="normal")
    axes.set_xlabel("AUROC (1 is best)")
    mark_unit_axis(axes, room=1.03)


def _coverage(axes: Axes, curve: Sequence[Mapping[str, Any]]) -> None:
    points = [(p["coverage"], p["accuracy"]) for p in curve if p["accuracy"]["value"] is not None]
    kept = [coverage for coverage, _ in points]
    value = [accuracy["value"] for _, accuracy in points]
    low, high = (
        [accuracy["value"] if accuracy[end] is None else accuracy[end] for _, accuracy in points]
        for end in ("low", "high")
    )
    axes.fill_between(kept, low, high, color=RIGHT, alpha=0.18, linewidth=0)
    axes.plot(kept, value, "o-", color=RIGHT, markersize=4, linewidth=1.5)
    axes.set_title("The strangest pictures put aside first", fontsize=10, fontweight="normal")
    axes.set_xlim(0, 1.03)
    axes.set_xlabel("share of pictures kept")
    axes.set_ylabel("accuracy of those kept")
    rule_axes(axes)


def lay_out_coverage(result: Mapping[str, Any]) -> Panel | None:
    """Lay out the accuracy over the share of pictures that are kept; None without two points."""
    unknown = result["unknown"]
    points = [] if unknown is None else [p for p in unknown["curve"] if p["accuracy"]["value"] is not None]
    if len(points) < 2:
        return None
    places = [(p["coverage"], *(p["accuracy"][key] for key in ("value", "low", "high"))) for p in points]
    steps = round_steps([v for _, *metric in places for v in metric if v is not None])
    plane = Plane((0, 1), (steps[0], steps[-1]))
    return Panel(
        "accuracy of the pictures kept",
        "share of pictures kept",
        [("held", plane.line([(x, y) for x, y, _, _ in places]))],
        [plane.mark("after", *place) for place in places],
        plane.x_ticks(FIFTHS),
        plane.y_ticks(steps),
    )
