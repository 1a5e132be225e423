"""``styleid check``: audit a set of pictures before anyone believes a score on it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from styleid.cli.options import (
    Folder,
    Folds,
    Jobs,
    Json,
    Manifest,
    Out,
    Seed,
    Space,
    Store,
    Views,
    Where,
    find_place,
)
from styleid.cli.progress import progress_bar
from styleid.cli.words import metric_table, say, tell


def check(
    manifest: Manifest = None,
    store: Store = None,
    out: Out = None,
    space: Space = None,
    where: Where = None,
    folds: Folds = 5,
    seed: Seed = 0,
    views: Views = None,
    jobs: Jobs = None,
    json: Json = False,
    folder: Folder = None,
) -> None:
    """Look for copies, shortcuts and wrong labels.

    Audits the pictures before you believe a score on them, and writes reports/check/.
    """
    from styleid.runs.check.run import CheckOptions
    from styleid.runs.check.run import check as run_check

    place = find_place(manifest, store, out, folder)
    options = CheckOptions(folds=folds, where=where, space=space, seed=seed, views=views)
    with progress_bar("check: files", "files") as progress:
        audit = run_check(options, *place[:3], jobs, progress)
    tell(audit, json, _show)


def _show(result: Mapping[str, Any]) -> None:
    from styleid.questions.shortcuts.words import name_witness
    from styleid.report.numbers import count_of
    from styleid.runs.check.page import SCORES

    labels = count_of(len(result["labels"]), "label")
    say(f"{result['verdict']} ({count_of(result['n_images'], 'picture')}, {labels}).")
    for finding in result["findings"]:
        say(f"  {finding['severity']}: {finding['text']}")
    say("balanced accuracy, 95 % intervals over groups:")
    heads = {SCORES[name]: metrics for name, metrics in result["scores"].items()}
    beside = {name_witness(name, metrics): metrics for name, metrics in (result["shortcuts"] or {}).items()}
    metric_table(("balanced_accuracy",), {**heads, **beside})
