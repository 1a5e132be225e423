"""The head beside the baselines, label by label, and who is taken for whom."""

from __future__ import annotations

import numpy as np

from styleid.questions.run_data import RunData
from styleid.questions.scores.confusion import MOST_LABELS, readable_part, row_shares, say_part
from styleid.questions.scores.words import BASELINES, METRICS
from styleid.report.canvas import (
    BLUES,
    REDS,
    draw_bar,
    draw_dot,
    drawing,
    ink_on,
    mark_unit_axis,
    name_rows,
    new_figure,
    rule_cells,
    to_png,
)
from styleid.report.palette import FAINT, GREY, PALE, QUIET, RIGHT, elide, short_names

_COMPARED = ("accuracy", "balanced_accuracy", "macro_f1")
_GREYS = {"centroid": GREY, "majority": PALE}
_NUMBERS_UP_TO = 24  # labels; with more, counts would be too small to read


def draw_scores(run: RunData) -> bytes:
    """Draw the head's metrics beside the baselines', with 95 % intervals."""
    head = run.result["head"]
    rows = [(head, RIGHT, run.result["metrics"])]
    rows += [
        (BASELINES.get(name, name), _GREYS.get(name, QUIET), values)
        for name, values in sorted(run.result["baselines"].items())
        if name != head
    ]
    with drawing():
        figure = new_figure(
            8.0,
            0.95 + len(_COMPARED) * (0.34 * len(rows) + 0.3) + 0.6,
            f"{elide(head)} beside the baselines",
            "Bar: out-of-fold metric; line: 95 % interval. Whether two differ is told by the report, pair "
            "by pair.",
        )
        axes = figure.add_subplot()
        height, step = 0.8 / len(rows), len(rows)
        for group, metric in enumerate(_COMPARED):
            for place, (name, shade, metrics) in enumerate(rows):
                y = group + (place - (step - 1) / 2) * height
                draw_bar(
                    axes, y, height * 0.82, metrics.get(metric), shade, elide(name) if group == 0 else None
                )
        axes.set_yticks(range(len(_COMPARED)), [METRICS[metric] for metric in _COMPARED])
        axes.invert_yaxis()
        axes.set_xlabel("metric (1 is best)")
        mark_unit_axis(axes, room=1.13)
        axes.legend(loc="lower center", bbox_to_anchor=(0.4, 1.0), ncols=len(rows), fontsize=9.5)
        return to_png(figure)


def draw_per_label(run: RunData) -> bytes:
    """Draw recall, precision and F1 of each label with 95 % intervals, the best recall on top.

    Of many labels only those found least are drawn.
    """
    labels = run.result["labels"]
    scores = run.result["per_label"]
    recalls = [scores[label]["recall"]["value"] for label in labels]
    every = sorted(range(len(labels)), key=lambda i: (1.0 if recalls[i] is None else -recalls[i], i))
    order = every[-MOST_LABELS:]
    fewer = f" Shown: the {MOST_LABELS} found least of {len(every):,}." if len(order) < len(every) else ""
    names = short_names(labels)
    panels = {
        "recall": "Recall: its pictures found",
        "precision": "Precision: its name used rightly",
        "f1": "F1: both together",
    }
    with drawing():
        figure = new_figure(
            10.0,
            max(3.0, 1.75 + 0.25 * len(order)),
            f"Best found: {names[every[0]]}; least found: {names[every[-1]]}",
            f"Point: out-of-fold metric of a label; line: 95 % interval. In brackets: its pictures.{fewer}",
        )
        axes = figure.subplots(1, 3, sharey=True)
        for panel, (key, title) in zip(axes, panels.items(), strict=True):
            for place, index in enumerate(order):
                draw_dot(panel, place, scores[labels[index]].get(key))
            panel.set_title(title, fontsize=10, fontweight="normal")
            mark_unit_axis(panel, room=1.03)
            panel.grid(axis="y", color="#f3f5f6")
        ticks = [f"{names[i]} ({scores[labels[i]]['n_images']})" for i in order]
        name_rows(axes[0], ticks, 9.5 if len(order) <= 40 else 8)
        axes[1].set_xlabel("metric (1 is best)")
        return to_png(figure)


def draw_confusion(run: RunData) -> bytes:
    """Draw the confusion matrix, coloured by the share of each row; of many labels those most confused."""
    confusion = np.asarray(run.result["confusion"], dtype=np.int64)
    part = readable_part(confusion)
    n, columns = part.counts.shape
    shares = row_shares(part.counts)
    every = short_names(run.result["labels"])
    names = [every[label] for label in part.labels]
    cell = float(np.clip(8.0 / n, 0.19, 0.72))
    font = float(np.clip(cell * 18, 6, 11))
    right, total = int(np.trace(confusion)), int(confusion.sum())
    shown = say_part(part, len(confusion))
    with drawing():
        figure = new_figure(
            max(cell * columns + 2.4, 6.4),
            cell * n + 2.6,
            f"{right:,} of {total:,} pictures are on the diagonal: named right",
            "A row for each label, a column for what its pictures were taken for.\n"
            "Colour: share of the row, blue where right, orange where wrong." + f"\n{shown}" * bool(shown),
        )
        axes = figure.add_subplot()
        diagonal = np.eye(n, columns, dtype=bool)
        # Root of the share where wrong: rare mistakes show too.
        picture = np.where(diagonal[..., None], BLUES(shares), REDS(np.sqrt(shares)))
        axes.imshow(picture, interpolation="nearest")
        axes.set_xticks(range(columns), [*names, "other labels"][:columns], fontsize=font)
        for name in axes.get_xticklabels():
            if n > 12:
                name.set(rotation=90)
            elif n > 3:
                name.set(rotation=45, ha="right", rotation_mode="anchor")
        axes.set_yticks(range(n), names, fontsize=font)
        axes.set_xlabel("taken for")
        axes.set_ylabel("own label")
        rule_cells(axes, n, columns, FAINT, 0.6)
        for spine in axes.spines.values():
            spine.set(visible=True, color=FAINT, linewidth=0.6)
        if n <= _NUMBERS_UP_TO:
            for row, column in np.argwhere(part.counts):
                ink, count = ink_on(picture[row, column]), f"{part.counts[row, column]:,}"
                axes.text(column, row, count, ha="center", va="center", fontsize=font, color=ink)
        return to_png(figure)
