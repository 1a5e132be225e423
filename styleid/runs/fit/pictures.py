"""Which pictures a report shows: the surest and the most doubtful, as a plot, and an order for all."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import SubFigure
from numpy.typing import NDArray

from styleid.data.thumbnails import thumbnail_pixels
from styleid.questions.run_data import RunData, is_calibrated
from styleid.report.canvas import clear_frame, drawing, new_figure, on_square, to_png
from styleid.report.numbers import write_score
from styleid.report.palette import QUIET, RIGHT, WRONG_TEXT, short_names

EACH = 8  # pictures of each kind; also a row's length
_PIXELS = 200

#: Titles of the kinds of `Picks`, in their order.
TITLES = ("Surest, and right", "Surest, and wrong", "Most doubtful: the two best scores are closest")


class Picks(NamedTuple):
    """Rows of a run worth a look; no row is in two of them.

    The same motif drawn twice gives the same score, so each kind takes one picture of every cell of the
    confusion matrix before the second of any.
    """

    right: NDArray[np.int64]  # the surest that were named right
    wrong: NDArray[np.int64]  # the surest that were named wrong
    doubtful: NDArray[np.int64]  # smallest difference between the two best scores


def said_score(run: RunData) -> NDArray[np.float64]:
    """Return (n,) scores of the predicted labels."""
    return np.asarray(run.scores[np.arange(len(run.predicted)), run.predicted], dtype=np.float64)


def choose_picks(run: RunData, each: int = 8) -> Picks:
    """Choose the pictures of the prediction grid, at most `each` of a kind."""
    rank = rank_in_cell(run)
    order = np.lexsort((-said_score(run), rank))
    is_right = (run.true == run.predicted)[order]
    right, wrong = order[is_right][:each], order[~is_right][:each]
    ranked = np.sort(run.scores, axis=1)
    margin = ranked[:, -1] - ranked[:, -2]
    doubt = np.lexsort((margin, _ranks(_cells(run), margin)))
    doubtful = doubt[~np.isin(doubt, np.concatenate([right, wrong]))][:each]
    return Picks(right, wrong, doubtful)


def choose_faces(run: RunData) -> NDArray[np.int64]:
    """Choose one row for each label that was scored: its most typical, of equals the first by its name."""
    order = np.lexsort((np.array(run.image_ids), np.round(run.off_centre, 9), run.true))
    return order[np.diff(run.true[order], prepend=-1) > 0]


def off_centre(X: NDArray[np.float32], y: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return (n,) distances of vectors, (n, dim), to the mean of their label, in standard deviations."""
    labels, own = np.unique(y, return_inverse=True)
    means = np.stack([X[y == label].mean(axis=0, dtype=np.float64) for label in labels])
    deviations = np.maximum(X.std(axis=0, dtype=np.float64), 1e-6)  # a channel may hold nothing
    return np.asarray(np.linalg.norm((X - means[own]) / deviations, axis=1), dtype=np.float64)


def choose_mistake(run: RunData) -> tuple[int, int, int] | None:
    """Return a row of the commonest mistake, one of the label it was taken for, and how often."""
    wrong = np.array(run.result["confusion"], dtype=np.int64)
    np.fill_diagonal(wrong, 0)
    own, said = np.unravel_index(int(wrong.argmax()), wrong.shape)
    others = np.flatnonzero(run.true == said)
    if not wrong.any() or not len(others):
        return None
    # The face of the label stands beside the pair already.
    other = np.setdiff1d(others, choose_faces(run))
    other = other[np.argsort(run.off_centre[other], kind="stable")]
    here = np.flatnonzero((run.true == own) & (run.predicted == said))
    return int(here[said_score(run)[here].argmax()]), int([*other, *others][0]), len(here)


def rank_in_cell(run: RunData) -> NDArray[np.int64]:
    """Return (n,) ranks within each cell of the confusion matrix, 0 for the surest picture."""
    return _ranks(_cells(run), -said_score(run))


def _cells(run: RunData) -> NDArray[np.int64]:
    return run.true * len(run.result["labels"]) + run.predicted


def _ranks(cells: NDArray[np.int64], keys: NDArray[np.float64]) -> NDArray[np.int64]:
    """Rank the rows of each cell from 0, by rising key; equal keys in their order."""
    order = np.lexsort((keys, cells))
    starts = np.flatnonzero(np.diff(cells[order], prepend=-1))
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order)) - np.repeat(starts, np.diff(starts, append=len(order)))
    return rank


def choose_thumbnails(run: RunData, at_most: int, a_cell: int) -> NDArray[np.int64]:
    """Choose the rows whose pictures go into the page, the most wanted first.

    First come the wrong ones that cells open (`a_cell` pictures each), then the right ones cell by cell in
    turn, then the other wrong ones, then an even sample of the other right ones.
    """
    rank = rank_in_cell(run)
    is_wrong = run.true != run.predicted
    opened = rank < a_cell
    kind = np.select([is_wrong & opened, opened, is_wrong], [0, 1, 2], default=3)
    seed = int(run.result["seed"])
    chance = np.random.default_rng(seed).permutation(len(rank))
    within = np.where(kind == 3, chance, rank)
    return np.lexsort((within, kind))[:at_most]


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
    ink = RIGHT if is_right else WRONG_TEXT
    lines = [
        f"{names[run.predicted[row]]}  {write_score(score)}",
        *([] if is_right else [f"is {names[run.true[row]]}"]),
    ]
    for place, line in enumerate(lines):
        axes.text(
            0.5, -0.11 - 0.11 * place, line, fontsize=8.5, color=ink, ha="center", transform=axes.transAxes
        )
