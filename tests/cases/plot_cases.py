"""The plots of a fit, as matplotlib figures before they are pictures."""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.text import Text

from styleid.questions.calibration import plot as reliability
from styleid.questions.more_pictures import plot as learning
from styleid.questions.projection import plot as projection
from styleid.questions.scores import curves
from styleid.questions.scores import plot as scores
from styleid.questions.strangers import plot as unknown
from styleid.runs.fit import pictures as grid

PLOTS = {
    "confusion": (scores, "draw_confusion"),
    "projection": (projection, "draw_projection"),
    "per_label": (scores, "draw_per_label"),
    "scores": (scores, "draw_scores"),
    "curves": (curves, "draw_curves"),
    "grid": (grid, "draw_grid"),
    "reliability": (reliability, "draw_reliability"),
    "unknown": (unknown, "draw_unknown"),
    "learning": (learning, "draw_learning"),
}


def figure_of(name, run, monkeypatch):
    module, function = PLOTS[name]
    kept = []
    real = module.to_png
    with monkeypatch.context() as patch:
        patch.setattr(module, "to_png", lambda figure: kept.append(figure) or real(figure))
        getattr(module, function)(run)
    return kept[0]


def texts_of(figure):
    """All texts that are drawn: matplotlib keeps labels of ticks beyond an axis, but does not draw them."""
    beyond = set()
    for axes in figure.findobj(Axes):
        for axis in (axes.xaxis, axes.yaxis):
            low, high = sorted(axis.get_view_interval())
            beyond |= {tick.label1 for tick in axis.get_major_ticks() if not low <= tick.get_loc() <= high}
    shown = [text for text in figure.findobj(Text) if text.get_visible() and text.get_text().strip()]
    return [text for text in shown if text not in beyond]
