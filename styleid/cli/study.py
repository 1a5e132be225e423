"""``styleid study``: the questions of the projects styleid grew from, each a command of its own."""

from __future__ import annotations

import typer

from styleid.cli import study_artist, study_forgetting

study = typer.Typer(
    name="study",
    help="Replay and answer the questions of the projects styleid grew from.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
study.command("artist")(study_artist.artist)
study.command("forgetting")(study_forgetting.forgetting)
