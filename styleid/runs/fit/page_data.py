"""The data block of the page: every scored picture, and the thumbnails that there is room for."""

from __future__ import annotations

import base64
from typing import Any

import numpy as np
from numpy.typing import NDArray

from styleid.data.thumbnails import thumbnails
from styleid.questions.run_data import RunData, score_word
from styleid.report.numbers import write_score
from styleid.report.palette import colour, short_names, tidy
from styleid.runs.fit.choose import choose_thumbnails

MAX_THUMBNAILS = 3000
MAX_THUMBNAIL_BYTES = 8_000_000  # 10.7 MB as base64; the page stays below some 15 MB
A_CELL = 60  # pictures that a cell of the confusion matrix opens
BEST_SCORES = 3
_SIDE = 96

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
        "score_words": score_word(run.result, full=True),
    }
    return data if run.projection is None else data | _plane(run.projection.coordinates)


def _thumbnails(run: RunData) -> tuple[list[int], list[str]]:
    chosen = choose_thumbnails(run, MAX_THUMBNAILS, A_CELL)
    made = thumbnails([run.paths[row] for row in chosen], _SIDE)
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
    low, high = coordinates.min(axis=0), coordinates.max(axis=0)
    span = np.where(high > low, high - low, 1.0)
    unit = np.where(high > low, (coordinates - low) / span, 0.5)
    return {
        "x": np.round(unit[:, 0], 4).tolist(),
        "y": np.round(1 - unit[:, 1], 4).tolist(),
        "aspect": float(np.clip(span[0] / span[1], 0.8, 2.2)),
    }
