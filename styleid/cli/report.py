"""``styleid report``: a fit's page once more."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from styleid.cli.options import Json, Out
from styleid.cli.words import say, say_json, warn


def report(
    run: Annotated[
        Path | None,
        typer.Argument(
            help="Name or folder of a fit, or a FOLDER that `styleid FOLDER` looked at; by default the "
            "newest.",
            metavar="[RUN]",
        ),
    ] = None,
    images: Annotated[
        Path | None,
        typer.Option(
            help="Where the pictures lie now; by default where the manifest says.", metavar="FOLDER"
        ),
    ] = None,
    manifest: Annotated[
        Path | None,
        typer.Option(
            help="The table of pictures; by default the one that belongs to the run.", metavar="FILE"
        ),
    ] = None,
    out: Out = None,
    json: Json = False,
) -> None:
    """Make the page and the plots of a fit anew, without fitting.

    For another version of styleid, or pictures that moved. The numbers stay as they are.
    """
    from styleid.runs.fit.again import report_again
    from styleid.runs.folder import RESULT
    from styleid.runs.place import DATA, find_run, manifest_of

    found, note = find_run(run, out or DATA.out, RESULT)
    if note:
        warn(f"the run in {found.parent}, {note}")
    made = report_again(found.parent, manifest or manifest_of(found.parent), images)
    if json:
        say_json({"page": str(made.page), "notes": made.notes})
        return
    for remark in made.notes:
        warn(remark)
    say(f"page: {made.page}")
