"""Training curves for the page, as lines of an SVG that follows the page's colours."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from matplotlib.ticker import MaxNLocator

WIDTH, HEIGHT = 460, 260
_LEFT, _RIGHT, _TOP, _BOTTOM = 44, 12, 10, 34


@dataclass(frozen=True)
class CurvePanel:
    """One panel, in the units of an SVG of `WIDTH` by `HEIGHT`.

    Attributes
    ----------
    title : str
        What its y axis is.
    lines : list of (str, str)
        ``"train"`` or ``"held"``, and the points of a polyline.
    rings : list of (float, float)
        Where the epochs that were kept are.
    x_ticks, y_ticks : list of (float, str)
        Place and number.
    """

    title: str
    lines: list[tuple[str, str]]
    rings: list[tuple[float, float]]
    x_ticks: list[tuple[float, str]]
    y_ticks: list[tuple[float, str]]


def lay_out_curves(curves: Sequence[Mapping[str, Any]]) -> list[CurvePanel]:
    """Lay out loss and accuracy over the epochs.

    Parameters
    ----------
    curves : sequence of mapping
        As in `RunData.curves`.

    Returns
    -------
    list of CurvePanel
        Loss, then accuracy; a panel without numbers is left out.
    """
    panels = [
        _panel(curves, "loss", "val_loss", "loss (less is better)"),
        _panel(curves, "accuracy", "val_accuracy", "accuracy (1 is best)"),
    ]
    return [panel for panel in panels if panel is not None]


def _panel(curves: Sequence[Mapping[str, Any]], train: str, held: str, title: str) -> CurvePanel | None:
    series = [(kind, _finite(c, key)) for c in curves for kind, key in (("train", train), ("held", held))]
    values = [v for _, line in series for v in line.values()]
    if not values:
        return None
    epochs = max(max(line, default=1) for _, line in series)
    y_marks = [float(v) for v in MaxNLocator(5).tick_values(min(values), max(values))]
    low, high = y_marks[0], y_marks[-1]

    def x(epoch: float) -> float:
        return round(_LEFT + (WIDTH - _LEFT - _RIGHT) * (epoch - 1) / max(epochs - 1, 1), 1)

    def y(value: float) -> float:
        return round(HEIGHT - _BOTTOM - (HEIGHT - _TOP - _BOTTOM) * (value - low) / (high - low), 1)

    rings = []
    for curve in curves:
        line, best = _finite(curve, held), curve.get("best_epoch")
        if best in line:
            rings.append((x(best), y(line[best])))
    x_marks = [1, *(int(e) for e in MaxNLocator(6, integer=True).tick_values(1, epochs) if 1 < e <= epochs)]
    return CurvePanel(
        title,
        [(kind, " ".join(f"{x(i)},{y(v)}" for i, v in line.items())) for kind, line in series if line],
        rings,
        [(x(e), str(e)) for e in x_marks],
        [(y(v), f"{v:g}" if abs(v) > 1e-12 else "0") for v in y_marks],
    )


def _finite(curve: Mapping[str, Any], key: str) -> dict[int, float]:
    """Key the values by epoch from 1, without those of a training that ran away."""
    values = curve.get(key) or []
    return {i: float(v) for i, v in enumerate(values, 1) if v is not None and math.isfinite(v)}
