"""Which pictures a report shows: the grid of the surest and most doubtful, and the thumbnails of the page."""

from __future__ import annotations

import base64
from typing import Any, NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import SubFigure
from numpy.typing import NDArray

from styleid.data.thumbnails import thumbnail_pixels, thumbnails
from styleid.questions.projection.plot import MOST_NAMES, shorten_gaps
from styleid.questions.run_data import RunData, is_calibrated, score_word
from styleid.report.canvas import clear_frame, drawing, new_figure, on_square, to_png
from styleid.report.numbers import write_score
from styleid.report.palette import QUIET, RIGHT, WRONG_TEXT, colour, short_names, tidy

EACH = 8  # pictures of each kind; also a row's length
_PIXELS = 200

#: Titles of the kinds of `Picks`, in their order.
TITLES = ("Surest, and right", "Surest, and wrong", "Most doubtful: the two best scores are closest")

MAX_THUMBNAILS = 3000
MAX_THUMBNAIL_BYTES = 8_000_000  # 10.7 MB as base64; the page stays below some 15 MB
A_CELL = 60  # pictures that a cell of the confusion matrix opens
BEST_SCORES = 3
#: Side of a thumbnail in pixels, for so many pictures at most: the fewer there are, the larger each may be.
_SIDES = ((300, 224), (1000, 160), (MAX_THUMBNAILS, 96))

NOT_SHOWN = -1  # no room for a thumbnail
GONE = -2  # no readable picture


def collect_page_data(run: RunData) -> dict[str, Any]:
    """Gather what the page's script works with; places in the plane only where there is a projection.

    ``best`` is a list of label, score, label, score, ... for each picture; ``thumb`` is an index into
    ``thumbs`` (base64 WebP), `NOT_SHOWN` or `GONE`.
    """
    labels = run.result["labels"]
    folds = sorted(set(run.folds))
    thumb, images = _thumbnails(run)
    data = {
        "labels": [tidy(label) for label in labels],
        "short": short_names(labels, 18),
        "colours": [colour(i) for i in range(len(labels))],
        "ids": [tidy(image_id) for image_id in run.image_ids],
        "true": run.true.tolist(),
        "said": run.predicted.tolist(),
        "best": [_best(scores, said) for scores, said in zip(run.scores, run.predicted, strict=True)],
        "sure": [
            round(float(scores[said]), 5) for scores, said in zip(run.scores, run.predicted, strict=True)
        ],
        "folds": [tidy(fold) for fold in folds],
        "fold": [folds.index(fold) for fold in run.folds],
        "thumb": thumb,
        "thumbs": images,
        "a_cell": A_CELL,
        "most_names": MOST_NAMES,
        "score_words": score_word(run.result, full=True),
    }
    return data if run.projection is None else data | _plane(run.projection.coordinates)


def _thumbnails(run: RunData) -> tuple[list[int], list[str]]:
    chosen = choose_thumbnails(run, MAX_THUMBNAILS, A_CELL)
    side = next((side for most, side in _SIDES if len(chosen) <= most), _SIDES[-1][1])
    made = thumbnails([run.paths[row] for row in chosen], side)
    place, room = [NOT_SHOWN] * len(run.paths), MAX_THUMBNAIL_BYTES
    images: list[str] = []
    for row, image in zip(chosen, made, strict=True):
        if image is None:
            place[row] = GONE
        elif len(image) <= room:
            place[row] = len(images)
            images.append(base64.b64encode(image).decode("ascii"))
            room -= len(image)
    return place, images


def _best(scores: NDArray[np.float64], said: np.int64) -> list[int | str]:
    """Return the given label and the best others as label, written score, label, written score, ..."""
    others = [i for i in np.argsort(-scores, kind="stable") if i != said]
    shown = [said, *others[: BEST_SCORES - 1]]
    return [part for i in shown for part in (int(i), write_score(float(scores[i])))]


def _plane(coordinates: NDArray[np.float64]) -> dict[str, Any]:
    """Scale coordinates to 0..1, the y axis downwards, and say how wide the plane is for its height."""
    coordinates = shorten_gaps(coordinates)
    low, high = coordinates.min(axis=0), coordinates.max(axis=0)
    span = np.where(high > low, high - low, 1.0)
    unit = np.where(high > low, (coordinates - low) / span, 0.5)
    return {
        "x": np.round(unit[:, 0], 4).tolist(),
        "y": np.round(1 - unit[:, 1], 4).tolist(),
        "aspect": float(np.clip(span[0] / span[1], 1.25, 2.2)),
    }


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
    """Choose the rows whose thumbnails go into the page, the most wanted first.

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
