"""The commands, each in a file of its own."""

from __future__ import annotations

from typing import Annotated

import typer

from styleid.cli import (
    add,
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

app = typer.Typer(
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

    In a folder that holds one sub-folder of pictures an artist: styleid embed FOLDER, styleid fit --head svm,
    then open the report it names.
    """


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
