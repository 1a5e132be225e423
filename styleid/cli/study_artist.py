"""``styleid study artist``: one illustrator against all others, as the seed project did it and better."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from styleid.cli.options import Jobs, Json, Manifest, Out, Seed, Store, find_place
from styleid.cli.progress import stage_bar
from styleid.cli.words import metric_table, say, tell


def artist(
    target: Annotated[
        str | None, typer.Option(help="The illustrator; by default noto.", metavar="LABEL")
    ] = None,
    manifest: Manifest = None,
    store: Store = None,
    out: Out = None,
    quick: Annotated[
        bool, typer.Option("--quick", help="Tiny pictures and two epochs: shows that it runs.")
    ] = False,
    seed: Seed = 0,
    jobs: Jobs = None,
    json: Json = False,
) -> None:
    """Answer the project that looked for one illustrator.

    Trains its three steps again on version 1 and 2 of the pictures, and writes reports/study-artist/.
    """
    from styleid.studies.artist.record import DEFAULT_TARGET, ArtistOptions, quick_options
    from styleid.studies.artist.run import study_artist

    place = find_place(manifest, store, out)
    make = quick_options if quick else ArtistOptions
    options = make(target=target or DEFAULT_TARGET, seed=seed)
    with stage_bar("study", "done") as progress:
        study = study_artist(options, *place[:3], jobs, progress)
    tell(study, json, _show, page="page")


def _show(result: Mapping[str, Any]) -> None:
    from styleid.studies.artist.words import find_step, on_division, write_artist_findings

    say(result["headline"])
    refined = find_step(result, "refined", "grouped")
    steps, heads = result["steps"], result["answer"]["heads"]
    seconds = [step["cpu_seconds"] for step in steps]
    seconds += [on_division(head, refined)["cpu_seconds"] for head in heads]
    metric_table(
        ("accuracy", "balanced_accuracy"),
        {f"{step['step']}, {step['version']}, {step['split']}": step["metrics"] for step in steps}
        | {f"{head['head']}, cached vectors, grouped": head["metrics"] for head in heads},
        processor_s=[f"{value:.1f}" for value in seconds],
    )
    for sentence in write_artist_findings(result):
        say(f"  {sentence}")
