"""``styleid export``: a model, its run or a store's vectors for other programs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from styleid.cli import options as ask
from styleid.cli.words import say, say_json, warn


def export(
    to: Annotated[
        str,
        typer.Option(
            "--to",
            help="Of a model: onnx, parquet (its run's pictures), card. Of a store: npy, parquet, projector.",
            metavar="KIND",
        ),
    ],
    what: Annotated[
        Path | None,
        typer.Argument(
            help="A model.styleid, the folder of its run, or a folder of vectors; by default the newest "
            "model, for npy and projector the vectors embedded last.",
            metavar="[MODEL|STORE]",
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(help="Where to write; by default in the run, or beside the store.", metavar="FILE"),
    ] = None,
    manifest: ask.Manifest = None,
    pictures: Annotated[
        list[Path] | None,
        typer.Option(
            "--pictures", help="onnx: also compare on these pictures, or folders of them.", metavar="PATH"
        ),
    ] = None,
    weights: ask.ModelWeights = None,
    space: ask.Space = None,
    views: ask.Views = None,
    where: ask.Where = None,
    json: ask.Json = False,
) -> None:
    """Write a model, what its run found, or vectors, for other programs."""
    from styleid.model.predict import pictures_in
    from styleid.rows.selection import Selection
    from styleid.runs.export.run import MODEL_KINDS, export_model, export_store, is_store
    from styleid.runs.place import DATA

    if is_store(what) if what is not None else to not in MODEL_KINDS:
        place = ask.find_place(manifest, what)
        table = place.manifest if manifest or what is None else what.parent / DATA.manifest.name
        selection = Selection(space=space, views=views, where=where)
        done = export_store(place.store, to, table, selection, out)
    else:
        model = ask.find_model(what)
        model = model / "model.styleid" if model.is_dir() else model
        asked = pictures_in(pictures, note=warn) if pictures else []
        done = export_model(model, to, out, manifest, asked, weights)
    for note in done.notes:
        warn(note)
    if json:
        say_json({"path": str(done.path), "notes": [*done.notes], **done.about})
    else:
        say(f"wrote {done.path}")
