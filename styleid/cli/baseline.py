"""``styleid baseline``: what can be had without a pretrained network."""

from __future__ import annotations

import typer

from styleid.cli import baseline_small_cnn

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
)


@app.callback()
def baseline() -> None:
    """Train a network from scratch, to set beside the heads."""


app.command("small-cnn")(baseline_small_cnn.small_cnn)
