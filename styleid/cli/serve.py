"""``styleid serve``: a local page that says whose hand a picture is."""

from __future__ import annotations

import webbrowser
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from styleid.cli.open import somebody_watches
from styleid.cli.options import Device, ModelWeights, NewestModel, find_model
from styleid.cli.words import say, warn

if TYPE_CHECKING:
    from styleid.serve.server import Opened


def serve(
    model: NewestModel = None,
    host: Annotated[
        str, typer.Option(help="Address to listen on; one that others reach needs --token-file.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port; 0: any that is free.")] = 8421,
    token_file: Annotated[
        Path | None,
        typer.Option(
            help="File with the token that callers must know; by default it is new each time.", metavar="FILE"
        ),
    ] = None,
    no_open: Annotated[bool, typer.Option("--no-open", help="Leave the page closed.")] = False,
    weights: ModelWeights = None,
    device: Device = "auto",
    out: Annotated[
        Path, typer.Option(help="Folder of the runs the model is looked for in.", metavar="FOLDER")
    ] = Path("reports"),
) -> None:
    """Open a page on this computer to drop pictures on: each gets its verdict, and why.

    Nothing of them is kept. Other programs ask by `PUT /v1/predict` (docs/serve.md).
    """
    from styleid.serve.server import ServeOptions
    from styleid.serve.server import serve as run_server

    def tell(opened: Opened) -> None:
        if opened.warning:
            warn(opened.warning)
        say(f"Drop pictures on {opened.link}")
        say("Ctrl-C ends it.")
        if not no_open and somebody_watches():
            webbrowser.open(opened.link)

    found = find_model(model, out)
    run_server(
        ServeOptions(
            model=found, weights=weights, device=device, host=host, port=port, token_file=token_file
        ),
        tell,
    )
    warn("ended; nothing that was sent is kept")
