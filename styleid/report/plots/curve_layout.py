"""Training curves for the page."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.ticker import MaxNLocator

from styleid.report.plots.panel import Panel, Plane, round_steps


def lay_out_curves(curves: Sequence[Mapping[str, Any]]) -> list[Panel]:
    """Lay out loss, then accuracy, over the epochs; a panel without numbers is left out.

    Lines are ``train`` or ``held``, marks ``ring``: the epochs that were kept.
    """
    panels = [
        _panel(curves, "loss", "val_loss", "loss (less is better)"),
        _panel(curves, "accuracy", "val_accuracy", "accuracy (1 is best)"),
    ]
    return [panel for panel in panels if panel is not None]


def _panel(curves: Sequence[Mapping[str, Any]], train: str, held: str, title: str) -> Panel | None:
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
