"""The plot of an audit's scores: the head beside what needs no look at the drawing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from styleid.questions.shortcuts.words import SHORTCUTS
from styleid.report.canvas import INK, QUIET, drawing, new_figure, to_png
from styleid.report.palette import RIGHT, WRONG

_SHADES = {"whole": WRONG, "part": "#e69f00", "none": "#bfc6cc", None: RIGHT}
_MEANING = {
    None: "looks at the drawing",
    "none": "no look at it, at chance",
    "part": "above chance",
    "whole": "as good as the head",
}


def draw_check_scores(shortcuts: Mapping[str, Any], chance: float) -> bytes:
    """Draw the balanced accuracy of the head, the baselines and the shortcuts, as a PNG."""
    names = [name for name in SHORTCUTS if name in shortcuts]
    with drawing():
        figure = new_figure(
            8.6,
            1.7 + 0.38 * len(names),
            "How much is told without a look at the drawing",
            "Bar: out-of-fold balanced accuracy, all on the same folds; line: 95 % interval; dashes: chance.",
        )
        axes = figure.add_subplot()
        seen: set[str | None] = set()
        for y, name in enumerate(names):
            verdict = None if name in ("logreg", "centroid") else shortcuts[name]["verdict"] or "none"
            metric = shortcuts[name]["balanced_accuracy"]
            value, low, high = (float(metric[key] or 0.0) for key in ("value", "low", "high"))
            legend = None if verdict in seen else _MEANING[verdict]
            seen.add(verdict)
            axes.barh(y, value, 0.66, color=_SHADES[verdict], label=legend)
            axes.plot([low, high], [y, y], color=INK, linewidth=1.3, solid_capstyle="butt")
            axes.text(max(value, high) + 0.015, y, f"{value:.3f}", va="center", fontsize=9, color=QUIET)
        axes.axvline(chance, color=QUIET, linewidth=1, linestyle=(0, (3, 3)))
        axes.set_yticks(range(len(names)), [SHORTCUTS[name] for name in names])
        axes.invert_yaxis()
        axes.set_xlim(0, 1.1)
        axes.set_xticks(np.linspace(0, 1, 6))
        axes.set_xlabel("balanced accuracy (1 is best)")
        axes.tick_params(length=0)
        axes.grid(axis="x")
        axes.set_axisbelow(True)
        axes.spines["left"].set_visible(False)
        axes.legend(loc="lower center", bbox_to_anchor=(0.32, 1.0), ncols=4, fontsize=9)
        return to_png(figure)
