"""``styleid study forgetting``: one model retrained from label to label, or one a label."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from styleid.cli.options import (
    Jobs,
    Json,
    Manifest,
    Out,
    Seed,
    SkipSmall,
    Space,
    Store,
    Where,
    find_place,
    names_in,
)
from styleid.cli.progress import stage_bar
from styleid.cli.words import say, tell


def forgetting(
    labels: Annotated[
        str, typer.Option(help="Labels in the order to learn them, with commas between.", metavar="NAMES")
    ],
    learner: Annotated[
        str,
        typer.Option(
            help="dense (the head on cached vectors), cnn (the small network, slow), or both.", metavar="NAME"
        ),
    ] = "dense",
    seeds: Annotated[
        int | None, typer.Option(min=1, help="Repeats; by default 20 for dense, 3 for cnn.")
    ] = None,
    orders: Annotated[
        int | None, typer.Option(min=1, help="Orders at most; by default all up to 4 labels, else 24.")
    ] = None,
    positives: Annotated[
        int, typer.Option(min=2, help="Pictures of a label, and of others, to train and test.")
    ] = 150,
    epochs: Annotated[int | None, typer.Option(min=1, help="Of the cnn; by default 60.")] = None,
    quick: Annotated[
        bool, typer.Option("--quick", help="Fewer seeds, orders and epochs: to see it work.")
    ] = False,
    shared_others: Annotated[
        bool, typer.Option("--shared-others", help="The same others for all, of labels that are not studied.")
    ] = False,
    manifest: Manifest = None,
    store: Store = None,
    out: Out = None,
    name: Annotated[str, typer.Option(help="Name of the run.")] = "study-forgetting",
    where: Where = None,
    skip_small: SkipSmall = False,
    space: Space = None,
    seed: Seed = 42,
    jobs: Jobs = None,
    json: Json = False,
) -> None:
    """Retrain one network from label to label, to see if it forgets.

    Beside it: one network a label, and one joint network. After a kill the same command goes on where it was.
    """
    from styleid.studies.forgetting.record import ForgettingOptions
    from styleid.studies.forgetting.run import study_forgetting

    place = find_place(manifest, store, out)
    options = ForgettingOptions(
        labels=names_in(labels),
        learner=learner,
        seeds=seeds,
        seed=seed,
        orders=orders,
        positives=positives,
        epochs=epochs,
        quick=quick,
        shared_others=shared_others,
        where=where,
        space=space,
        skip_small=skip_small,
    )
    with stage_bar("forgetting", "trainings") as progress:
        run = study_forgetting(options, *place[:3], name, jobs, progress)
    tell(run, json, _show, page="page")


def _show(result: Mapping[str, Any]) -> None:
    say(result["headline"])
    for answer in result["answers"]:
        say(f"{answer['question']} ({answer['learner']}) {answer['verdict']}")
        say(f"  {answer['answer']}")
