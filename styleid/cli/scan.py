"""``styleid scan``: list a folder's pictures in a table."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from styleid.cli.options import Json, Manifest, Rehash
from styleid.cli.progress import progress_bar
from styleid.cli.words import say, say_json, table, warn

if TYPE_CHECKING:
    from styleid.data.manifest.scan import Scan

#: More names than this are told by their number; all of them stand in scan.json.
MOST_NAMES = 10


def scan(
    images: Annotated[
        Path, typer.Argument(help="Folder with one sub-folder of pictures a label.", metavar="IMAGES")
    ] = Path("data/images"),
    manifest: Manifest = Path("data/manifest.csv"),
    table: Annotated[
        Path | None,
        typer.Option(
            help="CSV with a column file_name and others; by default IMAGES/metadata.csv.", metavar="FILE"
        ),
    ] = None,
    label_column: Annotated[str, typer.Option(help="Column of that table that holds the label.")] = "label",
    group_column: Annotated[str, typer.Option(help="Column of that table that holds the group.")] = "group",
    group_regex: Annotated[
        str | None, typer.Option(help="Pattern that reads the group off a file's name.", metavar="REGEX")
    ] = None,
    rehash: Rehash = False,
    json: Json = False,
) -> None:
    """List pictures in a table: data/manifest.csv.

    A folder is a label, a folder in it a group: pictures of one group stay on one side of every split.
    """
    from styleid.data.decode.policy import DecodePolicy
    from styleid.data.manifest.scan import ScanOptions, scan_folder

    options = ScanOptions(
        images=str(images),
        table=str(table) if table else None,
        label_column=label_column,
        group_column=group_column,
        group_regex=group_regex,
    )
    with progress_bar("reading", "files") as progress:
        result = scan_folder(options, manifest, DecodePolicy(), rehash, progress)
    if json:
        say_json(result.summary())
    else:
        say(f"{manifest}: {len(result.manifest):,} pictures, {len(result.counts()):,} labels")
        show_scan(result)


def show_scan(scan: Scan) -> None:
    """Print counts per label and what calls for attention."""
    rows = scan.manifest.rows
    groups = scan.groups()
    table(
        ("label", "pictures", "groups"),
        [(label or "(none)", count, groups[label]) for label, count in scan.counts().items()],
    )
    show_failures("could not be read", scan.unreadable)
    if twins := scan.twins():
        say(f"{sum(map(len, twins)):,} of {len(rows):,} pictures have the bytes of another")
    if conflicts := scan.summary()["conflicts"]:
        count = sum(map(len, conflicts))  # of files, as `styleid fit` counts them
        say(f"{count:,} picture(s) left out of learning: they have the same bytes under two labels:")
        _list([" = ".join(ids) for ids in conflicts])
    for note in scan.notes:
        warn(note)


def show_failures(what: str, failures: tuple[dict[str, str], ...] | list[dict[str, str]]) -> None:
    """Print pictures that failed, with their reasons; `what` completes "3 picture(s) ..."."""
    if failures:
        say(f"{len(failures):,} picture(s) {what}:")
        _list([f"{f['image_id']}: {f['message']} [{f['code']}]" for f in failures])


def _list(lines: list[str]) -> None:
    for line in lines[:MOST_NAMES]:
        say(f"  {line}")
    if len(lines) > MOST_NAMES:
        say(f"  and {len(lines) - MOST_NAMES:,} more")
