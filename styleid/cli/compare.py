"""``styleid compare``: several heads on the same folds, and which of them to take."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from styleid.cli import options as ask
from styleid.cli.progress import progress_bar
from styleid.cli.words import metric_table, say, tell
from styleid.heads.base import REGISTRY


def compare(
    heads: Annotated[
        str, typer.Option(help="Names of `styleid heads`, with commas between them.", metavar="NAMES")
    ] = ",".join(REGISTRY),
    manifest: ask.Manifest = None,
    store: ask.Store = None,
    out: ask.Out = None,
    name: Annotated[
        str | None, typer.Option(help="Name of the comparison; by default made from what is asked.")
    ] = None,
    folds: ask.Folds = 5,
    repeats: Annotated[int, typer.Option(min=1, help="How often the folds are made anew.")] = 3,
    target: ask.Target = None,
    where: ask.Where = None,
    skip_small: ask.SkipSmall = False,
    space: ask.Spaces = None,
    seed: ask.Seed = 0,
    views: ask.Views = None,
    pool: ask.Pool = "mean",
    jobs: ask.Jobs = None,
    json: ask.Json = False,
    folder: ask.Folder = None,
) -> None:
    """Compare heads on the same folds: which to take.

    Scores them, tests them pair by pair, and writes reports/compare/. After a kill the same command goes on
    where it was.
    """
    from styleid.runs.compare.record import CompareOptions
    from styleid.runs.compare.run import compare as run_compare

    place = ask.find_place(manifest, store, out, folder)
    options = CompareOptions(
        heads=ask.names_in(heads),
        folds=folds,
        repeats=repeats,
        target=target,
        where=where,
        skip_small=skip_small,
        space=ask.joined(space),
        seed=seed,
        views=views,
        pool=pool,
    )
    with progress_bar("heads on folds", "tasks") as progress:
        run = run_compare(options, *place[:3], name, jobs, progress)
    tell(run, json, _show, page="page")


def _show(result: Mapping[str, Any]) -> None:
    say(
        f"{len(result['heads'])} heads on {result['n_images']:,} pictures, {len(result['labels'])} labels, "
        f"{result['n_groups']:,} groups; {result['n_folds']} folds x {result['n_repeats']}, "
        "95 % intervals by Nadeau and Bengio"
    )
    heads = result["results"].items()
    metric_table(
        ("balanced_accuracy", "accuracy", "macro_f1"),
        {name: head["metrics"] for name, head in heads},
        processor=[f"{head['cpu_seconds']:.0f} s" for _, head in heads],
    )
    for sentence in result["recommended"]["words"]:
        say(sentence)
