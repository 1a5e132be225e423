"""Make the manifest of a folder, keep it up to date, and say what was noticed."""

from __future__ import annotations

import json
import os
import re
from collections import Counter, defaultdict
from dataclasses import asdict, dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Any

from styleid.data.decode.policy import DecodePolicy
from styleid.data.manifest.digests import DigestCache, Progress
from styleid.data.manifest.folder import TABLE_NAME, find_pictures, place, read_table
from styleid.data.manifest.table import (
    COLUMNS,
    SPLITS,
    Manifest,
    Row,
    paths_from,
    read_manifest,
    write_manifest,
)
from styleid.errors import InputError
from styleid.files import write_atomic, writing

FORMAT_VERSION = 1


@dataclass(frozen=True)
class Scan:
    """A manifest and what was noticed while it was made."""

    manifest: Manifest  # pictures that could be read
    unreadable: tuple[dict[str, str], ...] = ()  # image_id, code, message of each file
    ignored: int = 0  # files that are no pictures
    notes: tuple[str, ...] = ()  # one line each, for a person

    def counts(self) -> dict[str, int]:
        """Count the pictures of each label, in alphabetical order; those without one stand under ""."""
        return dict(sorted(Counter(row.label for row in self.manifest.rows).items()))

    def groups(self) -> dict[str, int]:
        """Count the groups of each label; a picture without a group is one by itself."""
        seen: dict[str, set[str]] = defaultdict(set)
        for row in self.manifest.rows:
            seen[row.label].add(f"group {row.group}" if row.group else f"picture {row.image_id}")
        return {label: len(groups) for label, groups in seen.items()}

    def twins(self) -> list[list[Row]]:
        """List the sets of pictures whose files are the same to the byte."""
        same: dict[str, list[Row]] = defaultdict(list)
        for row in self.manifest.rows:
            same[row.sha256].append(row)
        return [rows for rows in same.values() if len(rows) > 1]

    def summary(self) -> dict[str, Any]:
        """Return the scan as plain values, as kept in ``scan.json``."""
        twins = self.twins()
        return {
            "n_images": len(self.manifest),
            "labels": self.counts(),
            "unreadable": list(self.unreadable),
            "ignored": self.ignored,
            "twins": [[row.image_id for row in rows] for rows in twins],
            "conflicts": [
                [row.image_id for row in rows] for rows in twins if len({row.label for row in rows}) > 1
            ],
            "notes": list(self.notes),
        }


def scan_folder(
    options: ScanOptions,
    path: Path,
    policy: DecodePolicy,
    rehash: bool = False,
    progress: Progress = lambda done, total: None,
) -> Scan:
    """Read a folder and write its manifest to `path`, with ``scan.json`` beside it.

    A manifest that was edited by hand since the last scan is kept as ``manifest.edited.csv``. `progress`
    counts only the files that are read; `rehash` reads also those that look unchanged.
    """
    root = Path(options.images)
    folder = find_pictures(root)
    if not folder.pictures:
        raise InputError(
            f"no pictures in {root}; expected one sub-folder of JPEG, PNG, TIFF or other pictures a label",
            path=root,
        )
    table_path = Path(options.table) if options.table else root / TABLE_NAME
    table = read_table(table_path) if options.table or table_path.is_file() else {}
    regex = options.group_regex
    try:
        pattern = re.compile(regex) if regex else None
    except re.error as error:
        raise InputError(
            f"--group-regex {regex!r} is not a regular expression: {error}", regex=regex
        ) from error
    paths = paths_from(path.parent, root, folder.pictures)
    rows = [
        _row(image_id, where, pattern, table.get(image_id, {}), options)
        for image_id, where in zip(folder.pictures, paths, strict=True)
    ]
    notes = []
    if absent := len(table.keys() - set(folder.pictures)):
        notes.append(f"{absent} row(s) of {table_path} name a file that is not there")
    if flat := sum(not row.label for row in rows):
        notes.append(
            f"{flat} picture(s) lie in no label's folder: they are embedded but no head learns from them"
        )
    scan = _digested(Manifest(tuple(rows), path.parent), folder.ignored, notes, policy, rehash, progress)
    if path.exists() and not is_scanned(path):
        kept = path.with_name(f"{path.stem}.edited{path.suffix}")
        with writing(kept):
            path.replace(kept)
        scan = replace(scan, notes=(*scan.notes, f"the manifest edited by hand is kept as {kept}"))
    write_manifest(scan.manifest, path)
    record = {
        "format_version": FORMAT_VERSION,
        "options": asdict(options),
        "manifest_sha256": sha256(path.read_bytes()).hexdigest(),
        **scan.summary(),
    }
    write_atomic(path.with_name("scan.json"), json.dumps(record, indent=1))
    return scan


