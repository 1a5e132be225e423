"""The corpus on disk: a shelf a package, its pictures' files one behind the other, and a list of them.

Thousands of small files are slow to copy and to open. A shelf is ``shelves/PACKAGE.bin`` and
``shelves/PACKAGE.csv``; it is there when its list is, so a builder that was killed knows what it has.
``corpus.csv`` lists the pictures of all shelves that are not copies of another.
"""

from __future__ import annotations

import csv
import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, fields
from pathlib import Path

#: Set of the pictures to learn from.
TRAIN = "train"


@dataclass(frozen=True)
class Picture:
    """Where a picture lies, whose it is and the set it is in; ``look`` is its hash in hexadecimal digits."""

    shelf: str
    offset: int
    length: int
    set: str
    package: str
    kind: str
    hand: str
    subject: str
    look: str


def word(text: str) -> str:
    """Return a name that may be a file's."""
    return re.sub(r"[^a-zA-Z0-9.]+", "-", text)[:80].strip("-") or "unnamed"


def write_list(rows: Iterable[Picture], file: Path) -> None:
    """Write a list of pictures; the file is there when it is whole."""
    part = file.with_suffix(".part")
    with part.open("w", encoding="utf-8", newline="") as out:
        writer = csv.DictWriter(out, [field.name for field in fields(Picture)])
        writer.writeheader()
        writer.writerows(map(asdict, rows))
    part.replace(file)


def read_list(file: Path) -> Iterator[Picture]:
    """Yield what a list holds."""
    with file.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            numbers = {"offset": int(row.pop("offset")), "length": int(row.pop("length"))}
            yield Picture(**row, **numbers)  # type: ignore[arg-type]


class Shelves:
    """The packed files under a corpus, opened once each; safe to read from several threads."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self._open: dict[str, int] = {}

    def read(self, picture: Picture) -> bytes:
        """Return the PNG or JPEG file of a picture."""
        if picture.shelf not in self._open:
            self._open[picture.shelf] = os.open(self.home / "shelves" / f"{picture.shelf}.bin", os.O_RDONLY)
        return os.pread(self._open[picture.shelf], picture.length, picture.offset)
