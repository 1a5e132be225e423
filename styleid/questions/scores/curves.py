"""Loss and accuracy over the epochs, for heads that are trained by epochs."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from styleid.questions.run_data import RunData
from styleid.report.canvas import drawing, new_figure, rule_axes, to_png
from styleid.report.palette import QUIET, RIGHT, WRONG
from styleid.report.panel import Panel, Plane, round_steps


def draw_curves(run: RunData) -> bytes:
    """Draw training and validation curves, the epoch that was kept marked."""
    held = has_validation(run.curves)
    best = [curve["best_epoch"] for curve in run.curves if held and curve.get("best_epoch") is not None]
    trainings = "one training" if len(run.curves) == 1 else f"{len(run.curves)} trainings, a line each"
    kept = (
        ""
        if not best
        else f"; best epoch {min(best)}" + (f" to {max(best)}" if min(best) < max(best) else "")
    )
    with drawing():
        figure = new_figure(
            10.0,
            4.3,
            f"Training of {run.result['head']}: {trainings}{kept}",
            "Lines that part: the head learns its training pictures by heart. Ring: the epoch that was kept."
            if held
            else "It learned from all pictures of its training part; the last epoch was kept.",
        )
        loss, accuracy = figure.subplots(1, 2)
        _panel(loss, run.curves, "loss", "val_loss", "loss (less is better)")
        _panel(accuracy, run.curves, "accuracy", "val_accuracy", "accuracy (1 is best)")
        accuracy.set_ylim(top=min(1.02, accuracy.get_ylim()[1]))
        handles, names = loss.get_legend_handles_labels()
        loss.legend(handles, names, loc="upper right")
        return to_png(figure)


def has_validation(curves: Sequence[Mapping[str, Any]]) -> bool:
    """Say whether trainings were looked at on pictures set aside, by which their epoch was chosen."""
    return any(curve.get("val_loss") for curve in curves)


def _panel(axes: Axes, curves: Sequence[Mapping[str, Any]], train: str, held_out: str, title: str) -> None:
    faint = 0.95 if len(curves) == 1 else 0.6
    for number, curve in enumerate(curves):
        for key, shade, style, name in (
            (train, QUIET, "--", "training part"),
            (held_out, RIGHT, "-", "validation part"),
        ):
            values = curve.get(key) or []
            if not values:
                continue
            epochs = range(1, len(values) + 1)
            axes.plot(epochs, values, style, color=shade, alpha=faint, linewidth=1.5,
                      label=name if number == 0 else None)  # fmt: skip
        values, best = curve.get(held_out) or [], curve.get("best_epoch")
        if best is not None and 1 <= best <= len(values):
            ring = "best epoch" if number == 0 else None
            axes.scatter([best], [values[best - 1]], s=62, facecolors="none", edgecolors=WRONG, label=ring,
                         linewidths=1.6, zorder=3)  # fmt: skip
    axes.set_title(title, fontsize=10, fontweight="normal")
    axes.set_xlabel("epoch")
    rule_axes(axes)
    axes.locator_params(axis="x", integer=True)


def lay_out_curves(curves: Sequence[Mapping[str, Any]]) -> list[Panel]:
    """Lay out loss, then accuracy, over the epochs; a panel without numbers is left out.

    Lines are ``train`` or ``held``, marks ``ring``: the epochs that were kept.
    """
    panels = [
        _curve_panel(curves, "loss", "val_loss", "loss (less is better)"),
        _curve_panel(curves, "accuracy", "val_accuracy", "accuracy (1 is best)"),
    ]
    return [panel for panel in panels if panel is not None]


def _curve_panel(curves: Sequence[Mapping[str, Any]], train: str, held: str, title: str) -> Panel | None:
    series = [(kind, _finite(c, key)) for c in curves for kind, key in (("train", train), ("held", held))]
    values = [v for _, line in series for v in line.values()]
    if not values:
        return None
    epochs = max(max(line, default=1) for _, line in series)
    steps = round_steps(values)
    plane = Plane((1, max(epochs, 2)), (steps[0], steps[-1]))
    rings = []
    for curve in curves:
        line, best = _finite(curve, held), curve.get("best_epoch")
        if best in line:
            rings.append(plane.mark("ring", best, line[best]))
    x_marks = [1, *(int(e) for e in MaxNLocator(6, integer=True).tick_values(1, epochs) if 1 < e <= epochs)]
    return Panel(
        title,
        "epoch",
        [(kind, plane.line(list(line.items()))) for kind, line in series if line],
        rings,
        plane.x_ticks(x_marks),
        plane.y_ticks(steps),
    )


def _finite(curve: Mapping[str, Any], key: str) -> dict[int, float]:
    """Key the values by epoch from 1, without those of a training that ran away."""
    values = curve.get(key) or []
    return {i: float(v) for i, v in enumerate(values, 1) if v is not None and math.isfinite(v)}
