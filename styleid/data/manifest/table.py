"""The manifest: one row a picture, in a CSV file that a person can read and edit."""

from __future__ import annotations

import os
from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from itertools import count
from operator import attrgetter
from pathlib import Path

from styleid.data.manifest.sheet import plain, read_sheet
from styleid.errors import InputError
from styleid.files import csv_text, guarded, is_file, unguarded, write_atomic, writing
from styleid.report.numbers import count_of

COLUMNS = ("image_id", "path", "label", "group", "source", "split", "sha256")
#: Names by which data sets call the three parts of a split.
SPLIT_NAMES = {
    **dict.fromkeys(("train", "training"), "train"),
    **dict.fromkeys(("val", "valid", "validation"), "val"),
    **dict.fromkeys(("test", "testing"), "test"),
}


@dataclass(frozen=True, slots=True)
class Row:
    """One picture."""

    image_id: str  # POSIX path under the scanned folder; unique in a manifest
    path: str  # relative to the manifest's folder if inside it, else absolute
    label: str = ""  # whose hand it is; empty when not known
    group: str = ""  # one group stays on one side of every split; empty for a picture by itself
    source: str = ""  # where the picture came from
    split: str = ""  # train, val, test or empty
    sha256: str = ""  # hex digest of the file's bytes
    extra: Mapping[str, str] = field(default_factory=dict)  # further columns, carried along

    def value(self, column: str) -> str:
        """Return the text of a standard or further column, empty where the row has none."""
        return str(getattr(self, column)) if column in COLUMNS else self.extra.get(column, "")


@dataclass(frozen=True)
class Manifest:
    """Rows in a fixed order, and the folder from which their relative paths start."""

    rows: tuple[Row, ...]  # sorted by image_id when scanned; as they stand when read
    folder: Path  # folder of the manifest file
    notes: tuple[str, ...] = ()  # how the file was read, where that is not plain
    mark: bytes = b""  # that of UTF-8, by which Excel knows it, if the file began with one

    def __len__(self) -> int:
        return len(self.rows)

    def file(self, row: Row) -> Path:
        """Return where the picture of `row` lies."""
        return self.folder / row.path

    def where(self, condition: str | None) -> Manifest:
        """Keep the rows that meet ``COLUMN=VALUE`` (None: all of them); none left is an `InputError`."""
        if condition is None:
            return self
        column, equals, value = condition.partition("=")
        if not equals:
            raise InputError(f"--where expects COLUMN=VALUE, found {condition!r}", condition=condition)
        columns = [*COLUMNS, *dict.fromkeys(name for row in self.rows for name in row.extra)]
        if column not in columns:
            raise InputError(
                f"--where: the manifest has no column {column!r}; it has {', '.join(columns)}", column=column
            )
        kept = tuple(row for row in self.rows if row.value(column) == value)
        if not kept:
            values = sorted({row.value(column) for row in self.rows})[:8]
            raise InputError(
                f"--where {condition}: no picture has it; there are {', '.join(map(repr, values))}",
                condition=condition,
            )
        return replace(self, rows=kept)


def read_manifest(path: Path) -> Manifest:
    """Read a manifest, made by a scan or by hand, or saved by a spreadsheet's program.

    A table made by hand needs the columns ``path`` and ``label`` only; ``image_id`` is then the path. A
    picture that is named twice is an `InputError`.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise InputError(
            f"no manifest at {path} ({error.strerror}); run `styleid embed FOLDER` first, or say by "
            "--manifest where it is",
            path=path,
        ) from error
    sheet = read_sheet(path, data, ("path",), manifest=True)
    columns = {name: plain(name) if plain(name) in COLUMNS else unguarded(name) for name in sheet.columns}
    if twice := [name for name in columns if list(columns.values()).count(columns[name]) > 1]:
        raise InputError(
            f"{path}: the columns {' and '.join(map(repr, twice))} have one name to styleid; rename one or "
            "take it out",
            path=path,
        )
    if missing := {"path", "label"} - set(columns.values()):
        raise InputError(
            f"{path} lacks {', '.join(sorted(missing))}; its columns are {', '.join(columns) or 'none'}",
            path=path,
        )
    named = [
        (line, {columns[name]: unguarded(text) for name, text in cells.items()}) for line, cells in sheet.rows
    ]
    remarks = [(line, cells) for line, cells in named if _is_remark(cells, path.parent)]
    rows = tuple(_row(cells, path, line) for line, cells in named if (line, cells) not in remarks)
    seen: set[str] = set()
    for row in rows:
        if row.image_id in seen:
            raise InputError(f"{path} names {row.image_id!r} twice; image_id must be unique", path=path)
        seen.add(row.image_id)
    # Such bytes may be those of a folder's name; then the path has them too.
    strange = [row.label for row in rows if not _is_unicode(row.label) and row.label not in row.path]
    notes = sheet.notes
    if remarks:
        texts = ", ".join(f"{cells['path']!r} (line {line})" for line, cells in remarks)
        notes += (f"{path}: taken for a remark, not for a picture, and left out: {texts}",)
    if strange:
        what = (
            f"{count_of(len(strange), 'row')} of {path} with a label that is no UTF-8, such as {strange[0]!r}"
        )
        notes += (f"{what}: save the table as CSV in UTF-8",)
    marked = data.startswith((BOM_UTF8, BOM_UTF16_LE, BOM_UTF16_BE))
    return Manifest(rows, path.parent, notes, BOM_UTF8 if marked else b"")


def _is_unicode(text: str) -> bool:
    return not any("\udc80" <= character <= "\udcff" for character in text)


def _is_remark(cells: Mapping[str, str], folder: Path) -> bool:
    """Tell a line such as ``# end`` from a picture whose name begins so."""
    path = cells["path"]
    alone = path.startswith("#") and not any(text for name, text in cells.items() if name != "path")
    return alone and not os.path.lexists(folder / path)


