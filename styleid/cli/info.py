"""``styleid info``: what is here."""

from __future__ import annotations

from itertools import chain
from pathlib import Path
from typing import Any

from styleid.cli.options import Folder, Json, Out, Store, find_place
from styleid.cli.words import number, say, say_json, table, warn


def info(store: Store = None, out: Out = None, json: Json = False, folder: Folder = None) -> None:
    """Show what is in the store, and the finished runs."""
    from styleid.runs.listing import finished_audits, finished_runs, stored_spaces

    place = find_place(None, store, out, folder)
    spaces, runs = stored_spaces(place.store), finished_runs(place.out)
    audits = finished_audits(place.out)
    if json:
        say_json({"spaces": spaces, "runs": runs, "audits": audits})
        return
    _show(place.store, place.out, spaces, runs, audits)


def _show(store: Path, out: Path, *listed: list[dict[str, Any]]) -> None:
    for entry in chain(*listed):
        if "error" in entry:
            warn(str(entry["error"]))
    spaces, runs, audits = ([entry for entry in entries if "error" not in entry] for entries in listed)
    say(f"vectors in {store}: " + ("" if listed[0] else "none yet; run `styleid embed FOLDER`"))
    table(
        ("space", "vectors", "failures", "MB", ""),
        [
            (
                space["space"],
                space["n_vectors"],
                space["n_failures"],
                f"{space['megabytes']:.1f}",
                "in use" if space["current"] else "",
            )
            for space in spaces
        ],
    )
    say(f"runs in {out}: " + ("" if listed[1] else "none yet; run `styleid fit --head svm`"))
    cells = ("run", "head", "looked_at", "n_images", "labels")
    table(
        ("run", "head", "views", "pictures", "labels", "balanced accuracy", "made"),
        [(*(run[cell] for cell in cells), number(run["balanced_accuracy"]), run["created"]) for run in runs],
    )
    table(
        ("of all heads", "pictures", "says", "made"),
        [(audit["run"], audit["n_images"], audit["says"], audit["created"]) for audit in audits],
    )
