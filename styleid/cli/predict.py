"""``styleid predict``: say whose hand a picture is."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from styleid.cli.options import Json
from styleid.cli.words import say_json, table, warn


def predict(
    pictures: Annotated[
        list[Path], typer.Argument(help="Pictures, or folders of them.", metavar="PICTURES...")
    ],
    model: Annotated[Path, typer.Option(help="A model.styleid, or the folder of its run.", metavar="FILE")],
    top: Annotated[int, typer.Option(min=1, help="How many labels to show a picture.")] = 3,
    weights: Annotated[
        Path | None, typer.Option(help="The weights the vectors were made with, if not the backbone's own.")
    ] = None,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda or mps.")] = "auto",
    json: Json = False,
) -> None:
    """Rank the labels of a model for each picture."""
    from styleid.model.bundle import load_bundle
    from styleid.model.predict import predict as judge

    bundle = load_bundle(model / "model.styleid" if model.is_dir() else model)
    verdicts = judge(bundle, pictures, weights, device)
    if json:
        say_json([verdict.plain() for verdict in verdicts])
    else:
        ranks = min(top, len(bundle.labels))
        table(
            ("picture", *(f"{rank + 1}." for rank in range(ranks))),
            [
                (v.path, *(f"{label} {p:.2f}" for label, p in list(v.scores.items())[:ranks]))
                for v in verdicts
                if v.error is None
            ],
            indent="",
        )
        if not bundle.calibrated:
            warn(f"the numbers rank the labels; those of {bundle.head} are not calibrated probabilities")
    failures = [v for v in verdicts if v.error is not None]
    for verdict in failures:
        warn(f"{verdict.path}: {verdict.error}")
    if failures:
        raise typer.Exit(1)
