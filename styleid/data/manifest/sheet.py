"""Read a table as people have them: any delimiter, any usual encoding, or a sheet of Excel's."""

from __future__ import annotations

import csv
import io
import re
import unicodedata
import warnings
import zlib
from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from xml.etree.ElementTree import ParseError
from zipfile import BadZipFile

from styleid.errors import InputError, MissingExtraError

DELIMITERS = (",", ";", "\t")
#: A header may stand below a title and the like.
_HEADER_WITHIN = 10
#: More are not looked through; Excel's longest sheet may have nine columns.
_MOST_CELLS = 10_000_000
#: What openpyxl raises for one damaged part of a file or another.
_DAMAGE = (
    *(AttributeError, BadZipFile, EOFError, LookupError, NotImplementedError, OSError, ParseError),
    *(RuntimeError, TypeError, ValueError, zlib.error),
)
_SAVE_AS = "save it as .xlsx or as CSV in UTF-8"

Line = tuple[int, list[str]]  # number of the line in the file, cells


@dataclass(frozen=True)
class Sheet:
    """Rows under a header; blank rows and columns are gone."""

    columns: tuple[str, ...]
    rows: tuple[tuple[int, dict[str, str]], ...]  # number of the line in the file, column -> text
    notes: tuple[str, ...]

    def column(self, name: str) -> str | None:
        """Return the column called `name`, however that is spelt, or None."""
        return next((column for column in self.columns if plain(column) == plain(name)), None)


def plain(name: str) -> str:
    """Return a column's name without what people spell differently: case, blanks, hyphens, accents' form."""
    return re.sub(r"[\s_-]+", "_", unicodedata.normalize("NFC", name).strip().casefold())


def read_sheet(path: Path, data: bytes, keys: Collection[str], *, manifest: bool = False) -> Sheet:
    """Read the table `data` of the file `path`, whose header has one of the columns `keys`.

    A manifest is what styleid wrote, unless somebody's program did: all its rows must have all fields, and
    bytes that are no UTF-8 are those of files' names.
    """
    notes: list[str] = []
    if data.startswith(b"\xd0\xcf\x11\xe0"):
        raise InputError(f"{path} is an old Excel file or locked by a password; {_SAVE_AS}", path=path)
    if data.startswith(b"PK\3\4"):
        lines = _excel(path, data, keys, notes)
    else:
        lines = _csv(path, _decode(path, data, notes, manifest), keys)
    lines = [(number, cells) for number, cells in lines if any(cells)]
    first = _header(lines, keys)
    if first > 0:
        notes.append(f"the header of {path} is its line {lines[first][0]}: what stands above it is not read")
    header = [cell.strip() for cell in lines[max(first, 0)][1]] if lines else []
    lines = lines[max(first, 0) + 1 :]
    columns: dict[int, str] = {}
    for place, name in enumerate(header):
        if name and name not in columns.values():
            columns[place] = name
        elif name or any(cells[place : place + 1] not in ([], [""]) for _, cells in lines):
            columns[place] = f"column {place + 1}"
            notes.append(f"{path}: the name {name!r} is no column's alone: read as {columns[place]!r}")
    for number, cells in lines:
        if any(cells[len(header) :]) or (manifest and len(cells) < len(header)):
            raise InputError(
                f"{path}, line {number}: the row has another number of fields than the header; put a text "
                "that holds the delimiter into double quotes",
                path=path,
            )
        cells += [""] * (len(header) - len(cells))
    rows = tuple((number, {name: cells[i] for i, name in columns.items()}) for number, cells in lines)
    return Sheet(tuple(columns.values()), rows, tuple(notes))


def _header(lines: Sequence[Line], keys: Collection[str]) -> int:
    """Return which of the first lines has one of the columns, or -1."""
    for number, (_, cells) in enumerate(lines[:_HEADER_WITHIN]):
        if any(plain(cell) in keys for cell in cells):
            return number
    return -1


