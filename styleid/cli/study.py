"""``styleid study``: the questions the seed projects asked, answered by repeated runs."""

from __future__ import annotations

import typer

from styleid.cli import study_forgetting

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
)


@app.callback()
def study() -> None:
    """Answer the questions of the seed projects on your pictures."""


app.command()(study_forgetting.forgetting)
