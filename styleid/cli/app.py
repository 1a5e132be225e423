"""The commands, each in a file of its own."""

from __future__ import annotations

from difflib import get_close_matches
from pathlib import Path
from typing import Annotated

import typer
from typer.core import TyperGroup

from styleid.cli import (
    add,
    attempt,
    backbones,
    baseline_small_cnn,
    check,
    compare,
    embed,
    fit,
    heads,
    info,
    predict,
    scan,
    study_artist,
    study_forgetting,
)
from styleid.errors import InputError

#: Words that people try, and what does it.
_MEANT = {
    **dict.fromkeys(
        ("train", "learn", "test", "evaluate"), "`styleid fit`, once `styleid embed FOLDER` has run"
    ),
    **dict.fromkeys(("report", "open", "show"), "`styleid fit`, which writes reports/RUN/report.html"),
    **dict.fromkeys(("classify", "identify", "who"), "`styleid predict PICTURE`"),
    **dict.fromkeys(("list", "ls", "status"), "`styleid info`"),
    **dict.fromkeys(("run", "start", "all"), "`styleid FOLDER`"),
    "help": "`styleid --help`",
}


class Commands(TyperGroup):
    """The commands; a folder by itself is tried, and a wrong guess answers with the right word."""

    def parse_args(self, ctx: typer.Context, args: list[str]) -> list[str]:  # type: ignore[override]
        """Read the words behind ``styleid``."""
        word = args[0] if args else ""
        if word in _MEANT:
            folder = f"; for the folder of that name: `styleid ./{word}`" if Path(word).is_dir() else ""
            raise InputError(f"there is no command {word}: it is {_MEANT[word]}{folder}", word=word)
        if word and word not in self.commands and Path(word).is_dir():
            args = ["try", *args]
        elif word and word not in self.commands and Path(word).is_file():
            raise InputError(
                f"expected a command, or a folder of pictures, found the file {word}: "
                f"`styleid predict {word}` says whose hand it is",
                word=word,
            )
        elif word and word not in self.commands and not word.startswith("-"):
            near = "".join(
                f"; is `styleid {name}` meant?" for name in get_close_matches(word, self.commands, 1)
            )
            raise InputError(
                f"no such folder or command: {word}{near or '; `styleid --help` lists them'}", word=word
            )
        return super().parse_args(ctx, args)


app = typer.Typer(
    cls=Commands,
    name="styleid",
    help="Tell whose hand made a picture, and whether the answer can be trusted.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def _version(wanted: bool) -> None:
    if wanted:
        from styleid import __version__

        typer.echo(f"styleid {__version__}")
        raise typer.Exit


@app.callback()
def styleid(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and stop.")
    ] = False,
) -> None:
    """Tell whose hand made a picture, and whether the answer can be trusted.

    For a FOLDER that holds one sub-folder of pictures for each artist: styleid FOLDER, and a page opens.
    """


app.command("try")(attempt.attempt)
app.command()(scan.scan)
app.command()(embed.embed)
app.command()(check.check)
app.command()(fit.fit)
app.command()(compare.compare)
app.command()(predict.predict)
app.command()(add.add)
app.command()(info.info)
app.command()(heads.heads)
app.command()(backbones.backbones)

study = typer.Typer(
    name="study",
    help="Answer the questions of the projects styleid grew from.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
study.command("artist")(study_artist.artist)
study.command("forgetting")(study_forgetting.forgetting)
app.add_typer(study)

baseline = typer.Typer(
    name="baseline",
    help="Train a network from scratch, beside the heads.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
baseline.command("small-cnn")(baseline_small_cnn.small_cnn)
app.add_typer(baseline)
