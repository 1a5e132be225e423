"""``styleid check``: audit a set of pictures before anyone believes a score on it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from styleid.cli.options import Json, Manifest, Out, Seed, Space, Store, Views, Where
from styleid.cli.progress import progress_bar
from styleid.cli.words import number, say, say_json, table, warn

if TYPE_CHECKING:
    from styleid.runs.desk import Run


def check(
    manifest: Manifest = Path("data/manifest.csv"),
    store: Store = Path("data/vectors"),
    out: Out = Path("reports"),
    space: Space = None,
    where: Where = None,
    folds: Annotated[int, typer.Option(min=2, help="Number of folds.")] = 5,
    seed: Seed = 0,
    views: Views = None,
    jobs: Annotated[
        int | None, typer.Option(min=1, help="Files and folds worked on at a time; by default one a core.")
    ] = None,
    json: Json = False,
) -> None:
    """Look for duplicates, shortcuts and wrong labels, and write reports/check/."""
    from styleid.runs.check.run import CheckOptions
    from styleid.runs.check.run import check as run_check

    options = CheckOptions(folds, where, space, seed, views)
    with progress_bar("check: files", "files") as progress:
        found = run_check(options, manifest, store, out, jobs, progress)
    if json:
        say_json({"folder": str(found.folder), "report": str(found.folder / "check.html"), **found.result})
    else:
        _show(found)


def _show(found: Run) -> None:
    result = found.result
    for note in result["notes"]:
        warn(note)
    say(f"{result['verdict']} ({result['n_images']:,} pictures, {len(result['labels'])} labels).")
    for finding in result["findings"]:
        say(f"  {finding['severity']}: {finding['text']}")
    say("balanced accuracy, 95 % intervals over groups:")
    scored = {**{f"score {name}": of for name, of in result["scores"].items()}, **(result["shortcuts"] or {})}
    table(
        ("", "balanced accuracy"),
        [(name, number(of and of["balanced_accuracy"])) for name, of in scored.items()],
    )
    say(f"took {result['timing_seconds']['total']:.0f} s; report: {found.folder / 'check.html'}")
