"""What a scan says of each picture by itself: by the names of its folders, and by a row of the table."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from styleid.data.manifest.folder import find_splits, named_group, place
from styleid.data.manifest.labels import some
from styleid.data.manifest.metadata import TABLE_NAME, read_metadata
from styleid.data.manifest.record import ScanOptions
from styleid.data.manifest.table import SPLIT_NAMES
from styleid.errors import InputError
from styleid.files import is_file
from styleid.report.numbers import count_of


@dataclass(frozen=True)
class Says:
    """What folder and table say, or said; cells that are not there are empty."""

    options: ScanOptions = ScanOptions()  # with the folders that are parts of a split
    table: Mapping[str, Mapping[str, str]] = field(default_factory=dict)  # image_id -> column -> text
    spelling: Mapping[str, str] = field(default_factory=dict)  # of labels that are joined

    def cells(self, image_id: str) -> dict[str, str]:
        """Return what is said of a picture, the table's word first."""
        regex = self.options.group_regex
        pattern = re.compile(regex) if regex else None
        cells = place(image_id, pattern, self.options.split_folders or ())
        cells |= self.table.get(image_id, {})
        cells["label"] = self.spelling.get(cells["label"], cells["label"])
        return cells


def read_says(options: ScanOptions, root: Path, pictures: Sequence[str]) -> tuple[Says, list[str]]:
    """Read what folder and table say of pictures now, and notes."""
    splits, notes = find_splits(pictures)
    if options.split_folders is not None:
        asked = {name.strip().casefold() for name in options.split_folders}
        if strange := sorted(asked - SPLIT_NAMES.keys()):
            raise InputError(f"--split-folders {some(strange)}: expected some of {', '.join(SPLIT_NAMES)}")
        # What was found once stays, though other folders may lie beside it now.
        splits, notes = (splits if asked else frozenset()) | asked, []
    if splits:
        options = replace(options, split_folders=tuple(sorted(splits)))
    try:
        pattern = re.compile(options.group_regex or "")
    except re.error as error:
        raise InputError(
            f"--group-regex {options.group_regex!r} is not a regular expression: {error}"
        ) from error
    if options.group_regex:
        other = [picture for picture in pictures if not named_group(picture.rpartition("/")[2], pattern)]
        rest = f"; not off {some(other)}, whose folders stand" if other else ""
        number = f"{len(pictures) - len(other):,} of {count_of(len(pictures), 'name')}"
        notes.append(f"--group-regex {options.group_regex} reads a group off {number}{rest}")
    table = root / TABLE_NAME if options.table is None else Path(options.table)
    if options.table or (options.table is None and is_file(table)):
        metadata = read_metadata(table, pictures, options)
        says = Says(options, metadata.cells)
        return says, [*notes, *metadata.notes, *_overruled(says, pictures)]
    return Says(options), notes


def _overruled(says: Says, pictures: Sequence[str]) -> list[str]:
    """Name pictures that the table gives to another of the folders' labels than the one they lie in.

    Where the table's labels are no folders' names, folders say something else, and differ everywhere.
    """
    folders = {name: place(name, None, says.options.split_folders or ())["label"] for name in pictures}
    named = {name: says.table.get(name, {}).get("label", "") for name in pictures}
    known = set(folders.values()) - {""}
    moved = [name for name in pictures if named[name] in known and folders[name] not in ("", named[name])]
    told = some([f"{name} ({named[name]})" for name in moved])
    under = (
        f"the table puts {count_of(len(moved), 'picture')} under another label than the folder, and stands"
    )
    return [f"{under}: {told}"] if moved else []
