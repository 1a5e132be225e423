"""``styleid predict``: say whose hand a picture is."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from styleid.cli.options import Device, Json, Model, ModelWeights
from styleid.cli.words import say_json, table, warn

if TYPE_CHECKING:
    from styleid.model.contents import Bundle
    from styleid.model.verdict import Verdict


def predict(
    pictures: Annotated[
        list[Path], typer.Argument(help="Pictures, or folders of them.", metavar="PICTURES...")
    ],
    model: Model,
    top: Annotated[int, typer.Option(min=1, help="How many labels to show a picture.")] = 3,
    coverage: Annotated[
        float | None,
        typer.Option(
            help="Also give the set of labels that holds the true one at this rate.", metavar="RATE"
        ),
    ] = None,
    weights: ModelWeights = None,
    device: Device = "auto",
    json: Json = False,
) -> None:
    """Say whose hand each picture is by, or `unknown`."""
    from styleid.model.bundle import load_model
    from styleid.model.predict import predict as judge

    bundle = load_model(model)
    verdicts = judge(bundle, pictures, weights, device, coverage)
    if json:
        say_json([verdict.plain() for verdict in verdicts])
    else:
        _show(bundle, verdicts, top, coverage)
    _end_with(verdicts)


def _end_with(verdicts: list[Verdict]) -> None:
    """Name the pictures that could not be judged; if there are any, the command fails."""
    failures = [verdict for verdict in verdicts if verdict.error is not None]
    for verdict in failures:
        warn(f"{verdict.path}: {verdict.error}")
    if failures:
        raise typer.Exit(1)


def _show(bundle: Bundle, verdicts: list[Verdict], top: int, coverage: float | None) -> None:
    """Print a row a picture, and what the numbers in it are."""
    from styleid.model.words import explain, write_verdict
    from styleid.report.numbers import write_score

    ranks = min(top, len(bundle.labels))
    header = ["picture", "verdict", *(f"{rank + 1}." for rank in range(ranks))]
    if coverage is not None:
        header.append(f"one of, at {100 * coverage:g} %")
    rows = [
        (
            verdict.path,
            write_verdict(verdict),
            *(f"{label} {write_score(score)}" for label, score in list(verdict.scores.items())[:ranks]),
            *([] if verdict.label_set is None else [", ".join(verdict.label_set)]),
        )
        for verdict in verdicts
        if verdict.error is None
    ]
    table(header, rows, indent="")
    for line in explain(bundle, coverage) if rows else ():
        warn(line)
