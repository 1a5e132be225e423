"""The manifest: one row a picture."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from styleid.errors import InputError

COLUMNS = ("image_id", "path", "label", "group", "source", "split", "sha256")
SPLITS = ("train", "val", "test")


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
