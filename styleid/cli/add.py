"""``styleid add``: teach a one-vs-rest model one label more."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from styleid.cli.options import (
    Device,
    Jobs,
    Json,
    Manifest,
    Model,
    ModelWeights,
    Store,
    find_model,
    find_place,
)
from styleid.cli.progress import stage_bar
from styleid.cli.scan import show_failures
from styleid.cli.words import metric_table, number, say, say_json, warn


def add(
    label: Annotated[str, typer.Argument(help="The new label.", metavar="LABEL")],
    folder: Annotated[Path, typer.Argument(help="Its pictures; a sub-folder is a group.", metavar="FOLDER")],
    model: Model,
    manifest: Manifest = None,
    store: Store = None,
    out: Annotated[
        Path | None,
        typer.Option(
            help="Write here; by default in place of the model, kept as *.previous.styleid.", metavar="FILE"
        ),
    ] = None,
    weights: ModelWeights = None,
    device: Device = "auto",
    jobs: Jobs = None,
    json: Json = False,
) -> None:
    """Teach a one-vs-rest model one label more.

    Learns LABEL from the pictures in FOLDER against those the model was made from; the others' heads stay.
    """
    from styleid.runs.add.run import AddOptions, add_label
    from styleid.runs.place import tried_by

    model = find_model(model)
    place = find_place(manifest, store, named=tried_by(model))
    with stage_bar(f"adding {label}", "steps") as progress:
        options = AddOptions(label=label, folder=folder, model=model, out=out, weights=weights, device=device)
        result = add_label(options, *place[:2], jobs, progress)
    if json:
        say_json(result)
    else:
        _show(result)


def _show(result: dict[str, Any]) -> None:
    for note in result["notes"]:
        warn(note)
    show_failures("without a vector", result["embedding"]["failures"])
    label, calibration = result["label"], result["calibration"]
    say(
        f"{label} against the rest: {result['n_images']:,} pictures in {result['n_groups']:,} groups, "
        f"{result['n_rest']:,} by others; each scored once, 95 % intervals over groups"
    )
    metric_table(
        ("balanced_accuracy", "precision", "recall", "roc_auc"),
        {label: result["metrics"]},
        calibration_error=[number(calibration["ece"])],
    )
    say(
        f"  a calibration error of {calibration['ece_if_perfect']:.3f} is what exact probabilities would show"
    )
    among = result["among_all"]
    by = max(among["claimed_by"], key=among["claimed_by"].get)
    most = f", most by {by}" if among["claimed_by"][by] else ""
    say(f"  named first among all labels: {number(among['named'])} of its pictures")
    say(
        f"  claimed by another head as well: {number(among['claimed'])}{most}; "
        "only `styleid fit --one-vs-rest` on all pictures tells other heads that they are not theirs"
    )
    say(f"{result['model']} knows {len(result['labels'])} labels; the heads of the others are as they were")
    if result["previous"] is not None:
        say(f"as it was before: {result['previous']}")
    say(
        f"for a later `styleid fit` the pictures must lie under the images, in a folder {label}; then run "
        "`styleid embed`"
    )
