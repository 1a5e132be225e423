"""``styleid open``: a page in the browser."""

from __future__ import annotations

import os
import sys
import webbrowser
from pathlib import Path
from typing import Annotated

import typer

from styleid.cli.options import Json, Out
from styleid.cli.words import say, say_json, warn


def open_page(
    run: Annotated[
        Path | None,
        typer.Argument(
            help="Name or folder of a run, a FOLDER that `styleid FOLDER` looked at, or a page; by default "
            "the newest.",
            metavar="[RUN]",
        ),
    ] = None,
    out: Out = None,
    json: Json = False,
) -> None:
    """Open the page of a run in the browser: the newest, or the one named.

    Where there is no browser, its path is printed all the same.
    """
    from styleid.runs.place import DATA, find_run

    page, note = find_run(run, out or DATA.out, "*.html")
    if json:
        say_json({"page": str(page)})
        return
    say(f"page: {page}{f', {note}' if note else ''}")
    if somebody_watches() and not show_page(page):
        warn("found no browser; open that file yourself")


def show_page(page: Path) -> bool:
    """Open a page where a person may see it; say whether a browser took it."""
    return somebody_watches() and webbrowser.open(page.absolute().as_uri())


def somebody_watches() -> bool:
    """Tell a person at a screen from a script, and from a terminal that only a text browser could fill."""
    screen = sys.platform in ("win32", "darwin") or any(map(os.environ.get, ("DISPLAY", "WAYLAND_DISPLAY")))
    return bool(screen) and sys.stdout.isatty()
