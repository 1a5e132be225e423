"""The prediction grid: pictures with what was said about them."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import SubFigure

from styleid.data.thumbnails import thumbnail_pixels
from styleid.questions.run_data import RunData, is_calibrated
from styleid.report.canvas import clear_frame, drawing, new_figure, on_square, to_png
from styleid.report.numbers import write_score
from styleid.report.palette import QUIET, RIGHT, WRONG, short_names
from styleid.runs.fit.choose import TITLES, choose_picks, said_score

EACH = 8  # pictures of each kind; also a row's length
_PIXELS = 200


def draw_grid(run: RunData) -> bytes:
    """Draw the surest right, the surest wrong and the most doubtful pictures; one that is gone is a gap."""
    names, scores = short_names(run.result["labels"], 18), said_score(run)
    meant = "probability" if is_calibrated(run.result) else "score (which is not a probability)"
    with drawing():
        figure = new_figure(
            13.0,
            8.0,
            "What the head is sure of, where that misleads it, and where it cannot decide",
            f"Under each picture: the label it was given, its {meant}, and its own label where that differs.",
        )
        parts: list[SubFigure] = list(np.asarray(figure.subfigures(3, 1)))
        for part, title, chosen in zip(parts, TITLES, choose_picks(run, EACH), strict=True):
            part.suptitle(title, x=0.004, ha="left", fontsize=11, fontweight="bold")
            if not len(chosen):
                part.text(0.004, 0.5, "no such picture", color=QUIET)
                continue
            for axes, row in zip(
                part.subplots(1, EACH), [*chosen, *[-1] * (EACH - len(chosen))], strict=True
            ):
                clear_frame(axes)
                if row >= 0:
                    _show(axes, run, int(row), names, scores[row])
        return to_png(figure)


def _show(axes: Axes, run: RunData, row: int, names: list[str], score: float) -> None:
    pixels = thumbnail_pixels(run.paths[row], _PIXELS)
    if pixels is None:
        axes.text(0.5, 0.5, "picture\nis gone", color=QUIET, fontsize=9, ha="center", va="center")
        for spine in axes.spines.values():
            spine.set_visible(True)
        pixels = np.full((3, 3, 3), 246, dtype=np.uint8)
        axes.imshow(pixels, extent=(0, 1, 0, 1))
    else:
        axes.imshow(on_square(pixels, max(pixels.shape[:2])), interpolation="antialiased")
    is_right = bool(run.true[row] == run.predicted[row])
    ink = RIGHT if is_right else WRONG
    lines = [
        f"{names[run.predicted[row]]}  {write_score(score)}",
        *([] if is_right else [f"is {names[run.true[row]]}"]),
    ]
    for place, line in enumerate(lines):
        axes.text(
            0.5, -0.11 - 0.11 * place, line, fontsize=8.5, color=ink, ha="center", transform=axes.transAxes
        )
