"""``styleid baseline small-cnn``: the small network from scratch, in the folds of the heads."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from styleid.cli.options import (
    Folds,
    Jobs,
    Json,
    Manifest,
    Out,
    Seed,
    SkipSmall,
    Store,
    Target,
    Where,
    find_place,
)
from styleid.cli.progress import stage_bar
from styleid.cli.words import SHOWN, metric_table, say, tell


def small_cnn(
    epochs: Annotated[
        int | None, typer.Option(min=1, help="Passes over the pictures; by default 60.")
    ] = None,
    quick: Annotated[bool, typer.Option("--quick", help="Few epochs: to see it work.")] = False,
    manifest: Manifest = None,
    store: Store = None,
    out: Out = None,
    name: Annotated[str, typer.Option(help="Name of the run.")] = "small-cnn",
    folds: Folds = 5,
    target: Target = None,
    where: Where = None,
    skip_small: SkipSmall = False,
    space: Annotated[
        str | None, typer.Option(help="Vectors that find near-duplicates; by default those embedded last.")
    ] = None,
    seed: Seed = 0,
    jobs: Jobs = None,
    json: Json = False,
) -> None:
    """Train a small network on the pictures, in the folds of `fit`.

    After a kill the same command goes on with the folds that are left.
    """
    from styleid.studies.small_cnn.record import BaselineOptions
    from styleid.studies.small_cnn.run import baseline_small_cnn

    place = find_place(manifest, store, out)
    options = BaselineOptions(
        epochs=epochs,
        quick=quick,
        folds=folds,
        target=target,
        where=where,
        skip_small=skip_small,
        space=space,
        seed=seed,
    )
    with stage_bar("small-cnn", "done") as progress:
        run = baseline_small_cnn(options, *place[:3], name, jobs, progress)
    tell(run, json, _show)


def _show(result: Mapping[str, Any]) -> None:
    say(
        f"{result['head']} on {result['n_images']:,} pictures, {len(result['labels'])} labels, "
        f"{result['n_groups']:,} groups; 95 % intervals over groups"
    )
    from styleid.questions.scores.words import BASELINES

    words = {BASELINES[name]: metrics for name, metrics in result["baselines"].items()}
    beside = {other["run"]: other["metrics"] for other in result["beside"]}
    metric_table(SHOWN, {result["run"]: result["metrics"], **beside, **words})
