"""Whether some orders of learning end better than others, and what the scores vary with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from styleid.report.canvas import draw_dot, drawing, name_rows, new_figure, rule_axes, to_png
from styleid.report.numbers import write_p
from styleid.report.palette import GREY, INK, RIGHT, elide

_PARTS = ("label", "seed", "order", "position", "rest")


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
    axes.xaxis.set_major_formatter(lambda value, _: f"{100 * value:.3g}%")
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
            f"{part['share']:.1%}{p}",
            (max(part["share"], part["by_chance"] or 0.0), row),
            xytext=(6, 0),
            textcoords="offset points",
            va="center",
            fontsize=9,
        )
    name_rows(axes, _PARTS, 10)
    axes.set_xlim(0, 1.15 * max(parts[name]["share"] for name in _PARTS) + 0.2)
    axes.set_xticks([0, 0.25, 0.5, 0.75, 1.0] if axes.get_xlim()[1] > 0.6 else [0, 0.1, 0.2, 0.3])
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:.0%}")
    axes.tick_params(length=0)
    axes.spines["left"].set_visible(False)