def _decode(path: Path, data: bytes, notes: list[str], manifest: bool) -> str:
    encodings = ["utf-8-sig", "cp1252"]
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        encodings = ["utf-16"]
    elif 4 * data[:200].count(0) > len(data[:200]):
        encodings = ["utf-16-be" if data[:1] == b"\0" else "utf-16-le"]
    elif (nul := data.find(0)) >= 0:
        line = data.count(b"\n", 0, nul) + 1
        raise InputError(f"{path}, line {line}: expected text, found a NUL; {_SAVE_AS}", path=path)
    elif manifest and not data.partition(b"\n")[0].endswith(b"\r"):  # as styleid writes, and Windows does not
        return data.decode("utf-8-sig", "surrogateescape")
    for encoding in encodings:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if encoding == "cp1252":
            notes.append(
                f"{path} is not UTF-8 and read as Windows-1252 (Western Europe); if names look wrong, "
                + _SAVE_AS
            )
        return text
    raise InputError(f"{path} is neither UTF-8 nor UTF-16 nor Windows-1252; {_SAVE_AS}", path=path)


def _csv(path: Path, text: str, keys: Collection[str]) -> list[Line]:
    """Parse CSV by the delimiter that gives the header most columns."""
    if "\n" not in text:  # an old Macintosh's line ends
        text = text.replace("\r", "\n")
    hint = text[:4].lower() == "sep="  # Excel's own
    start = text.split("\n")[:_HEADER_WITHIN]

    def heading(delimiter: str) -> tuple[bool, int, list[str]]:
        lines: list[Line] = []
        with suppress(csv.Error):  # a wrong delimiter takes quotes for text
            lines += ((0, cells) for cells in csv.reader(start, delimiter=delimiter))
        first = _header(lines, keys)
        cells = lines[max(first, 0)][1] if lines else []
        return first >= 0, len(cells), cells

    rows: list[Line] = []
    try:
        delimiter = max(DELIMITERS, key=heading)
        blanks = any(cell.startswith(" ") for cell in heading(delimiter)[2])
        stream = io.StringIO(text, newline="")
        reader = csv.reader(stream, delimiter=delimiter, skipinitialspace=blanks, strict=True)
        rows += ((reader.line_num, cells) for cells in reader)
        return rows[hint:]
    except csv.Error as error:
        line = rows[-1][0] + 1 if rows else 1  # where the row that does not end begins
        raise InputError(
            f"{path}, line {line}: not a CSV table ({error}); close the double quote that opens there, or "
            + _SAVE_AS,
            path=path,
        ) from error


def _excel(path: Path, data: bytes, keys: Collection[str], notes: list[str]) -> list[Line]:
    """Return the lines of the first sheet that has one of the columns."""
    try:
        from openpyxl import load_workbook
    except ImportError as error:
        raise MissingExtraError(f"reading the Excel table {path}", "excel") from error
    try:
        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always")
            book = load_workbook(io.BytesIO(data), data_only=True)
        # What it says of styles and the like concerns nobody who reads a table.
        texts = dict.fromkeys(str(warning.message) for warning in told)
        notes += [f"{path}: {text}" for text in texts if text.startswith(("Cell ", "File contains"))]
        for sheet in book.worksheets:
            if sheet.max_row * sheet.max_column > _MOST_CELLS:
                last = f"row {sheet.max_row:,} and column {sheet.max_column:,}"
                raise InputError(
                    f"{path}: the sheet {sheet.title!r} goes to {last}, more than {_MOST_CELLS:,} cells; "
                    "delete what stands far below or beside the table",
                    path=path,
                )
        sheets = {
            sheet.title: [
                (number, [_cell_text(value) for value in cells])
                for number, cells in enumerate(sheet.iter_rows(values_only=True), 1)
            ]
            for sheet in book.worksheets
        }
    except InputError:
        raise
    except _DAMAGE as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise InputError(
            f"{path} cannot be read as an Excel table ({reason}); {_SAVE_AS}", path=path
        ) from error
    if not sheets:
        raise InputError(f"{path} has no sheet with cells; {_SAVE_AS}", path=path)
    name = max(sheets, key=lambda name: _header(sheets[name], keys) >= 0)
    if len(sheets) > 1:
        notes.append(f"{path} has {len(sheets)} sheets, of which {name!r} is read")
    return sheets[name]


def _cell_text(value: object) -> str:
    """Write a cell of Excel's as a person sees it: 1 for 1.0, a day without its midnight."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return "" if value is None else str(value).removesuffix(" 00:00:00")
