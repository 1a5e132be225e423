"""``styleid baseline small-cnn``: the small network from scratch, in the folds of the heads."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from styleid.cli.options import Json, Manifest, Out, Seed, SkipSmall, Store, Target, Where
from styleid.cli.progress import stage_bar
from styleid.cli.words import number, say, say_json, table, warn

if TYPE_CHECKING:
    from styleid.runs.desk import Run

SHOWN = ("accuracy", "balanced_accuracy", "macro_f1")


def small_cnn(
    epochs: Annotated[
        int | None, typer.Option(min=1, help="Passes over the pictures; by default 60.")
    ] = None,
    quick: Annotated[bool, typer.Option("--quick", help="Few epochs: to see it work.")] = False,
    manifest: Manifest = Path("data/manifest.csv"),
    store: Store = Path("data/vectors"),
    out: Out = Path("reports"),
    name: Annotated[str, typer.Option(help="Name of the run.")] = "small-cnn",
    folds: Annotated[int, typer.Option(min=2, help="Number of folds.")] = 5,
    target: Target = None,
    where: Where = None,
    skip_small: SkipSmall = False,
    space: Annotated[
        str | None, typer.Option(help="Vectors that find near-duplicates; by default those embedded last.")
    ] = None,
    seed: Seed = 0,
    jobs: Annotated[
        int | None, typer.Option(min=1, help="Folds worked on at a time; by default one a core.")
    ] = None,
    json: Json = False,
) -> None:
    """Train a small network on the pictures themselves, in the folds of `fit`.

    After a kill the same command goes on with the folds that are left.
    """
    from styleid.studies.small_cnn.record import BaselineOptions
    from styleid.studies.small_cnn.run import baseline_small_cnn

    options = BaselineOptions(epochs, quick, folds, target, where, skip_small, space, seed)
    with stage_bar("small-cnn", "done") as progress:
        run = baseline_small_cnn(options, manifest, store, out, name, jobs, progress)
    if json:
        say_json({"folder": str(run.folder), "report": str(run.page), **run.result})
    else:
        _show(run)


def _show(run: Run) -> None:
    result = run.result
    for note in result["notes"]:
        warn(note)
    say(
        f"{result['head']} on {result['n_images']:,} pictures, {len(result['labels'])} labels, "
        f"{result['n_groups']:,} groups; 95 % intervals over groups"
    )
    beside = {of["run"]: of["metrics"] for of in result["beside"]}
    rows = {result["run"]: result["metrics"], **beside, **result["baselines"]}
    header = ("", *(metric.replace("_", " ") for metric in SHOWN))
    table(header, [(who, *(number(metrics[m]) for m in SHOWN)) for who, metrics in rows.items()])
    say(f"took {result['timing_seconds']['total']:.0f} s; report: {run.page}")
