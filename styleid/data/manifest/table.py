"""The manifest: one row a picture, in a CSV file that a person can read and edit."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from operator import attrgetter
from pathlib import Path

from styleid.data.manifest.sheet import plain, read_sheet
from styleid.errors import InputError
from styleid.files import csv_text, write_atomic

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
    columns = {name: plain(name) if plain(name) in COLUMNS else name for name in sheet.columns}
    if missing := {"path", "label"} - set(columns.values()):
        raise InputError(
            f"{path} lacks {', '.join(sorted(missing))}; its columns are {', '.join(columns) or 'none'}",
            path=path,
        )
    rows = tuple(_row({columns[k]: v for k, v in cells.items()}, path, line) for line, cells in sheet.rows)
    seen: set[str] = set()
    for row in rows:
        if row.image_id in seen:
            raise InputError(f"{path} names {row.image_id!r} twice; image_id must be unique", path=path)
        seen.add(row.image_id)
    return Manifest(rows, path.parent, sheet.notes)


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


def manifest_text(rows: Iterable[Row]) -> str:
    """Return the CSV text of `rows`; bytes of file names that are no UTF-8 stand as surrogates."""
    rows = list(rows)
    further = list(dict.fromkeys(name for row in rows for name in row.extra))
    standard = attrgetter(*COLUMNS)
    table = ([*standard(row), *(row.extra.get(name, "") for name in further)] for row in rows)
    return csv_text([[*COLUMNS, *further], *table])


def write_manifest(manifest: Manifest, path: Path) -> None:
    """Write `manifest` as CSV, all of it or nothing; a file that is the same already is left alone.

    Its relative paths must start from the folder of `path`.
    """
    data = manifest_text(manifest.rows).encode("utf-8", "surrogateescape")
    with suppress(OSError):
        if path.stat().st_size == len(data) and path.read_bytes() == data:
            return
    write_atomic(path, data)


def paths_from(folder: Path, root: Path, names: Iterable[str]) -> list[str]:
    """Return what a manifest in `folder` calls the files `names` below `root`.

    A path is relative to `folder` if the file lies inside it, so that both can move together, else
    absolute. `names` are POSIX paths without ``.`` and ``..``.
    """
    # As text: a hundred thousand Path objects would take longer than all the rest of a scan.
    base, start = (Path(os.path.abspath(path)).as_posix().rstrip("/") + "/" for path in (folder, root))
    return [path.removeprefix(base) for path in (start + name for name in names)]
