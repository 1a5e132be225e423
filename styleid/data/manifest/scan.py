"""Make the manifest of a folder, keep it up to date, and say what was noticed."""

from __future__ import annotations

import os
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from styleid.data.decode.policy import DecodePolicy
from styleid.data.manifest.digests import Digest, DigestCache, Progress
from styleid.data.manifest.folder import find_pictures
from styleid.data.manifest.labels import label_notes, one_spelling
from styleid.data.manifest.merge import ADDED, Merge
from styleid.data.manifest.metadata import TABLE_NAME
from styleid.data.manifest.record import (
    Record,
    ScanOptions,
    other_folder,
    read_record,
    record_file,
    settle,
    write_record,
)
from styleid.data.manifest.says import Says, read_says
from styleid.data.manifest.table import (
    Manifest,
    Row,
    bytes_there,
    keep_former,
    paths_from,
    read_manifest,
    write_over,
)
from styleid.errors import InputError
from styleid.files import is_folder
from styleid.report.numbers import count_of


@dataclass(frozen=True)
class Scan:
    """A manifest and what was noticed while it was made."""

    manifest: Manifest  # pictures that could be read
    unreadable: tuple[dict[str, str], ...] = ()  # image_id, code, message of each file, of one gone too
    passed_over: Mapping[str, int] = field(default_factory=dict)  # kind -> files that are no pictures
    notes: tuple[str, ...] = ()  # one line each, for a person

    def counts(self) -> dict[str, int]:
        """Count the pictures of each label, in alphabetical order; those without one stand under ""."""
        return dict(sorted(Counter(row.label for row in self.manifest.rows).items()))

    def sizes(self) -> str:
        """Write how many pictures and labels there are; no label is none."""
        labels = count_of(len({row.label for row in self.manifest.rows} - {""}), "label")
        return f"{count_of(len(self.manifest), 'picture')}, {labels}"

    def groups(self) -> dict[str, int]:
        """Count the groups of each label; a picture without a group is one by itself."""
        seen = {(row.label, bool(row.group), row.group or row.image_id) for row in self.manifest.rows}
        return dict(Counter(label for label, _, _ in seen))

    def lost(self) -> tuple[list[dict[str, str]], list[dict[str, str]]]:
        """Divide what is `unreadable` into pictures that are gone, and those whose file is there."""
        gone = [failure for failure in self.unreadable if failure["code"] == "missing"]
        return gone, [failure for failure in self.unreadable if failure["code"] != "missing"]

    def twins(self) -> list[list[Row]]:
        """List the sets of pictures whose files are the same to the byte."""
        same: dict[str, list[Row]] = defaultdict(list)
        for row in self.manifest.rows:
            same[row.sha256].append(row)
        return [rows for rows in same.values() if len(rows) > 1]

    def summary(self) -> dict[str, Any]:
        """Return the scan as plain values, as kept in the manifest's record."""
        twins = self.twins()
        labelled = [[row for row in rows if row.label] for rows in twins]
        return {
            "n_images": len(self.manifest),
            "labels": self.counts(),
            "unreadable": list(self.unreadable),
            "passed_over": dict(self.passed_over),
            "twins": [[row.image_id for row in rows] for rows in twins],
            "conflicts": [
                [row.image_id for row in rows] for rows in labelled if len({row.label for row in rows}) > 1
            ],
            "notes": list(self.notes),
        }


