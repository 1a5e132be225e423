"""Write a page of evidence for each picture, an index of them, and the table of verdicts."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from hashlib import sha256
from pathlib import Path

from styleid.data.decode.policy import CUT_ALLOWED
from styleid.errors import InputError
from styleid.files import StrPath, is_file, is_there, write_atomic
from styleid.model.contents import Bundle
from styleid.model.verdict import Verdict
from styleid.model.words import TABLE_START, write_csv, write_price, write_verdict
from styleid.questions.evidence.measure import Evidence
from styleid.questions.evidence.page import sheet_html
from styleid.report.numbers import count_of, write_score
from styleid.report.page import data_uri, render
from styleid.report.palette import tidy

#: Files of a folder of evidence beside the pages.
INDEX, TABLE = "index.html", "predictions.csv"
_TITLE = "Evidence of"
_INDEX_START = f"<title>{_TITLE}".encode()
#: Where a page's name takes a character of the picture's that is a letter or digit of ASCII, or one of these.
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")


def report_each(
    model: Bundle,
    paths: Sequence[Path],
    folder: Path,
    weights: StrPath | None = None,
    device: str = "auto",
    coverage: float | None = None,
) -> Iterator[Verdict]:
    """Give the verdicts of `predict_each`, and write a page for each; the index comes with the last.

    Raises `InputError` if `folder` holds something other than such pages.
    """
    expect_evidence(folder)
    evidence = Evidence(model, weights, device)
    rows: list[dict[str, object]] = []
    verdicts: list[Verdict] = []
    _write_table(folder, model, [])  # by which the folder is known again, also if this is interrupted
    for path, sheet in zip(paths, evidence.each(paths, None, coverage), strict=True):
        page = page_name(path)
        write_atomic(folder / page, sheet_html(sheet))
        verdicts.append(sheet.verdict)
        rows.append(_row(sheet.verdict, page, sheet.thumbnail))
        yield sheet.verdict
    _write_table(folder, model, verdicts)
    write_atomic(folder / INDEX, _index(model, rows))


def expect_evidence(folder: Path) -> None:
    """Refuse a folder that holds anything but an earlier report of this kind, or nothing."""
    if not os.path.lexists(folder):
        return
    if not os.path.isdir(folder):
        raise InputError(f"--report {folder} is there and is no folder; choose another name", path=folder)
    there = {TABLE: TABLE_START, INDEX: _INDEX_START}.items() if os.listdir(folder) else ()
    # Both, since a table of verdicts of that name may lie beside an index of the user's own.
    if not all(
        _begins(folder / name, start) for name, start in there if name == TABLE or is_there(folder / name)
    ):
        raise InputError(
            f"--report {folder} holds other things than pages of evidence; choose another folder", path=folder
        )


def _begins(path: Path, start: bytes) -> bool:
    """Say whether a regular file, and no link to one, begins so."""
    return not path.is_symlink() and is_file(path) and start in path.read_bytes()[:2000]


def _write_table(folder: Path, model: Bundle, verdicts: Sequence[Verdict]) -> None:
    write_atomic(folder / TABLE, write_csv(model, verdicts).encode("utf-8", "surrogateescape"))


def page_name(path: Path) -> str:
    """Name the page of a picture: readable, safe in any file system, and the same each time.

    Its end tells apart pictures of one name in several folders.
    """
    whole = os.path.abspath(path)
    end = sha256(os.fsencode(whole)).hexdigest()[:8]
    stem = _UNSAFE.sub("-", path.name).strip(".-")[:60] or "picture"
    return f"{stem}-{end}.html"


def _row(verdict: Verdict, page: str, thumbnail: bytes) -> dict[str, object]:
    error = None if verdict.error is None else tidy(str(verdict.error).replace(CUT_ALLOWED, ""))
    said = "" if verdict.label is None else write_verdict(verdict)
    score = None if verdict.label is None else verdict.scores[verdict.label]
    return {
        "page": page,
        "name": tidy(verdict.path),
        "picture": data_uri(thumbnail) if thumbnail else "",
        "error": error,
        "verdict": tidy(said),
        "score": "" if score is None or verdict.unknown or not verdict.calibrated else write_score(score),
        "price": write_price(verdict),
        "learned": verdict.learned,
    }


def _index(model: Bundle, rows: Sequence[dict[str, object]]) -> str:
    failed = sum(row["error"] is not None for row in rows)
    return render(
        Path(__file__).with_name("index.html.j2"),
        rows=rows,
        title=f"{_TITLE} {count_of(len(rows), 'picture')}",
        judged=count_of(len(rows) - failed, "picture"),
        failed=failed,
        labels=[tidy(label) for label in model.labels],
        head=model.head,
        priced=any(row["price"] for row in rows),
        table=TABLE,
    )
