"""``styleid FOLDER``, which is ``styleid try FOLDER``: from a folder of pictures to an answer."""

from __future__ import annotations

import os
import sys
import webbrowser
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from styleid.cli.options import Device, Jobs, Json
from styleid.cli.progress import stage_bar
from styleid.cli.scan import show_failures, show_scan
from styleid.cli.words import say, say_json, warn

if TYPE_CHECKING:
    from styleid.runs.attempt.run import Judged
    from styleid.runs.embed import EmbedRun


def attempt(
    images: Annotated[
        Path, typer.Argument(help="Folder with one sub-folder of pictures an artist.", metavar="FOLDER")
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
    from styleid.runs.attempt.run import judge_set, place_for
    from styleid.runs.embed import embed
    from styleid.vectors.embed.embed import EmbedOptions

    place = place_for(images, out)
    warn(f"reading the pictures in {images}; what comes of them goes into {place.folder}")
    with stage_bar("styleid") as progress:
        embedded = embed(images, place.manifest, place.store, EmbedOptions(device=device), progress=progress)
        judged = judge_set(place, embedded, jobs, progress)
    if json:
        say_json(_plain(judged))
        return
    _show(embedded, judged)
    if not no_open and _somebody_watches():
        webbrowser.open(judged.fitted.page.resolve().as_uri())


def _show(embedded: EmbedRun, judged: Judged) -> None:
    warn(f"weights: {embedded.choice.reason}")
    show_scan(embedded.scan)
    show_failures("have no vector", embedded.embedding.failures)
    for note in dict.fromkeys([*judged.fitted.result["notes"], *judged.checked.result["notes"]]):
        warn(note)
    for line in judged.lines:
        say(line)


def _plain(judged: Judged) -> dict[str, object]:
    return {
        "answer": judged.answer,
        "against": judged.against,
        "page": str(judged.fitted.page),
        "check": str(judged.checked.page),
        "run": str(judged.fitted.folder),
    }


def _somebody_watches() -> bool:
    """Tell a person at a screen from a script, and from a terminal that only a text browser could fill."""
    screen = sys.platform in ("win32", "darwin") or any(map(os.environ.get, ("DISPLAY", "WAYLAND_DISPLAY")))
    return bool(screen) and sys.stdout.isatty()
