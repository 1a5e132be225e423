"""``styleid FOLDER``, which is ``styleid try FOLDER``: from a folder of pictures to an answer."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from textwrap import shorten
from typing import TYPE_CHECKING, Annotated

import typer

from styleid.cli.embed import show_embedded
from styleid.cli.open import show_page
from styleid.cli.options import Device, Jobs, Json, reads_folder
from styleid.cli.progress import stage_bar
from styleid.cli.words import say, say_json, warn

if TYPE_CHECKING:
    from styleid.data.manifest.record import ScanOptions
    from styleid.runs.attempt.run import Attempt


#: Letters of what speaks against an answer: one line of a terminal.
LONGEST = 108


@reads_folder
def attempt(
    reading: ScanOptions,
    images: Annotated[
        Path, typer.Argument(help="Folder with one sub-folder of pictures for each artist.", metavar="FOLDER")
    ],
    out: Annotated[
        Path | None,
        typer.Option(help="Folder of the results; by default FOLDER-styleid, beside it.", metavar="FOLDER"),
    ] = None,
    no_open: Annotated[bool, typer.Option("--no-open", help="Leave the page closed.")] = False,
    device: Device = "auto",
    jobs: Jobs = None,
    json: Json = False,
) -> None:
    """Go from a folder of pictures to an answer: `styleid FOLDER`.

    Embeds, checks and fits, writes all into FOLDER-styleid/ and nothing into FOLDER, and opens the page.
    """
    from styleid.runs.attempt.run import attempt as run_attempt
    from styleid.runs.place import place_for

    place = place_for(images, out)
    warn(f"reading the pictures in {images}; what comes of them goes into {place}")
    with stage_bar("styleid") as progress:
        made = run_attempt(replace(reading, images=images), place, device, jobs, progress)
    if json:
        pages = {"page": str(made.fitted.page), "check": str(made.checked.page)}
        say_json({"answer": made.answer, "against": made.against, **pages, "run": str(made.fitted.folder)})
        return
    _show(made)
    if not no_open:
        show_page(made.fitted.page)


def _show(made: Attempt) -> None:
    from styleid.report.numbers import count_of

    show_embedded(made.embedded)
    for note in made.notes:
        warn(note)
    first, *others = made.against or ["nothing was found that would make it untrue."]
    say(f"Answer: {made.answer}")
    behind = f" ({count_of(len(others), 'more caution')} on the pages)" if others else ""
    # What it rests on stands on the pages.
    claim = first.partition(": ")[0].partition(" (")[0].removesuffix(".")
    say(f"Against it: {shorten(claim, LONGEST - len(behind), placeholder=' …')}{behind}")
    say(f"Page: {made.fitted.page}; the check: {made.checked.page}")
