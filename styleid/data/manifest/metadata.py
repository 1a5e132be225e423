"""What a table says of pictures: label, group, source, split and further columns."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from styleid.data.manifest.labels import some
from styleid.data.manifest.names import Names
from styleid.data.manifest.record import ScanOptions
from styleid.data.manifest.sheet import Sheet, plain, read_sheet
from styleid.data.manifest.table import COLUMNS, SPLIT_NAMES
from styleid.errors import InputError
from styleid.report.numbers import count_of

#: The table that may lie in the picture folder, by the name other tools use for it.
TABLE_NAME = "metadata.csv"
#: How people call the column that names the file, the most particular first.
FILE_COLUMNS = ("file_name", "filename", "file", "path", "image")


@dataclass(frozen=True)
class Metadata:
    """What a table says, by picture, and what was noticed while it was read."""

    cells: dict[str, dict[str, str]]  # image_id -> column -> text that is not empty
    notes: tuple[str, ...]


def read_metadata(
    path: Path, pictures: Sequence[str], options: ScanOptions = ScanOptions(), label: str | None = None
) -> Metadata:
    """Read a table, and find the picture each row names; all may have one `label`, whatever it says."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise InputError(f"cannot read the table {path}: {error.strerror}", path=path) from error
    keys = (plain(options.file_column),) if options.file_column else FILE_COLUMNS
    sheet = read_sheet(path, data, keys)
    notes = list(sheet.notes)
    columns = _columns(path, sheet, keys, options, notes, label)
    names = Names(pictures)
    cells: dict[str, dict[str, str]] = {}
    lines: dict[str, list[int]] = defaultdict(list)
    told: dict[str, list[str]] = defaultdict(list)
    for line, row in sheet.rows:
        name = row[columns["path"]]
        picture = names.find(name)
        if picture is None and (picture := names.guess(name)):
            told["with another spelling of the file's name, which fits one picture only"].append(
                f"{name} = {picture}"
            )
        if not picture:
            kind = f"whose {columns['path']!r} names no picture here, or fits several"
            told[kind].append(f"{name!r} (row {line})")
            continue
        more = {name: row[own] for name, own in columns.items() if name != "path" and row[own].strip()}
        if "split" in more:
            more["split"] = _split(path, line, more["split"])
        known = cells.setdefault(picture, {})
        lines[picture].append(line)
        if differing := [name for name in more if known.get(name, more[name]) != more[name]]:
            what = f"names {picture} twice with different {differing[0]}s, {known[differing[0]]!r} and "
            what += f"{more[differing[0]]!r} (rows {', '.join(map(str, lines[picture]))})"
            if "label" in differing:
                raise InputError(f"{path} {what}; leave one", path=path)
            notes.append(f"{path} {what}: the first stands")
        cells[picture] = more | known
    notes += [f"{count_of(len(rows), 'row')} of {path} {what}: {some(rows)}" for what, rows in told.items()]
    if options.table and not cells:
        raise InputError(f"no row of {path} names a picture: {'; '.join(notes) or 'it has none'}", path=path)
    # A picture in no folder has no name to stand, and is told among those without a label.
    foldered = [picture for picture in pictures if "/" in picture]
    empty = [f"{name} (row {lines[name][0]})" for name in foldered if "label" not in cells.get(name, "label")]
    if label is not None:
        named = {name: cells.get(name, {}).get("label", label) for name in pictures}
        if rest := [f"{name} ({other})" for name, other in named.items() if other != label]:
            what = f"gives {count_of(len(rest), 'picture')} another label than {label!r}, which stands"
            notes.append(f"{path} {what}: {some(rest)}")
    elif "label" in columns and empty:
        notes.append(
            f"{count_of(len(empty), 'row')} of {path} without a label, the folder's name stands: "
            + some(empty)
        )
    if others := [picture for picture in foldered if picture not in cells]:
        notes.append(
            f"{path} does not name {count_of(len(others), 'picture')}, the folder's name stands: "
            + some(others)
        )
    return Metadata(cells, tuple(notes))


def _columns(
    path: Path, sheet: Sheet, keys: Sequence[str], options: ScanOptions, notes: list[str], label: str | None
) -> dict[str, str]:
    """Map columns of the manifest to those of the table; ``path`` is that of the file's name."""
    asked = {"path": options.file_column, "label": options.label_column, "group": options.group_column}
    columns, has = {}, f"it has {some(sheet.columns, 12) or 'none'}"
    lacking: dict[str, str] = {}  # option -> what was expected
    for name in ("path", "label", "group", "source", "split"):
        spellings = keys if name == "path" else (asked.get(name) or name,)
        column = next(filter(None, map(sheet.column, spellings)), None)
        if column is not None:
            columns[name] = column
        elif asked.get(name) or name == "path":
            others = "" if asked.get(name) else f" or {', '.join(keys[1:])}"
            option = "--file-column" if name == "path" else f"--{name}-column"
            lacking[option] = f"{asked.get(name) or keys[0]!r}{others}"
    if lacking:
        if label is None and "label" not in columns:
            lacking.setdefault("--label-column", "'label'")
        way = f"{' and '.join(lacking)} {'names another' if len(lacking) == 1 else 'name others'}"
        raise InputError(
            f"{path} expects a column {', and a column '.join(lacking.values())}; {has}; "
            + (way if label is None else "rename the one that names the files"),
            path=path,
        )
    if label is None and "label" not in columns:
        notes.append(
            f"{path} has no column 'label', folders' names stand; {has}; --label-column names another"
        )
    further = [name for name in sheet.columns if name not in columns.values()]
    if clash := [name for name in further if plain(name) in COLUMNS]:
        notes.append(f"{path}: {some(clash)} is a column of the manifest's own, and not read")
    return columns | {name: name for name in further if name not in clash}


def _split(path: Path, line: int, text: str) -> str:
    split = SPLIT_NAMES.get(text.strip().casefold())
    if split is None:
        raise InputError(
            f"{path}, row {line}: split {text!r} is none; expected train, val or test", path=path
        )
    return split
