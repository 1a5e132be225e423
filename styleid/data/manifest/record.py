"""What is remembered of a scan: its options, and what it said itself."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from styleid.errors import InputError
from styleid.files import StrPath, is_file, is_folder, write_atomic
from styleid.given import check_fields

FORMAT_VERSION = 2
DEFAULT_IMAGES = "data/images"
#: Options that are asked for once, and not remembered.
_PASSING = ("fresh", "rehash")


@dataclass(frozen=True, kw_only=True)
class ScanOptions:
    """How a folder becomes a manifest; what is None is as in the manifest's last scan.

    Parameters
    ----------
    images : path or None
        Folder of pictures, a sub-folder a label; at first ``data/images``.
    table : path or None
        CSV or ``.xlsx`` that says more; by default ``metadata.csv`` in the folder; ``""`` is none.
    file_column, label_column, group_column : str or None
        Columns of the table; by default one called ``file_name`` or the like, ``label`` and ``group``.
    group_regex : str or None
        Reads the group off a file's name.
    split_folders : tuple of str or None
        Folders that are parts of a split; by default those that have no others beside them.
    tidy_labels : bool or None
        Join labels that differ by blanks, case or the form of accents only.
    fresh, rehash : bool
        Forget what a person wrote into the manifest (which is kept); read also files that look unchanged.

    Raises
    ------
    InputError
        If a value is not of its type.
    """

    images: StrPath | None = None
    table: StrPath | None = None
    file_column: str | None = None
    label_column: str | None = None
    group_column: str | None = None
    group_regex: str | None = None
    split_folders: tuple[str, ...] | None = None
    tidy_labels: bool | None = None
    fresh: bool = False
    rehash: bool = False

    def __post_init__(self) -> None:
        check_fields(self)

    def asked(self) -> dict[str, Any]:
        """Return the options that are asked for and to be remembered."""
        return {k: v for k, v in vars(self).items() if v is not None and k not in _PASSING}


@dataclass(frozen=True)
class Record:
    """What the last scan of a manifest knew."""

    options: ScanOptions = ScanOptions()
    pictures: frozenset[str] = frozenset()  # image_id of each picture that was there
    cells: Mapping[str, Mapping[str, str]] = field(default_factory=dict)  # image_id -> what a table said


def settle(asked: ScanOptions, last: Record | None, manifest: Path) -> tuple[ScanOptions, list[str]]:
    """Return the options of a scan: those asked for, the others as in the last scan, and notes on these.

    Another folder than the manifest's is an `InputError`, unless that one is gone or all is made anew.
    """
    if last is None:
        return replace(asked, images=asked.images or DEFAULT_IMAGES), []
    former, given = Path(last.options.images or DEFAULT_IMAGES), Path(asked.images or "")
    notes = []
    if asked.images is not None and not is_folder(former):
        notes = [f"the pictures of {manifest} lie in {given} now, and {former} is gone"]
    elif asked.images is not None and is_folder(given) and not given.samefile(former):
        if not asked.fresh:
            raise other_folder(manifest, former, given)
        return asked, []
    kept = {k: v for k, v in last.options.asked().items() if k not in {"images", *asked.asked()} and v}
    if kept:
        texts = {k: ",".join(v) if isinstance(v, tuple) else v for k, v in kept.items()}
        words = ", ".join(f"--{name.replace('_', '-')} {text}" for name, text in texts.items())
        words = words.removesuffix(" True")
        notes.append(f"read as in the last scan, by {words}; another value or an empty one replaces it")
    return replace(last.options, **asked.asked(), rehash=asked.rehash, fresh=asked.fresh), notes


def other_folder(manifest: Path, former: object, given: Path) -> InputError:
    """Return the error that a folder is not the manifest's."""
    return InputError(
        f"{manifest} lists the pictures of {former}, not of {given}; name another place (--manifest, or "
        f"--out of `styleid FOLDER`), add --fresh to make {manifest} anew and keep a copy, or leave the "
        "folder out where that may be, to go on with those",
        manifest=manifest,
        images=given,
    )


def record_file(manifest: Path) -> Path:
    """Return where the record of a manifest lies; m.csv and m.tsv in one folder have each their own."""
    kind = "" if manifest.suffix == ".csv" else f"-{manifest.suffix[1:]}"
    return manifest.with_name(f"{manifest.stem}.scan{kind}.json")


def read_record(manifest: Path) -> Record | None:
    """Return what is remembered of the manifest's last scan, paths as seen from here, or None."""
    file = record_file(manifest)
    if not is_file(file):
        return None
    try:
        record = json.loads(file.read_bytes())
        given: dict[str, Any] = {
            name: tuple(v) if isinstance(v, list) else v for name, v in record["options"].items()
        }
        for name in {"images", "table"} & {name for name in given if given[name]}:
            given[name] = os.path.normpath(manifest.parent / given[name])
        return Record(ScanOptions(**given), frozenset(record["pictures"]), record["cells"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(
            f"{file} is no record of a scan that this styleid knows ({error}); delete it: all that the "
            "manifest says then counts as written by you",
            path=file,
        ) from error


def write_record(manifest: Path, record: Record, summary: Mapping[str, Any]) -> None:
    """Write the record beside its manifest, its paths relative to it; one that is the same is left alone."""
    options = {name: value for name, value in asdict(record.options).items() if name not in _PASSING}
    for name in ("images", "table"):
        if options[name]:
            options[name] = Path(os.path.abspath(options[name])).as_posix()
            if Path(options[name]).drive == Path(os.path.abspath(manifest)).drive:
                options[name] = Path(os.path.relpath(options[name], manifest.parent)).as_posix()
    content = {"format_version": FORMAT_VERSION, "options": options, **summary, "cells": record.cells}
    text = json.dumps({**content, "pictures": sorted(record.pictures)}, indent=1)
    file = record_file(manifest)
    if not is_file(file) or file.read_bytes() != text.encode():
        write_atomic(file, text)
