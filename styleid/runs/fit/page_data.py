"""What the script of a fit's page works with: predictions, the plane, and small copies of each picture."""

from __future__ import annotations

import base64
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from styleid.data.thumbnails import small, webp
from styleid.questions.projection.plot import MOST_NAMES, place_points
from styleid.questions.run_data import RunData, score_word
from styleid.report.numbers import count_of, write_score
from styleid.report.page import embed_json
from styleid.report.palette import colour, short_names, tidy
from styleid.runs.fit.pictures import choose_thumbnails

#: Bytes of all small pictures, as base64 a third more: less where names and numbers leave less of a page's.
MAX_BYTES, MAX_PAGE, TABLES = 8_500_000, 15_000_000, 1_000_000
#: Sprites, of which the plane is made, come before thumbnails, which dialogs show, but leave them this much.
MAX_SPRITES, BYTES_FOR_THUMBNAILS = 20_000, 2_000_000
#: Side of a sprite in pixels, for so many at most, and of a sheet of them: what every browser takes.
_SPRITE_SIDES, _SHEET = ((10_000, 48), (MAX_SPRITES, 32)), 2048
MAX_THUMBNAILS = 3000
#: Side of a thumbnail in pixels, for so many at most: the fewer there are, the larger each may be.
_SIDES = ((300, 224), (1000, 160), (MAX_THUMBNAILS, 96))
A_CELL = 60  # pictures that a cell of the confusion matrix opens
BEST_SCORES = 3

NOT_SHOWN = -1  # no room for it
GONE = -2  # no readable picture


def collect_page_data(run: RunData) -> dict[str, Any]:
    """Gather what the page's script works with; places in the plane only where there is a projection.

    ``best`` is a list of label, score, label, score, ... for each picture; ``thumb`` is an index into
    ``thumbs`` (base64 WebP), ``sprite`` one into the squares of ``sheets``, or `NOT_SHOWN`, or `GONE`.
    """
    labels = run.result["labels"]
    folds = sorted(set(run.folds))
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
        "a_cell": A_CELL,
        "most_names": MOST_NAMES,
        "score_words": score_word(run.result, full=True),
    }
    room = (MAX_PAGE - TABLES - len(embed_json(data))) * 3 // 4
    data |= _pictures(run, min(MAX_BYTES, room))
    return data if run.projection is None else data | _plane(run.projection.coordinates)


def write_left_out(data: dict[str, Any]) -> list[str]:
    """Say in a sentence each which pictures the page cannot show, or shows small only."""
    places = list(zip(data["thumb"], data["sprite"], strict=True))
    gone = sum(thumb == GONE for thumb, _ in places)
    absent = sum(thumb == sprite == NOT_SHOWN for thumb, sprite in places)
    tiny = sum(thumb == NOT_SHOWN and sprite >= 0 for thumb, sprite in places)
    rows = len(places)
    told = (
        (gone, "cannot be shown: gone, or not readable any more"),
        (
            tiny,
            f"of {rows:,} are in this page with {data['sprite_side']} pixels a side only, for want of room",
        ),
        (absent, f"of {rows:,} are not in this page, for want of room; the plane has a mark for each"),
    )
    return [f"{count_of(n, 'picture') if n == gone else f'{n:,}'} {words}" for n, words in told if n]


class _Small(NamedTuple):
    """A picture's middle as a sprite, and all of it as a thumbnail where one was wanted."""

    sprite: Image.Image
    thumbnail: bytes


def _pictures(run: RunData, room: int) -> dict[str, Any]:
    order = choose_thumbnails(run, MAX_SPRITES, A_CELL)
    side = next(side for most, side in _SPRITE_SIDES if len(order) <= most)
    large = next(side for most, side in _SIDES if min(len(order), MAX_THUMBNAILS) <= most)

    def read(rank: int) -> _Small | None:
        wanted = rank < MAX_THUMBNAILS
        picture = small(run.paths[order[rank]], large if wanted else 2 * side)
        if picture is None:
            return None
        return _Small(ImageOps.fit(picture, (side, side)), webp(picture, large) if wanted else b"")

    columns = _SHEET // side
    thumb, sprite = ([NOT_SHOWN] * len(run.paths) for _ in range(2))
    thumbnails: list[tuple[int, bytes]] = []
    squares: list[tuple[int, Image.Image]] = []
    with ThreadPoolExecutor(2) as pool:
        for row, read_one in zip(order.tolist(), pool.map(read, range(len(order))), strict=True):
            if read_one is None:
                thumb[row] = sprite[row] = GONE
                continue
            squares.append((row, read_one.sprite))
            if read_one.thumbnail:
                thumbnails.append((row, read_one.thumbnail))
    sheets: list[str] = []
    for first in range(0, len(squares), columns**2):
        part = squares[first : first + columns**2]
        sheet = _sheet([square for _, square in part], side, columns)
        if not 0 < len(sheet) <= room - BYTES_FOR_THUMBNAILS:
            break
        room -= len(sheet)
        sheets.append(base64.b64encode(sheet).decode("ascii"))
        for place, (row, _) in enumerate(part, first):
            sprite[row] = place
    thumbs: list[str] = []
    for row, image in thumbnails:
        if len(image) <= room:
            thumb[row] = len(thumbs)
            thumbs.append(base64.b64encode(image).decode("ascii"))
            room -= len(image)
    return {
        "thumb": thumb,
        "thumbs": thumbs,
        "sprite": sprite,
        "sprite_side": side,
        "sprite_columns": columns,
        "sheets": sheets,
    }


def _sheet(squares: list[Image.Image], side: int, columns: int) -> bytes:
    """Lay squares side by side, row by row, on one picture."""
    sheet = Image.new("RGB", (side * min(columns, len(squares)), side * -(-len(squares) // columns)))
    for place, square in enumerate(squares):
        sheet.paste(square, (place % columns * side, place // columns * side))
    return webp(sheet, _SHEET, quality=60)


def _best(scores: NDArray[np.float64], said: np.int64) -> list[int | str]:
    """Return the given label and the best others as label, written score, label, written score, ..."""
    others = [i for i in np.argsort(-scores, kind="stable") if i != said]
    shown = [said, *others[: BEST_SCORES - 1]]
    return [part for i in shown for part in (int(i), write_score(float(scores[i])))]


def _plane(coordinates: NDArray[np.float64]) -> dict[str, Any]:
    """Scale coordinates to 0..1, the y axis downwards; ``far`` has row and direction of those at the edge."""
    placed, beyond = place_points(coordinates)
    low, high = placed.min(axis=0), placed.max(axis=0)
    span = np.where(high > low, high - low, 1.0)
    unit = np.where(high > low, (placed - low) / span, 0.5)
    return {
        "x": np.round(unit[:, 0], 4).tolist(),
        "y": np.round(1 - unit[:, 1], 4).tolist(),
        "far": [
            [int(row), int(beyond[row, 0]), -int(beyond[row, 1])]
            for row in np.flatnonzero(beyond.any(axis=1))
        ],
        "aspect": float(np.clip(span[0] / span[1], 1.25, 2.2)),
    }
