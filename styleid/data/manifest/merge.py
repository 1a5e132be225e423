"""The manifest as it was, and what folder and table say, become the manifest as it is now."""

from __future__ import annotations

import os
from collections import Counter, defaultdict
from collections.abc import Collection, Mapping
from dataclasses import replace
from pathlib import Path

from styleid.data.manifest.digests import Digest
from styleid.data.manifest.labels import some
from styleid.data.manifest.names import settled_path
from styleid.data.manifest.says import Says
from styleid.data.manifest.table import Manifest, Row
from styleid.report.numbers import count_of

_STANDARD = ("label", "group", "source", "split")
ADDED = "new in the manifest, as the folder holds them"


class Merge:
    """Brings rows up to date, so that nothing a person wrote is undone, and notes each difference.

    A cell is a person's where it differs from what the scan itself said the last time.
    """

    def __init__(
        self,
        found: Mapping[str, str],  # image_id -> path of each picture that is there
        known: Collection[str],  # image_id of each picture that was there at the last scan
        says: Says,
        said: Says,
    ) -> None:
        self.found, self.known, self.says, self.said = found, known, says, said
        self.matched: set[str] = set()
        self.told: dict[str, list[str]] = defaultdict(list)  # what was noticed -> pictures
        self.new: frozenset[str] = frozenset()  # pictures of which the manifest knew nothing

    def rows(self, before: Manifest, digests: Mapping[str, Digest]) -> list[Row]:
        """Return the rows of `before`, brought up to date, and those of new pictures.

        `digests` are of the files found, by path. What was said of a file that is gone holds for the only new
        one with the same bytes.
        """
        folder, told = before.folder, self.told
        rows = [
            self._placed(row, self._matched(row, row.image_id), folder)
            for row in before.rows
            if row.image_id in self.found
        ]
        lost = [self.respelt(row, folder) for row in before.rows if row.image_id not in self.found]
        by_path = {os.path.abspath(folder / path): i for i, path in self.found.items()} if lost else {}
        gone = []
        for row in lost:
            image_id = by_path.get(os.path.abspath(folder / row.path))
            if image_id is not None and image_id not in self.matched:
                rows.append(self._matched(row, image_id))
            else:
                gone.append(row)
        by_content: dict[str, list[str]] = defaultdict(list)
        for image_id in self.found.keys() - self.matched - frozenset(self.known):
            by_content[digests[self.found[image_id]].sha256].append(image_id)
        counts = Counter(row.sha256 for row in gone)
        for row in gone:
            alike = by_content[row.sha256] if row.sha256 and counts[row.sha256] == 1 else []
            if os.path.lexists(folder / row.path):
                told["written by hand, not found by looking into the folder: kept"].append(row.image_id)
            elif len(alike) == 1:
                told["renamed, what the manifest said of it stays"].append(f"{row.image_id} -> {alike[0]}")
                row = self._matched(replace(row, image_id=alike[0]), alike[0], row.image_id)
            rows.append(row)
        left = [image_id for image_id in self.found if image_id not in self.matched]
        told["taken out of the manifest by hand: left out, --fresh brings them back"] += [
            image_id for image_id in left if image_id in self.known
        ]
        new = [self._row(image_id) for image_id in left if image_id not in self.known]
        self.new = frozenset(row.image_id for row in new)
        told[ADDED] += [row.image_id for row in new if row.label]  # the others are told among those without
        return rows + new

    def respelt(self, row: Row, folder: Path) -> Row:
        """Return the row with its path as it is written on disk."""
        path = settled_path(row.path, folder)
        if path != row.path:
            self.told["written another way on disk, which the manifest now follows"].append(path)
        return replace(row, path=path)

    def _placed(self, row: Row, matched: Row, folder: Path) -> Row:
        """Return a matched row with the path that a person gave it, as long as a file is there."""
        found = matched.path
        path = found if row.path == found else self.respelt(row, folder).path
        if path == found or os.path.realpath(folder / path) == os.path.realpath(folder / found):
            return matched
        if os.path.exists(folder / path):
            kind = "whose path is not where the folder has it, and is kept (--fresh drops it)"
            self.told[kind].append(f"{row.image_id} {path!r} (not {found!r})")
            return replace(matched, path=path)
        if not path.endswith(row.image_id):  # as it does where the whole folder was moved
            kind = "whose path leads to no file, and is now where the folder has it"
            self.told[kind].append(f"{row.image_id} {found!r} (was {path!r})")
        return matched

    def _row(self, image_id: str) -> Row:
        cells = self.says.cells(image_id)
        standard = {column: cells.pop(column, "") for column in _STANDARD}
        return Row(image_id, self.found[image_id], **standard, extra=cells)

    def _matched(self, row: Row, image_id: str, former: str = "") -> Row:
        """Return a row with what is said of it now, except where a person said otherwise before."""
        former = former or image_id
        self.matched.add(image_id)
        path, now, cells = self.found[image_id], self.says.cells(image_id), {}
        if {"source": "", **now} == {**{column: row.value(column) for column in _STANDARD}, **row.extra}:
            return row if row.path == path else replace(row, path=path)
        was = self.said.cells(former) if former in self.known else None
        dropped = self.said.table.get(former, {}).keys() - self.says.table.get(image_id, {}).keys()
        for column in dict.fromkeys((*_STANDARD, *row.extra, *now)):
            cell, says = row.value(column), now.get(column, "")
            if column == "label":
                cell = self.says.spelling.get(cell, cell)
            if was is None:  # whoever wrote the row gave a label, if only an empty one
                kept = cell if cell or column == "label" else says
            else:
                kept = cell if cell != was.get(column, "") or column in dropped else says
            cells[column] = kept
            if kept != cell:
                kind = f"whose {column} changed, as folder or table say so now"
                self.told[kind].append(f"{row.image_id} {kept!r} (was {cell!r})")
            if kept != says and (says or column in _STANDARD):
                kind = f"with another {column} in the manifest than folder or table say: the manifest stands"
                self.told[kind].append(f"{row.image_id} {kept!r} (not {says!r})")
        standard = {column: cells.pop(column) for column in _STANDARD}
        return Row(row.image_id, path, **standard, sha256=row.sha256, extra=cells)

    def notes(self) -> list[str]:
        """Return one line a kind of difference."""
        return [
            f"{count_of(len(names), 'picture')} {what}: {some(names)}"
            for what, names in self.told.items()
            if names
        ]
