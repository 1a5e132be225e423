"""The commands, each in a file of its own."""

from __future__ import annotations

import os
from difflib import get_close_matches
from typing import Annotated

import typer
from typer.core import TyperCommand, TyperGroup

from styleid.cli import (
    add,
    attempt,
    backbones,
    baseline_small_cnn,
    check,
    compare,
    embed,
    export,
    fit,
    heads,
    info,
    predict,
    report,
    scan,
    serve,
    similar,
    study_artist,
    study_forgetting,
)
from styleid.cli import open as open_
from styleid.errors import InputError
from styleid.files import is_file, is_folder

#: Words that people try, and what does it.
_MEANT = {
    **dict.fromkeys(
        ("train", "learn", "test", "evaluate"), "`styleid fit`, once `styleid embed FOLDER` has run"
    ),
    **dict.fromkeys(("show", "view", "page"), "`styleid open`"),
    **dict.fromkeys(("classify", "identify", "who"), "`styleid predict PICTURE`"),
    **dict.fromkeys(("list", "ls", "status"), "`styleid info`"),
    **dict.fromkeys(("run", "start", "all"), "`styleid FOLDER`"),
    "help": "`styleid --help`",
}


#: How `--help` calls a value that is a path.
_PATHS = ("FILE", "FOLDER", "IMAGES", "PICTURES...")


class Commands(TyperGroup):
    """The commands; a folder by itself is tried, and a wrong guess answers with the right word."""

    def parse_args(self, ctx: typer.Context, args: list[str]) -> list[str]:  # type: ignore[override]
        """Read the words behind ``styleid``."""
        word = args[0] if args else ""
        if word in _MEANT:
            folder = f"; for the folder of that name: `styleid ./{word}`" if is_folder(word) else ""
            raise InputError(f"there is no command {word}: it is {_MEANT[word]}{folder}", word=word)
        if word and word not in self.commands and is_folder(word):
            args = ["try", *args]
        elif word and word not in self.commands and is_file(word):
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


class Command(TyperCommand):
    """A command, which takes no empty path for the folder it runs in, and no file's name for an option."""

    def parse_args(self, ctx: typer.Context, args: list[str]) -> list[str]:  # type: ignore[override]
        """Read the words behind the command."""
        options = {name for param in self.params for name in (*param.opts, *param.secondary_opts)}
        before = args[: args.index("--")] if "--" in args else args
        for word in before:
            if word[:1] == "-" and word.partition("=")[0] not in options and os.path.lexists(word):
                raise InputError(f"expected an option, found {word}; for the file of that name: ./{word}")
        given, *_ = self.make_parser(ctx).parse_args(args=[*args])
        for param in self.params:
            value = given.get(str(param.name))
            if param.metavar in _PATHS and ("" in value if isinstance(value, list | tuple) else value == ""):
                name = max(param.opts, key=len)
                raise InputError(f"{name} expects a path, found an empty text; a dot is the folder here")
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


app.command("try", cls=Command)(attempt.attempt)
app.command(cls=Command)(scan.scan)
app.command(cls=Command)(embed.embed)
app.command(cls=Command)(check.check)
app.command(cls=Command)(fit.fit)
app.command(cls=Command)(compare.compare)
app.command(cls=Command)(predict.predict)
app.command(cls=Command)(serve.serve)
app.command(cls=Command)(similar.similar)
app.command(cls=Command)(export.export)
app.command(cls=Command)(add.add)
app.command(cls=Command)(report.report)
app.command("open", cls=Command)(open_.open_page)
app.command(cls=Command)(info.info)
app.command(cls=Command)(heads.heads)
app.command(cls=Command)(backbones.backbones)

study = typer.Typer(
    name="study",
    help="Answer the questions of the projects styleid grew from.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
study.command("artist", cls=Command)(study_artist.artist)
study.command("forgetting", cls=Command)(study_forgetting.forgetting)
app.add_typer(study)

baseline = typer.Typer(
    name="baseline",
    help="Train a network from scratch, beside the heads.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
baseline.command("small-cnn", cls=Command)(baseline_small_cnn.small_cnn)
app.add_typer(baseline)