def scan_folder(
    options: ScanOptions,
    path: Path,
    policy: DecodePolicy,
    progress: Progress = lambda done, total: None,
) -> Scan:
    """Bring the manifest at `path` up to date with its folder, or make it; its record lies beside it.

    What is not asked for is as in the manifest's last scan; what a person wrote into the manifest stays. A
    manifest made by hand, scanned without a folder, keeps its rows. `progress` counts only the files that
    are read.
    """
    last, asked = read_record(path), options.images
    data = bytes_there(path)
    before = read_manifest(path) if data is not None and not options.fresh else None
    if before is not None and last is None and asked is None:
        return _scan_rows(options, before, data, path, policy, progress)
    former = last.options.images if last else None
    options, notes = settle(options, last, path)
    root = Path(options.images or "")
    table = root / TABLE_NAME if options.table is None else Path(options.table)
    if os.path.realpath(table) == os.path.realpath(path):
        raise InputError(f"{path} is the table already; give the manifest another name", path=path)
    own = (path.name, record_file(path).name, Path(options.table or TABLE_NAME).name)
    content = find_pictures(root, own)
    if not content.pictures:
        lost = f", and {path} lists {len(before):,}" if before else ""
        raise InputError(
            f"no pictures in {root}{lost}; expected a sub-folder of JPEG, PNG, TIFF or the like a label",
            path=root,
        )
    says, noticed = read_says(options, root, content.pictures)
    manifest = Manifest((), path.parent) if before is None else before
    notes += [*content.notes, *noticed, *manifest.notes]
    if options.tidy_labels:
        labels = Counter(says.cells(picture)["label"] for picture in content.pictures)
        spelling = one_spelling(Counter(row.label for row in manifest.rows) + labels)
        says = replace(says, spelling=spelling)
        notes += [f"label {label!r} is joined to {spelt!r}" for label, spelt in sorted(spelling.items())]
    found = dict(zip(content.pictures, paths_from(path.parent, root, content.pictures), strict=True))
    known = last.pictures if last and before is not None else ()
    said = Says(last.options, last.cells, says.spelling) if last else Says()
    if last and last.options.tidy_labels and not options.tidy_labels:  # what was joined then, not by a person
        labels = Counter(row.label for row in manifest.rows)
        labels += Counter(said.cells(picture)["label"] for picture in last.pictures)
        said = replace(said, spelling=one_spelling(labels))
    merge = Merge(found, known, says, said)
    cache = DigestCache(path.parent / ".digests.json", options.rehash)
    digests = _digests(found.values(), cache, path.parent, policy, progress)
    rows = merge.rows(manifest, digests)
    if manifest.rows and not merge.matched and (former is None or not is_folder(former)):
        raise other_folder(path, former or "other files", root)
    others = [row.path for row in rows if row.path not in digests]
    digests |= _digests(others, cache, path.parent, policy, progress)
    cache.save()
    rows, unreadable = _digested(rows, digests, merge, path.parent)
    new = frozenset() if before is None else merge.new
    if before is None:
        merge.told.pop(ADDED)
    notes[:0] = keep_former(path, data, before, last is None)
    notes += [*merge.notes(), *label_notes(rows, new)]
    rows = sorted(rows, key=lambda row: os.fsencode(row.image_id))
    write_over(replace(manifest, rows=tuple(rows)), path, data)
    scan = Scan(_readable(manifest, rows), tuple(unreadable), content.passed_over, tuple(notes))
    # Last, so that after a crash in between what is new in the manifest counts as a person's.
    write_record(path, Record(says.options, frozenset(found), says.table), scan.summary())
    return scan


def _scan_rows(
    options: ScanOptions,
    before: Manifest,
    data: bytes | None,
    path: Path,
    policy: DecodePolicy,
    progress: Progress,
) -> Scan:
    """Fill in the digests of a manifest that was made by hand."""
    if asked := ", ".join(options.asked()):
        raise InputError(
            f"{path} was made by hand, of no folder: say of which by IMAGES, to use {asked}", path=path
        )
    merge = Merge({}, (), Says(), Says())
    rows = [merge.respelt(row, path.parent) for row in before.rows]
    cache = DigestCache(path.parent / ".digests.json", options.rehash)
    digests = _digests((row.path for row in rows), cache, path.parent, policy, progress)
    cache.save()
    rows, unreadable = _digested(rows, digests, merge, path.parent)
    note = f"{path} was made by hand: its rows are used as they are, and no folder is looked into"
    notes = (*keep_former(path, data, before, True), note, *before.notes, *merge.notes(), *label_notes(rows))
    write_over(replace(before, rows=tuple(rows)), path, data)
    return Scan(_readable(before, rows), tuple(unreadable), notes=notes)


def _readable(manifest: Manifest, rows: Sequence[Row]) -> Manifest:
    return replace(manifest, rows=tuple(row for row in rows if row.sha256))


def _digests(
    paths: Iterable[str], cache: DigestCache, folder: Path, policy: DecodePolicy, progress: Progress
) -> dict[str, Digest]:
    # As text, as in `find_pictures`.
    start, names = "" if folder == Path() else os.fspath(folder), list(paths)
    files = [os.path.join(start, name) for name in names]
    return dict(zip(names, cache.digests(files, policy, progress), strict=True))


def _digested(
    rows: Sequence[Row], digests: Mapping[str, Digest], merge: Merge, folder: Path
) -> tuple[list[Row], list[dict[str, str]]]:
    """Fill in the digests, empty for a file that cannot be read, and list these."""
    digested, unreadable = [], []
    for row in rows:
        digest = digests[row.path]
        # `replace` asks each field for its kind: a second in a hundred thousand rows.
        standard = (row.image_id, row.path, row.label, row.group, row.source, row.split)
        digested.append(Row(*standard, digest.sha256, row.extra))
        if error := digest.error:
            code, message = error.code, str(error)
            if code == "missing" and os.path.islink(folder / row.path):
                code, message = "unreadable", f"{row.path} is a link to nothing: is a disk not mounted?"
            elif code == "missing":
                message = f"gone: no file at {row.path}; its row is kept, delete the row to forget it"
            unreadable.append({"image_id": row.image_id, "code": code, "message": message})
        elif row.sha256 not in ("", digest.sha256):
            merge.told["with other bytes than at the last scan"].append(row.image_id)
    return digested, unreadable
