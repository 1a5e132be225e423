"""The contact sheet: each picture asked about, and those nearest to it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from styleid.data.thumbnails import thumbnails
from styleid.errors import InputError
from styleid.files import is_file, write_atomic, writing
from styleid.model.learned import EXACT, NEAR
from styleid.report.numbers import count_of, in_hundred
from styleid.report.page import data_uri, render
from styleid.report.palette import tidy
from styleid.runs.similar.run import Neighbour, Similar

#: How a copy is called, in the terminal too.
COPIES = {EXACT: "the same file", NEAR: "a near-duplicate"}
_SIDE = 200
#: Most pictures asked about that a sheet shows.
HELD = 50
#: By which a sheet is known.
_TITLE = "Nearest pictures"


def expect_sheet(path: Path) -> None:
    """Refuse a file that is there and is no contact sheet."""
    if not is_file(path):
        return
    with writing(path), open(path, "rb") as file:
        start = file.read(2000)
    if start and f"<title>{_TITLE}".encode() not in start:
        raise InputError(f"--sheet {path} is there and is no contact sheet; choose another name", path=path)


def write_sheet(path: Path, answers: Sequence[Similar]) -> None:
    """Write the sheet as one offline page."""
    shown = [answer for answer in answers if answer.error is None][:HELD]
    write_atomic(
        path,
        render(
            Path(__file__).with_name("sheet.html.j2"),
            title=_TITLE,
            asked=[
                {"name": tidy(answer.path), "image": image, "near": near}
                for answer, (image, near) in zip(shown, _pictures(shown), strict=True)
            ],
            rest=count_of(len(answers) - len(shown), "picture") if len(answers) > len(shown) else "",
        ),
    )


def _pictures(answers: Sequence[Similar]) -> list[tuple[str | None, list[dict[str, object]]]]:
    """Make the small copies of all pictures, each file once."""
    paths = [path for answer in answers for path in (answer.path, *(one.path for one in answer.nearest))]
    files = list(dict.fromkeys(paths))
    made = thumbnails([Path(file) for file in files], _SIDE)
    image = {
        file: None if small is None else data_uri(small) for file, small in zip(files, made, strict=True)
    }
    return [
        (image[answer.path], [_shown(one, image[one.path]) for one in answer.nearest]) for answer in answers
    ]


def _shown(one: Neighbour, image: str | None) -> dict[str, object]:
    return {
        "image": image,
        "name": tidy(one.image_id),
        "label": tidy(one.label) or "no label",
        "twin": COPIES.get(one.copy or "", ""),
        "nearer": write_nearer(one),
        "cosine": f"{one.cosine:.4f}",
    }


def write_nearer(one: Neighbour) -> str:
    """Write how many of a hundred pairs lie farther apart; empty where nobody knows."""
    return "" if one.nearer_than is None else in_hundred(one.nearer_than)
