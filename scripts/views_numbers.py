"""Measure what descriptors, views and pooling are worth on the demo, and put the table into docs/views.md.

Usage: python scripts/views_numbers.py [work folder]

Embeds data/images with every descriptor and view into the work folder (by default reports/views) and scores
each choice by the same grouped folds. Each score is noted at once: a second call goes on where one stopped.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from styleid.data.manifest.table import read_manifest
from styleid.evaluate.bootstrap import metrics_with_intervals
from styleid.evaluate.crossval import Predictions, cross_validate
from styleid.evaluate.resample import plain
from styleid.evaluate.splits import grouped_folds
from styleid.evaluate.table import make_table
from styleid.files import write_atomic
from styleid.heads.base import get_head
from styleid.heads.voting import voting_head
from styleid.questions.leakage.measure import leakage_gap
from styleid.rows.selection import FitOptions
from styleid.rows.training_set import TrainingSet, training_set
from styleid.runs.embed import embed
from styleid.vectors.embed.embed import EmbedOptions
from styleid.vectors.pooling import pool_views
from styleid.vectors.store.space import find_space
from styleid.vectors.store.store import SpaceStore
from styleid.vectors.transformer import Embedder

IMAGES, PAGE = Path("data/images"), Path("docs/views.md")
BEGIN, END = "<!-- numbers: scripts/views_numbers.py -->", "<!-- end of numbers -->"
DESCRIPTORS = ("avgpool", "style")
VIEWS = ("center", "square", "fit", "center+fit", "grid:2@448", "grid:3@448", "square+grid:3@448")
#: Votes cost a head as many rows as there are views: only where somebody has claimed that they win.
VOTED = ("grid:2@448", "grid:3@448")
HEADS = ("lda", "svm")
TIMED, SEED, FOLDS = 96, 0, 5


class Choice(NamedTuple):
    """What is compared."""

    descriptor: str
    views: str
    pool: str
    head: str


#: What everything is compared with: the classical choice.
CLASSICAL = ("avgpool", "center", "mean")


def choices() -> Iterator[Choice]:
    """Yield what is scored, the classical choice first."""
    for head in HEADS:
        for descriptor in DESCRIPTORS:
            for views in VIEWS:
                yield Choice(descriptor, views, "mean", head)
    for descriptor in DESCRIPTORS:
        for views in VOTED:
            yield Choice(descriptor, views, "vote", HEADS[0])


def embed_all(work: Path) -> None:
    """Give every picture every vector, all descriptors in one pass."""
    options = EmbedOptions(views=tuple(every_view()), descriptors=DESCRIPTORS)
    embed(IMAGES, work / "manifest.csv", work / "vectors", options, progress=say)


def every_view() -> dict[str, None]:
    """Return each view once."""
    from styleid.data.views.names import parse_views

    return {name: None for views in VIEWS for name in parse_views(views)}


def say(stage: str, done: int, total: int) -> None:
    """Show how far the embedding is."""
    if done % 100 == 0 or done == total:
        print(f"{stage} {done}/{total}", file=sys.stderr)


def milliseconds(paths: list[Path], descriptor: str, views: str) -> float:
    """Return the processor time that a picture costs, in milliseconds."""
    embedder = Embedder(views=views, descriptor=descriptor)
    embedder.transform(paths[:8])
    begun = time.process_time()
    embedder.transform(paths)
    return 1000 * (time.process_time() - begun) / len(paths)


def score(choice: Choice, data: TrainingSet, store: SpaceStore) -> Predictions:
    """Cross-validate a head on what was chosen."""
    from styleid.data.views.names import parse_views

    views = parse_views(choice.views)
    X = pool_views(store.stack(data.manifest, views), choice.pool)
    head = get_head(choice.head)
    head = voting_head(head, len(views)) if choice.pool == "vote" else head
    folds, _ = grouped_folds(data.y, data.components, FOLDS, SEED)
    return cross_validate(
        head,
        make_table(X, data.y, data.components, data.labels),
        folds,
        seed=SEED,
        n_jobs=os.cpu_count() or 1,
    )


def row_of(choice: Choice, found: Predictions, classical: Predictions, data: TrainingSet) -> dict[str, Any]:
    """Return a row of the table."""
    difference = leakage_gap(found, classical, data.components, seed=SEED)
    return {
        **choice._asdict(),
        "balanced_accuracy": plain(
            metrics_with_intervals(found, data.components, SEED).metrics["balanced_accuracy"]
        ),
        "more": {"value": difference.gap, "low": difference.low, "high": difference.high},
        "fit_seconds": found.fit_seconds,
    }


def table(rows: list[dict[str, Any]], cost: dict[str, float]) -> str:
    """Return the rows as Markdown."""
    titles = [
        "descriptor",
        "views",
        "pool",
        "ms a picture",
        "head",
        "balanced accuracy",
        "more than classical",
    ]
    lines = ["| " + " | ".join(titles) + " |", "|---" * len(titles) + "|"]
    for row in rows:
        interval = "{value:.3f} ({low:.3f} to {high:.3f})".format(**row["balanced_accuracy"])
        more = "{:+.1f} points ({:+.1f} to {:+.1f})".format(
            *(100 * row["more"][k] for k in ("value", "low", "high"))
        )
        cells = [row["descriptor"], f"`{row['views']}`", row["pool"]]
        cells += [f"{cost[row['descriptor'] + ' ' + row['views']]:.0f}", f"`{row['head']}`", interval]
        lines.append("| " + " | ".join([*cells, more]) + " |")
    return "\n".join(lines)


def main() -> None:
    """Embed, score, write."""
    work = Path(sys.argv[1] if len(sys.argv) > 1 else "reports/views")
    noted = work / "noted.json"
    embed_all(work)
    manifest = read_manifest(work / "manifest.csv")
    stores = {name: SpaceStore(work / "vectors", find_space(work / "vectors", name)) for name in DESCRIPTORS}
    # The same pictures and components for all: those of the classical choice.
    options = FitOptions(views="center", space="avgpool", seed=SEED)
    data = training_set(manifest, stores["avgpool"], options)
    known = json.loads(noted.read_bytes()) if noted.exists() else {"cost": {}, "rows": []}
    paths = [manifest.file(row) for row in manifest.rows[:: max(1, len(manifest) // TIMED)]]
    for descriptor in DESCRIPTORS:
        for views in VIEWS:
            key = f"{descriptor} {views}"
            if key not in known["cost"]:
                known["cost"][key] = milliseconds(paths, descriptor, views)
                write_atomic(noted, json.dumps(known, indent=1))
    classical: dict[str, Predictions] = {}
    done = {tuple(row[field] for field in Choice._fields) for row in known["rows"]}
    for choice in choices():
        if choice in done:
            continue
        if choice.head not in classical:
            first = Choice(*CLASSICAL, choice.head)
            classical[choice.head] = score(first, data, stores[first.descriptor])
        found = score(choice, data, stores[choice.descriptor])
        known["rows"].append(row_of(choice, found, classical[choice.head], data))
        write_atomic(noted, json.dumps(known, indent=1))
        print(json.dumps(known["rows"][-1]), file=sys.stderr)
    text = PAGE.read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    content = table(sorted(known["rows"], key=lambda row: -row["balanced_accuracy"]["value"]), known["cost"])
    PAGE.write_text(f"{before}{BEGIN}\n{content}\n{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    main()
