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
    """One picture.

    Attributes
    ----------
    image_id : str
        POSIX path under the scanned folder; unique in a manifest.
    path : str
        Where the file lies: relative to the manifest's folder if inside it, else absolute.
    label : str
        Whose hand it is; empty when not known.
    group : str
        Pictures of one group stay on one side of every split; empty for a picture by itself.
    source : str
        Where the picture came from; may be empty.
    split : str
        ``train``, ``val``, ``test`` or empty.
    sha256 : str
        Hex digest of the file's bytes.
    extra : mapping of str to str
        Further columns, carried along.
    """

    image_id: str
    path: str
    label: str = ""
    group: str = ""
    source: str = ""
    split: str = ""
    sha256: str = ""
    extra: Mapping[str, str] = field(default_factory=dict)

    def with_digest(self, sha256: str) -> Row:
        """Return this row with another digest.

        Parameters
        ----------
        sha256 : str
            Hex digest of the file's bytes.

        Returns
        -------
        Row
        """
        # `replace` asks each field for its kind: a second in a hundred thousand rows.
        standard = (self.image_id, self.path, self.label, self.group, self.source, self.split)
        return Row(*standard, sha256, self.extra)

    def value(self, column: str) -> str:
        """Return the text in `column`, of the standard ones or the further ones.

        Parameters
        ----------
        column : str
            Column name.

        Returns
        -------
        str
            Empty where the row has none.
        """
        return str(getattr(self, column)) if column in COLUMNS else self.extra.get(column, "")


@dataclass(frozen=True)
class Manifest:
    """Rows in a fixed order, and the folder their relative paths start from.

    Attributes
    ----------
    rows : tuple of Row
        Sorted by ``image_id`` when made by a scan; kept as they stand when read.
    folder : Path
        Folder of the manifest file.
    """

    rows: tuple[Row, ...]
    folder: Path

    def __len__(self) -> int:
        return len(self.rows)

    def file(self, row: Row) -> Path:
        """Return where the picture of `row` lies.

        Parameters
        ----------
        row : Row
            A row of this manifest.

        Returns
        -------
        Path
        """
        return self.folder / row.path

    def where(self, condition: str | None) -> Manifest:
        """Keep the rows in which a column has a value.

        Parameters
        ----------
        condition : str or None
            ``COLUMN=VALUE``; None keeps everything.

        Returns
        -------
        Manifest

        Raises
        ------
        InputError
            If the condition is not of that form, or names no column, or keeps nothing.
        """
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
