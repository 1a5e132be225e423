"""``styleid fit``: score a head honestly, fit it on everything, write the report."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from styleid.cli.options import (
    Jobs,
    Json,
    Manifest,
    Out,
    Pool,
    Seed,
    SkipSmall,
    Space,
    Store,
    Target,
    Views,
    Where,
)
from styleid.cli.progress import stage_bar
from styleid.cli.words import SHOWN, metric_table, say, tell


def fit(
    head: Annotated[str, typer.Option(help="A name of `styleid heads`.")] = "lda",
    manifest: Manifest = Path("data/manifest.csv"),
    store: Store = Path("data/vectors"),
    out: Out = Path("reports"),
    name: Annotated[
        str | None, typer.Option(help="Name of the run; by default made from what is asked.")
    ] = None,
    protocol: Annotated[
        str, typer.Option(help="cv, or holdout: 64/16/20, or the manifest's own split.", metavar="NAME")
    ] = "cv",
    folds: Annotated[int, typer.Option(min=2, help="Number of folds for cv.")] = 5,
    target: Target = None,
    one_vs_rest: Annotated[
        bool, typer.Option("--one-vs-rest", help="One independent model a label.")
    ] = False,
    where: Where = None,
    skip_small: SkipSmall = False,
    space: Space = None,
    seed: Seed = 0,
    false_alarm: Annotated[
        float,
        typer.Option(help="Share of pictures by known hands that may be called unknown.", metavar="RATE"),
    ] = 0.05,
    views: Views = None,
    pool: Pool = "mean",
    jobs: Jobs = None,
    json: Json = False,
) -> None:
    """Score a head and write its report.

    Cross-validates it on the vectors, fits it on all of them, and writes reports/RUN/ with the model.
    """
    from styleid.rows.selection import FitOptions
    from styleid.runs.fit.run import fit as run_fit

    options = FitOptions(
        head=head,
        protocol=protocol,
        folds=folds,
        target=target,
        one_vs_rest=one_vs_rest,
        where=where,
        skip_small=skip_small,
        space=space,
        seed=seed,
        false_alarm=false_alarm,
        views=views,
        pool=pool,
    )
    with stage_bar(head, "folds") as progress:
        run = run_fit(options, manifest, store, out, name, jobs, progress)
    tell(run, json, _show)


def _show(result: Mapping[str, Any]) -> None:
    from styleid.questions.scores.words import BASELINES, baselines_beside
    from styleid.runs.fit.words import write_cautions, write_notes, write_summary, write_views

    say(
        f"{result['head']} on {result['n_images']:,} pictures, {len(result['labels'])} labels, "
        f"{result['n_groups']:,} groups; {result['n_scored']:,} scored, 95 % intervals over groups"
    )
    if views := write_views(result):
        say(f"  views: {views}")
    naive = {f"{result['head']}, random folds": result["naive"]} if result["naive"] else {}
    unseen = result["held_out_sources"]
    sources = {f"{result['head']}, unseen sources": unseen["metrics"]} if unseen else {}
    # By their words: the nearest centroid is a head as well as a baseline.
    baselines = {BASELINES[name]: result["baselines"][name] for name in baselines_beside(result)}
    metric_table(SHOWN, {result["head"]: result["metrics"], **naive, **sources, **baselines})
    for sentence in [*write_cautions(result), *write_notes(result), *write_summary(result)]:
        say(f"  {sentence}")