def _row(text: dict[str, str], path: Path, line: int) -> Row:
    if not text["path"]:
        raise InputError(f"{path}, line {line}: the path is empty", path=path)
    standard = {name: text.pop(name) for name in COLUMNS if name in text}
    if split := standard.get("split"):
        standard["split"] = SPLIT_NAMES.get(split.strip().casefold(), "")
        if not standard["split"]:
            raise InputError(
                f"{path}, line {line}: split is {split!r}; expected train, val, test or nothing", path=path
            )
    standard["image_id"] = standard.get("image_id") or standard["path"]
    return Row(**standard, extra=text)


def manifest_bytes(manifest: Manifest) -> bytes:
    """Return what stands in the file of a manifest."""
    further = list(dict.fromkeys(name for row in manifest.rows for name in row.extra))
    standard = attrgetter(*COLUMNS)
    table = ([*standard(row), *(row.extra.get(name, "") for name in further)] for row in manifest.rows)
    text = csv_text([guarded(cell) for cell in cells] for cells in ([*COLUMNS, *further], *table))
    return manifest.mark + text.encode("utf-8", "surrogateescape")


def write_manifest(manifest: Manifest, path: Path) -> None:
    """Write `manifest` as CSV, all of it or nothing; a file that is the same already is left alone.

    Its relative paths must start from the folder of `path`.
    """
    data = manifest_bytes(manifest)
    with suppress(OSError):
        if path.stat().st_size == len(data) and path.read_bytes() == data:
            return
    write_atomic(path, data)


def bytes_there(path: Path) -> bytes | None:
    """Return what stands in a manifest, or None where there is none; a sheet of Excel's is refused."""
    data = None
    if is_file(path):
        with writing(path):
            data = path.read_bytes()
    if path.suffix.lower() in (".xlsx", ".xlsm", ".xls") or (data or b"").startswith(b"PK\3\4"):
        raise InputError(
            f"{path} is a name or a file of Excel's, and a manifest is written as CSV: give it as --table, "
            "or save it as CSV in UTF-8 and give that",
            path=path,
        )
    return data


def write_over(manifest: Manifest, path: Path, data: bytes | None) -> None:
    """Write a manifest, unless somebody wrote it since `data` was read."""
    now = bytes_there(path)
    if now != data and now != manifest_bytes(manifest):
        raise InputError(
            f"{path} was changed by somebody else while it was brought up to date: that change stays, and "
            "nothing was written; run this again",
            path=path,
        )
    write_manifest(manifest, path)


def keep_former(path: Path, data: bytes | None, before: Manifest | None, by_hand: bool) -> list[str]:
    """Copy a manifest that will not be what it was beside itself, under a number of its own, and say so.

    That is one made anew, and one in a form that styleid does not write: made by hand, or read with notes.
    """
    written = before is not None and not (by_hand or before.notes)  # by a scan, as far as one can tell
    if data is None or written or (before is not None and manifest_bytes(before) == data):
        return []
    copies = (path.with_name(f"{path.stem}.former-{number}{path.suffix}") for number in count(1))
    kept = next(copy for copy in copies if not os.path.lexists(copy))
    write_atomic(kept, data)
    return [f"the former manifest is kept as {kept}"]


def paths_from(folder: Path, root: Path, names: Iterable[str]) -> list[str]:
    """Return what a manifest in `folder` calls the files `names` below `root`.

    A path is relative to `folder` if the file lies inside it, so that both can move together, else
    absolute. `names` are POSIX paths without ``.`` and ``..``.
    """
    # As text: a hundred thousand Path objects would take longer than all the rest of a scan.
    base, start = (Path(os.path.abspath(path)).as_posix().rstrip("/") + "/" for path in (folder, root))
    return [path.removeprefix(base) for path in (start + name for name in names)]
