"""``styleid similar``: the pictures of the store that are nearest to a picture."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from styleid.cli import options as ask
from styleid.cli.words import say, say_json, table, warn

if TYPE_CHECKING:
    from styleid.runs.similar.run import Similar


def similar(
    pictures: Annotated[
        list[Path], typer.Argument(help="Pictures, or folders of them.", metavar="PICTURES...")
    ],
    label: Annotated[
        str | None, typer.Option(help="Look only among the pictures of this label.", metavar="LABEL")
    ] = None,
    top: Annotated[int, typer.Option(min=1, help="How many to show a picture.")] = 12,
    sheet: Annotated[
        Path | None,
        typer.Option(help="Also write a page that shows them, such as near.html.", metavar="FILE"),
    ] = None,
    manifest: ask.Manifest = None,
    store: ask.Store = None,
    space: ask.Space = None,
    views: ask.Views = None,
    weights: ask.ModelWeights = None,
    device: ask.Device = "auto",
    json: ask.Json = False,
) -> None:
    """Show the pictures of the store that are nearest to each picture, and which are copies of it."""
    from styleid.model.predict import pictures_in
    from styleid.rows.embedded import embedded
    from styleid.rows.selection import Selection
    from styleid.runs.similar.page import expect_sheet, write_sheet
    from styleid.runs.similar.run import similar as find_similar

    if sheet is not None:
        expect_sheet(sheet)
    paths = pictures_in(pictures, note=warn)
    place = ask.find_place(manifest, store)
    known = embedded(place.manifest, place.store, Selection(space=space, views=views))
    answers, notes = find_similar(paths, known, label, top, weights, device)
    for note in (*known.notes, *notes):
        warn(note)
    if sheet is not None:
        write_sheet(sheet, answers)
        warn(f"sheet: {sheet}")
    if json:
        say_json([answer.plain() for answer in answers])
    else:
        _show(answers)
    failed = [answer for answer in answers if answer.error is not None]
    for answer in failed:
        warn(f"{answer.path}: {answer.error}")
    if failed:
        raise typer.Exit(1)


def _show(answers: list[Similar]) -> None:
    """Print a table a picture, and what its numbers are."""
    from styleid.runs.similar.page import COPIES, write_nearer

    judged = [answer for answer in answers if answer.error is None]
    for answer in judged:
        say(answer.path)
        rows = [
            (
                rank,
                one.image_id,
                one.label,
                COPIES.get(one.copy or "", ""),
                f"{one.cosine:.4f}",
                write_nearer(one),
            )
            for rank, one in enumerate(answer.nearest, 1)
        ]
        table(("", "picture", "label", "copy", "cosine", "nearer than"), rows)
    if judged:
        warn(
            "a cosine ranks, and is no percentage of likeness; nearer than: of 100 pairs of pictures by two "
            "different labels, so many lie farther apart"
        )
