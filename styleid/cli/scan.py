"""``styleid scan``: list a folder's pictures in a table."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from styleid.cli.options import Json, Manifest, place_to_read, reads_folder
from styleid.cli.progress import progress_bar
from styleid.cli.words import say, say_json, table, warn
from styleid.report.numbers import count_of

if TYPE_CHECKING:
    from styleid.data.manifest.record import ScanOptions
    from styleid.data.manifest.scan import Scan

#: More names than this are told by their number; all of them stand in the record beside the manifest.
MOST_NAMES = 10


@reads_folder
def scan(
    reading: ScanOptions,
    images: Annotated[
        Path | None,
        typer.Argument(
            help="Folder with one sub-folder of pictures for each label; by default as last, or data/images.",
            metavar="IMAGES",
        ),
    ] = None,
    manifest: Manifest = None,
    json: Json = False,
) -> None:
    """List pictures in a table: data/manifest.csv.

    A folder is a label, a folder in it a group: pictures of one group stay on one side of every split. What
    you write into the table stays when you scan again.
    """
    from styleid.data.decode.policy import DecodePolicy
    from styleid.data.manifest.scan import scan_folder

    place = place_to_read(images, manifest)
    with progress_bar("reading", "files") as progress:
        result = scan_folder(replace(reading, images=images), place.manifest, DecodePolicy(), progress)
    if json:
        say_json(result.summary())
    else:
        say(f"{place.manifest}: {result.sizes()}")
        show_scan(result)
    end_well(len(result.manifest))


def show_scan(scan: Scan) -> None:
    """Print counts per label and what calls for attention."""
    groups = scan.groups()
    table(
        ("label", "pictures", "groups"),
        [(label or "(none)", count, groups[label]) for label, count in scan.counts().items()],
    )
    if twins := scan.twins():
        say(f"{sum(map(len, twins)):,} of {len(scan.manifest):,} pictures have the bytes of another")
    show_differences(scan)


def show_differences(scan: Scan) -> None:
    """Print where folder, table and manifest differ, and what could not be used, each time."""
    from styleid.data.manifest.folder import write_kinds

    for what, failures in zip(("gone", "could not be read"), scan.lost(), strict=True):
        show_failures(what, failures)
    if conflicts := scan.summary()["conflicts"]:
        count = sum(map(len, conflicts))  # of files, as `styleid fit` counts them
        say(f"{count_of(count, 'picture')} left out of learning: they have the same bytes under two labels:")
        _list([" = ".join(ids) for ids in conflicts])
    for note in scan.notes:
        warn(note)
    if scan.passed_over:
        say(f"passed over: {write_kinds(scan.passed_over)}")


def end_well(n_usable: int) -> None:
    """Leave with exit code 1 where no picture can be used."""
    if not n_usable:
        warn("error: none of the pictures can be used; the reasons stand above, and in --json")
        raise typer.Exit(1)


def show_failures(what: str, failures: list[dict[str, str]]) -> None:
    """Print pictures that failed, with their reasons; `what` stands behind "3 pictures"."""
    if failures:
        say(f"{count_of(len(failures), 'picture')} {what}:")
        _list([f"{f['image_id']}: {f['message']} [{f['code']}]" for f in failures])


def _list(lines: list[str]) -> None:
    for line in lines[:MOST_NAMES]:
        say(f"  {line}")
    if len(lines) > MOST_NAMES:
        say(f"  and {len(lines) - MOST_NAMES:,} more")
