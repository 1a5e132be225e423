"""``styleid info``: what is here."""

from __future__ import annotations

from pathlib import Path

from styleid.cli.options import Json, Out, Store
from styleid.cli.words import number, say, say_json, table, warn


def info(
    store: Store = Path("data/vectors"),
    out: Out = Path("reports"),
    json: Json = False,
) -> None:
    """Show the vectors in the store, the runs, the audit and the comparisons."""
    from styleid.runs.listing import finished_audits, finished_runs, stored_spaces

    spaces, runs, audits = stored_spaces(store), finished_runs(out), finished_audits(out)
    if json:
        say_json({"spaces": spaces, "runs": runs, "audits": audits})
        return
    for entry in [*spaces, *runs, *audits]:
        if "error" in entry:
            warn(str(entry["error"]))
    say(f"vectors in {store}: " + ("" if spaces else "none yet; run `styleid embed FOLDER`"))
    table(
        ("space", "vectors", "failures", "MB", ""),
        [
            (
                s["space"],
                s["n_vectors"],
                s["n_failures"],
                f"{s['megabytes']:.1f}",
                "in use" if s["current"] else "",
            )
            for s in spaces
            if "error" not in s
        ],
    )
    say(f"runs in {out}: " + ("" if runs else "none yet; run `styleid fit --head svm`"))
    table(
        ("run", "head", "views", "pictures", "labels", "balanced accuracy", "made"),
        [
            (
                r["run"],
                r["head"],
                r["looked_at"],
                r["n_images"],
                r["labels"],
                number(r["balanced_accuracy"]),
                r["created"],
            )
            for r in runs
            if "error" not in r
        ],
    )
    table(
        ("of all heads", "pictures", "says", "made"),
        [(a["run"], a["n_images"], a["says"], a["created"]) for a in audits if "error" not in a],
    )
