"""The confusion matrix: whose pictures are taken for whose."""

from __future__ import annotations

import numpy as np

from styleid.questions.run_data import RunData
from styleid.questions.scores.tables import row_shares
from styleid.report.canvas import BLUES, REDS, drawing, new_figure, rule_cells, to_png
from styleid.report.palette import FAINT, INK, short_names

_NUMBERS_UP_TO = 24  # labels; with more, counts would be too small to read


def draw_confusion(run: RunData) -> bytes:
    """Draw the confusion matrix, coloured by the share of each row."""
    counts = np.asarray(run.result["confusion"], dtype=np.int64)
    n = len(counts)
    shares = row_shares(counts)
    names = short_names(run.result["labels"])
    cell = float(np.clip(8.0 / n, 0.19, 0.72))
    font = float(np.clip(cell * 18, 6, 11))
    right, total = int(np.trace(counts)), int(counts.sum())
    with drawing():
        figure = new_figure(
            max(cell * n + 2.4, 6.4),
            cell * n + 2.6,
            f"{right:,} of {total:,} pictures are on the diagonal: named right",
            "A row for each label, a column for what its pictures were taken for.\n"
            "Colour: share of the row, blue where right, orange where wrong.",
        )
        axes = figure.add_subplot()
        diagonal = np.eye(n, dtype=bool)
        # Root of the share where wrong: rare mistakes show too.
        picture = np.where(diagonal[..., None], BLUES(shares), REDS(np.sqrt(shares)))
        axes.imshow(picture, interpolation="nearest")
        axes.set_xticks(range(n), names, fontsize=font)
        for name in axes.get_xticklabels():
            if n > 12:
                name.set(rotation=90)
            elif n > 3:
                name.set(rotation=45, ha="right", rotation_mode="anchor")
        axes.set_yticks(range(n), names, fontsize=font)
        axes.set_xlabel("taken for")
        axes.set_ylabel("own label")
        rule_cells(axes, n, n, FAINT, 0.6)
        for spine in axes.spines.values():
            spine.set(visible=True, color=FAINT, linewidth=0.6)
        if n <= _NUMBERS_UP_TO:
            for row, column in zip(*np.nonzero(counts), strict=True):
                ink = "white" if shares[row, column] > 0.6 else INK
                axes.text(
                    column, row, f"{counts[row, column]}", ha="center", va="center", fontsize=font, color=ink
                )
        return to_png(figure)
