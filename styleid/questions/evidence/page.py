"""A sheet as a page, or as a part of one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path
from string import ascii_uppercase

from markupsafe import Markup

from styleid.questions.evidence.plane import draw_plane, mark
from styleid.questions.evidence.sheet import Map, Sheet
from styleid.questions.evidence.words import (
    WITNESS_NAMES,
    write_learned,
    write_rank,
    write_right,
    write_worth,
)
from styleid.report.numbers import write_percent
from styleid.report.page import data_uri, embed_json, render, render_part
from styleid.report.palette import colour, tidy

#: What stands once on a page that holds sheets, beside the report's own style: their style and their script.
#: The script defines ``activate(root)``, which may be called again for each sheet that is added.
STYLE, SCRIPT = (Path(__file__).with_name(f"sheet.{kind}") for kind in ("css", "js"))
#: Coverages that stand in the table for readers without a script.
IN_TABLE = (0.80, 0.90, 0.95, 0.99)
#: Longer side of a map, and the largest letters in it.
MAP_SIDE, LETTER = 640, 24


@dataclass(frozen=True)
class Cell:
    """One cell of a map, in the units of its drawing."""

    x: float
    y: float
    width: float
    height: float
    fill: str
    opacity: float
    letter: str


def sheet_html(sheet: Sheet, alone: bool = True) -> str:
    """Write a sheet as an offline page or, not alone, as an ``<article>`` without a style or a script."""
    article = render_part(Path(__file__).with_name("sheet.html.j2"), _values(sheet, alone))
    if not alone:
        return str(article)
    return render(
        Path(__file__).with_name("alone.html.j2"),
        script=SCRIPT,
        sheet_style=style(),
        title=f"{tidy(Path(sheet.name).name)}: {sheet.answer.title if sheet.answer else 'cannot be used'}",
        article=article,
    )


@cache
def style() -> Markup:
    """Return the style of sheets."""
    return Markup(STYLE.read_text(encoding="utf-8"))


def _values(sheet: Sheet, alone: bool) -> dict[str, object]:
    key = sha256(f"{sheet.digest} {sheet.name}".encode("utf-8", "surrogatepass")).hexdigest()[:8]
    values: dict[str, object] = {
        "key": key,
        "alone": alone,
        "name": tidy(Path(sheet.name).name),
        "sheet": sheet,
        "error": None if sheet.verdict.error is None else tidy(str(sheet.verdict.error)),
    }
    if sheet.answer is None:
        return values
    letters = _letters(sheet)
    return values | {
        "picture": _address(sheet.picture),
        "asked": _address(sheet.thumbnail),
        "learned": write_learned(sheet.verdict.learned, sheet.n_learned),
        "known_as": sheet.known_as and (_address(sheet.known_as.thumbnail), tidy(sheet.known_as.label)),
        "sets": [(write_percent(level, 0), [tidy(one) for one in labels]) for level, labels in sheet.sets],
        "sets_json": embed_json({"sets": [[level, [*map(tidy, one)]] for level, one in sheet.sets]}),
        "in_table": [number for number, (level, _) in enumerate(sheet.sets) if level in IN_TABLE],
        "near": [
            (
                tidy(near.label),
                write_rank(near.label, near.rank),
                [(_address(one.thumbnail), tidy(one.label)) for one in near.pictures],
            )
            for near in sheet.near
        ],
        "map": sheet.map and _draw_map(sheet.map, sheet, letters),
        "worth": write_worth(),
        "witnesses": [
            (WITNESS_NAMES[said.witness], tidy(said.label), write_right(said.right, sheet.guessing))
            for said in sheet.witnesses
        ],
        "plane": sheet.plane and draw_plane(sheet.plane),
        "legend": [
            (tidy(name), colour(number), mark(number, 6, 6, 4.5)) for number, name in enumerate(sheet.names)
        ],
    }


def _letters(sheet: Sheet) -> dict[int, str]:
    """Give the answer the letter A, the next label B, and so on those that lead in the map."""
    number = {label: place for place, label in enumerate(sheet.labels)}
    order = [number[label] for label in sheet.verdict.scores]
    there = set(order[:2]) | (set() if sheet.map is None else set(sheet.map.leading.ravel().tolist()))
    leading = [label for label in order if label in there]
    names = [*ascii_uppercase, *(first + second for first in ascii_uppercase for second in ascii_uppercase)]
    return dict(zip(leading, names, strict=False))


def _draw_map(map_: Map, sheet: Sheet, letters: dict[int, str]) -> dict[str, object]:
    width, height = (max(1, round(MAP_SIDE * side / max(sheet.size))) for side in sheet.size)
    cells = []
    for row, (top, bottom) in enumerate(zip(map_.rows, map_.rows[1:], strict=False)):
        for column, (left, right) in enumerate(zip(map_.columns, map_.columns[1:], strict=False)):
            label, strength = int(map_.leading[row, column]), float(map_.strength[row, column])
            if label < 0:
                continue
            cells.append(
                Cell(
                    round(left * width, 1),
                    round(top * height, 1),
                    round((right - left) * width, 1),
                    round((bottom - top) * height, 1),
                    colour(label),
                    0.45 if strength >= 0.8 else 0.32 if strength >= 0.5 else 0.18,
                    letters[label],
                )
            )
    enlarged = [
        (_address(pixels), letters[label], tidy(sheet.labels[label]), _where(box))
        for label, box, pixels in map_.enlarged
    ]
    counts = {label: int((map_.leading == label).sum()) for label in letters}
    return {
        "width": width,
        "height": height,
        "cells": cells,
        "gaps": bool((map_.leading < 0).any()),
        "letter": round(min([LETTER, *(0.6 * min(cell.width, cell.height) for cell in cells)]), 1),
        "aloud": "; ".join(_aloud(row, letters) for row in map_.leading.tolist()),
        "key": [
            (letters[label], tidy(sheet.labels[label]), colour(label), counts[label], len(cells))
            for label in letters
        ],
        "enlarged": enlarged,
    }


def _aloud(row: Sequence[int], letters: dict[int, str]) -> str:
    return " ".join(letters.get(label, "none") for label in row)


def _where(box: tuple[float, float, float, float]) -> str:
    """Say in words where a window lies."""
    x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    across = "left" if x < 0.4 else "right" if x > 0.6 else ""
    down = "top" if y < 0.4 else "bottom" if y > 0.6 else ""
    return " ".join(filter(None, (down, across))) or "middle"


def _address(picture: bytes) -> str:
    return data_uri(picture) if picture else ""
