"""Heads in the order of their scores, and which of them cannot be told apart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.axes import Axes

from styleid.report.canvas import clear_frame, draw_dot, drawing, name_rows, new_figure, rule_axes, to_png
from styleid.report.palette import GREY, INK, QUIET, RIGHT
from styleid.runs.compare.words import write_ranking


def draw_ranks(result: Mapping[str, Any]) -> bytes:
    """Draw each head's balanced accuracy with its interval, and join heads that cannot be told apart."""
    heads, alike = result["heads"], result["alike"]
    likely = {result["recommended"]["best"], *result["recommended"]["equals"]}
    with drawing():
        figure = new_figure(
            9.0,
            1.75 + 0.46 * len(heads),
            write_ranking(result),
            f"Point: mean of {result['n_folds'] * result['n_repeats']} folds; line: 95 % interval, corrected "
            "for overlapping training sets; small dots: folds.\n"
            "Blue: the best, and what cannot be told apart from it; on the right, every such set.",
        )
        scores, groups = figure.subplots(1, 2, width_ratios=[1, 0.16 + 0.05 * max(1, len(alike))])
        for place, head in enumerate(heads):
            _head(scores, place, result["results"][head], RIGHT if head in likely else GREY)
        name_rows(scores, heads, 11)
        scores.set_xlabel("balanced accuracy (1 is best)")
        rule_axes(scores, "x")
        _groups(groups, heads, alike)
        return to_png(figure)


def _head(axes: Axes, place: int, scored: Mapping[str, Any], shade: str) -> None:
    metric = scored["metrics"]["balanced_accuracy"]
    folds = [fold["balanced_accuracy"] for fold in scored["folds"]]
    axes.plot(folds, [place + 0.24] * len(folds), "o", color=shade, alpha=0.35, markersize=3.5, mew=0)
    draw_dot(axes, place, metric, shade, size=8)
    axes.annotate(
        f"{metric['value']:.3f}",
        (metric["value"], place),
        xytext=(0, 8),
        textcoords="offset points",
        ha="center",
        fontsize=9.5,
        color=INK,
    )


def _groups(axes: Axes, heads: Sequence[str], alike: Sequence[Sequence[str]]) -> None:
    """Draw one column of joined dots a set of heads of which no two are told apart."""
    clear_frame(axes)
    axes.set_ylim(len(heads) - 0.4, -0.6)
    axes.set_xlim(-0.7, max(1, len(alike)) - 0.3)
    for column, group in enumerate(alike):
        places = [heads.index(head) for head in group]
        axes.plot([column, column], [min(places), max(places)], color=INK, linewidth=1.6)
        axes.plot([column] * len(places), places, "o", color=INK, markersize=6.5)
    axes.set_title(
        "cannot be\ntold apart" if alike else "all are\ntold apart",
        fontsize=9.5,
        fontweight="normal",
        color=QUIET,
        loc="center",
    )
