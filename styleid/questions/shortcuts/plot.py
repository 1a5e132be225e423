"""The plot of an audit's scores: the head beside what needs no look at the drawing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from styleid.questions.shortcuts.words import SHORTCUTS, VERDICTS
from styleid.report.canvas import DASHES, draw_bar, drawing, mark_unit_axis, new_figure, to_png
from styleid.report.palette import DOUBTFUL, PALE, QUIET, RIGHT, WRONG

_SHADES = {"ahead": WRONG, "level": WRONG, "behind": DOUBTFUL, "chance": PALE, None: RIGHT}
_MEANING: Mapping[str, str] = {
    PALE: VERDICTS["chance"],
    DOUBTFUL: VERDICTS["behind"],
    WRONG: f"{VERDICTS['level']}, or ahead",
    RIGHT: "looks at the drawing",
}


def draw_check_scores(shortcuts: Mapping[str, Any], chance: float) -> bytes:
    """Draw the balanced accuracy of the head, the baselines and the shortcuts, as a PNG."""
    names = [name for name in SHORTCUTS if name in shortcuts]
    with drawing():
        figure = new_figure(
            8.6,
            1.7 + 0.38 * len(names),
            "What can be told without looking at the drawing",
            "Bar: out-of-fold balanced accuracy, all on the same folds; line: 95 % interval; dashes: "
            "chance. The head: logistic regression.",
        )
        axes = figure.add_subplot()
        seen: set[str] = set()
        for y, name in enumerate(names):
            verdict = None if name in ("logreg", "centroid") else shortcuts[name]["verdict"] or "chance"
            shade = _SHADES[verdict]
            legend = None if shade in seen else _MEANING[shade]
            seen.add(shade)
            draw_bar(axes, y, 0.66, shortcuts[name]["balanced_accuracy"], shade, legend)
        axes.axvline(chance, color=QUIET, linewidth=1, linestyle=DASHES)
        axes.set_yticks(range(len(names)), [SHORTCUTS[name] for name in names])
        axes.invert_yaxis()
        axes.set_xlabel("balanced accuracy (1 is best)")
        mark_unit_axis(axes, room=1.13)
        axes.legend(loc="lower center", bbox_to_anchor=(0.32, 1.0), ncols=4, fontsize=9)
        return to_png(figure)
