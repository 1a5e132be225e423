"""``styleid fit``: score a head honestly, fit it on everything, write the report."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from styleid.cli import options as ask
from styleid.cli.progress import stage_bar
from styleid.cli.words import SHOWN, metric_table, say, tell


def fit(
    head: Annotated[str, typer.Option(help="A name of `styleid heads`.")] = "lda",
    manifest: ask.Manifest = None,
    store: ask.Store = None,
    out: ask.Out = None,
    name: Annotated[
        str | None, typer.Option(help="Name of the run; by default made from what is asked.")
    ] = None,
    protocol: Annotated[
        str, typer.Option(help="cv, or holdout: 64/16/20, or the manifest's own split.", metavar="NAME")
    ] = "cv",
    folds: Annotated[int, typer.Option(min=2, help="Number of folds for cv.")] = 5,
    target: ask.Target = None,
    one_vs_rest: Annotated[
        bool, typer.Option("--one-vs-rest", help="One independent model a label.")
    ] = False,
    where: ask.Where = None,
    skip_small: ask.SkipSmall = False,
    space: ask.Spaces = None,
    seed: ask.Seed = 0,
    false_alarm: Annotated[
        float,
        typer.Option(help="Share of pictures by known hands that may be called unknown.", metavar="RATE"),
    ] = 0.05,
    views: ask.Views = None,
    pool: ask.Pool = "mean",
    thumbnails: Annotated[
        bool, typer.Option("--thumbnails/--no-thumbnails", help="Whether the model carries small pictures.")
    ] = True,
    jobs: ask.Jobs = None,
    json: ask.Json = False,
    folder: ask.Folder = None,
) -> None:
    """Score a head and write its report.

    Cross-validates it on the vectors, fits it on all of them, and writes reports/RUN/ with the model.
    """
    from styleid.rows.selection import FitOptions
    from styleid.runs.fit.run import fit as run_fit

    place = ask.find_place(manifest, store, out, folder)
    options = FitOptions(
        head=head,
        protocol=protocol,
        folds=folds,
        target=target,
        one_vs_rest=one_vs_rest,
        where=where,
        skip_small=skip_small,
        space=ask.joined(space),
        seed=seed,
        false_alarm=false_alarm,
        views=views,
        pool=pool,
        thumbnails=thumbnails,
    )
    with stage_bar(head, "folds") as progress:
        run = run_fit(options, *place[:3], name, jobs, progress)
    tell(run, json, _show)


def _show(result: Mapping[str, Any]) -> None:
    from styleid.questions.scores.words import BASELINES, baselines_beside, write_headline
    from styleid.report.numbers import count_of
    from styleid.runs.fit.words import write_cautions, write_notes, write_summary, write_views

    say(
        f"{result['head']} on {count_of(result['n_images'], 'picture')}, "
        f"{count_of(len(result['labels']), 'label')}, {count_of(result['n_groups'], 'group')}; "
        f"{result['n_scored']:,} scored, 95 % intervals over groups"
    )
    if "+" in (spaces := result["options"]["space"] or ""):
        say(f"  a head of each of the spaces {spaces.replace('+', ' and ')}, scores averaged")
    if views := write_views(result):
        say(f"  views: {views}")
    naive = {f"{result['head']}, random folds": result["naive"]} if result["naive"] else {}
    unseen = result["held_out_sources"]
    sources = {f"{result['head']}, unseen sources": unseen["metrics"]} if unseen else {}
    # By their words: the nearest centroid is a head as well as a baseline.
    baselines = {BASELINES[name]: result["baselines"][name] for name in baselines_beside(result)}
    metric_table(SHOWN, {result["head"]: result["metrics"], **naive, **sources, **baselines})
    if stop := write_headline(result).stop:
        say(f"{stop}:")
    for sentence in [*write_cautions(result), *write_notes(result), *write_summary(result)]:
        say(f"  {sentence}")