def refresh(
    images: Path | None,
    path: Path,
    policy: DecodePolicy,
    rehash: bool = False,
    progress: Progress = lambda done, total: None,
) -> Scan:
    """Bring the manifest up to date, scanning again the way it was scanned before.

    Without `images` the folder is the one scanned last, or ``data/images``; a manifest that was written or
    edited by hand then keeps its rows, and only the digests of its files are read anew.
    """
    if images is None and path.exists() and not is_scanned(path):
        by_hand = read_manifest(path)
        note = f"{path} was written or edited by hand: its rows are used as they are"
        scan = _digested(by_hand, 0, [note], policy, rehash, progress)
        digests = {row.image_id: row.sha256 for row in scan.manifest.rows}
        rows = tuple(replace(row, sha256=digests.get(row.image_id, "")) for row in by_hand.rows)
        write_manifest(replace(by_hand, rows=rows), path)
        return scan
    options = last_options(path)
    if images is not None and (options is None or Path(options.images) != images):
        options = ScanOptions(images=str(images))
    return scan_folder(options or ScanOptions(), path, policy, rehash, progress)


def _row(
    image_id: str, path: str, pattern: re.Pattern[str] | None, cells: dict[str, str], options: ScanOptions
) -> Row:
    columns = place(image_id, pattern)
    if not cells:
        return Row(image_id, path, columns["label"], columns["group"], split=columns["split"])
    renamed = {options.label_column: "label", options.group_column: "group"}
    cells = {renamed.get(name, name): value for name, value in cells.items() if value}
    if cells.get("split", "") not in ("", *SPLITS):
        raise InputError(
            f"the table says split {cells['split']!r} of {image_id}; expected train, val or test"
        )
    columns |= {name: cells.pop(name) for name in ("label", "group", "source", "split") if name in cells}
    extra = {name: value for name, value in cells.items() if name not in COLUMNS}
    return Row(image_id, path, **columns, extra=extra)


def _digested(
    manifest: Manifest, ignored: int, notes: list[str], policy: DecodePolicy, rehash: bool, progress: Progress
) -> Scan:
    """Fill in the digests; rows whose file cannot be read move from the manifest to `unreadable`."""
    cache = DigestCache(manifest.folder / ".digests.json", rehash)
    # As text, as in `find_pictures`.
    folder = "" if manifest.folder == Path() else os.fspath(manifest.folder)
    digests = cache.digests([os.path.join(folder, row.path) for row in manifest.rows], policy, progress)
    rows, unreadable = [], []
    for row, digest in zip(manifest.rows, digests, strict=True):
        if digest.error is None:
            # `replace` asks each field for its kind: a second in a hundred thousand rows.
            standard = (row.image_id, row.path, row.label, row.group, row.source, row.split)
            rows.append(Row(*standard, digest.sha256, row.extra))
        else:
            error = digest.error
            unreadable.append({"image_id": row.image_id, "code": error.code, "message": str(error)})
    cache.save()
    return Scan(replace(manifest, rows=tuple(rows)), tuple(unreadable), ignored, tuple(notes))


@dataclass(frozen=True)
class ScanOptions:
    """How a folder becomes a manifest."""

    images: str = "data/images"  # the folder, as the user named it
    table: str | None = None  # by default metadata.csv in the folder, if there is one
    label_column: str = "label"
    group_column: str = "group"
    group_regex: str | None = None  # reads the group off a file's name


def last_options(manifest: Path) -> ScanOptions | None:
    """Return how `manifest` was made; None if no scan is on record."""
    options = _record(manifest).get("options")
    if not options:
        return None
    try:
        return ScanOptions(**options)
    except TypeError as error:
        raise InputError(
            f"{manifest.with_name('scan.json')} holds options that this styleid does not know ({error}); "
            "run `styleid scan FOLDER`"
        ) from error


def is_scanned(manifest: Path) -> bool:
    """Tell whether an existing manifest is, to the byte, what the last scan wrote."""
    return bool(_record(manifest).get("manifest_sha256") == sha256(manifest.read_bytes()).hexdigest())


def _record(manifest: Path) -> dict[str, Any]:
    try:
        record = json.loads(manifest.with_name("scan.json").read_bytes())
    except (OSError, ValueError):
        return {}
    return record if isinstance(record, dict) and record.get("format_version") == FORMAT_VERSION else {}
