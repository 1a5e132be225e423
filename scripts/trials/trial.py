"""What a candidate is handed: one set on folds of one seed, and what was computed on them already."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from styleid import EmbedOptions, FitOptions, embed, grouped_folds, make_table
from styleid.data.manifest.table import read_manifest
from styleid.evaluate.crossval import Predictions, cross_validate
from styleid.evaluate.table import Fold, Table
from styleid.heads.base import Head, get_head
from styleid.rows.training_set import training_set
from styleid.vectors.store.space import find_space
from styleid.vectors.store.store import SpaceStore

BACKBONE, FOLDS = "resnet18-style", 5
#: Most pictures of a set: whole components are drawn where there are more.
MOST = 420
DEMO = Path(__file__).resolve().parents[2] / "data" / "images"
T = TypeVar("T")


@dataclass(frozen=True, eq=False)
class Trial:
    """One set on one division into folds; every candidate of a choice sees the same."""

    name: str
    table: Table
    seed: int
    folds: list[Fold]
    known: dict[str, Any] = field(default_factory=dict)
    data: Path = Path()  # where its pictures are

    def once(self, key: str, make: Callable[[], T]) -> T:
        """Return what was made under a key before, or make it: candidates share what costs time."""
        if key not in self.known:
            self.known[key] = make()
        result: T = self.known[key]
        return result

    def predictions(self, head: Head | str) -> Predictions:
        """Return out-of-fold scores of a head, searched by its grid and not calibrated."""
        head = get_head(head) if isinstance(head, str) else head
        make = partial(cross_validate, head, self.table, self.folds, seed=self.seed)
        return self.once(f"predictions {head.name}", make)


Candidate = Callable[[Trial], dict[str, float]]


@dataclass(frozen=True)
class Choice:
    """One default under judgement: today's way and others, tried on the same folds.

    `metrics` says of each number that a candidate returns whether more is better (1), less is (-1), or
    neither (0): such are shown, not judged.
    """

    asks: str
    baseline: str
    candidates: Mapping[str, Candidate]
    metrics: Mapping[str, int]


def load_table(data: Path, name: str) -> Table:
    """Return a set's vectors, labels and components; pictures are embedded once, vectors are kept.

    ``NAME~uneven`` is the same set with fewer and fewer pictures from label to label.
    """
    name, _, uneven = name.partition("~")
    kept = data / "tables" / f"{name}.npz"
    if not kept.exists():
        work = data / "embedded" / name
        folder = DEMO if name == "demo" else data / "pictures" / name
        embed(folder, work / "manifest.csv", work / "vectors", EmbedOptions(BACKBONE))
        store = SpaceStore(work / "vectors", find_space(work / "vectors"))
        options = FitOptions(seed=0, skip_small=True)
        found = training_set(read_manifest(work / "manifest.csv"), store, options)
        kept.parent.mkdir(parents=True, exist_ok=True)
        part = kept.with_suffix(".part.npz")
        np.savez(part, X=found.X, y=found.y, components=found.components)
        part.replace(kept)
    with np.load(kept) as arrays:
        table = make_table(arrays["X"], arrays["y"], arrays["components"])
    return table.take(tried_rows(table, bool(uneven)))


def tried_rows(table: Table, uneven: bool) -> np.ndarray[Any, np.dtype[np.int64]]:
    """Return the rows of a whole set that are tried."""
    rows = fewer_rows(table)
    return rows[uneven_rows(table.take(rows))] if uneven else rows


def fewer_rows(table: Table) -> np.ndarray[Any, np.dtype[np.int64]]:
    """Draw whole components, the same on every machine, until there are `MOST` pictures."""
    order = np.random.default_rng(0).permutation(np.unique(table.components))
    sizes = np.array([np.sum(table.components == one) for one in order])
    chosen = order[: max(2, int(np.searchsorted(np.cumsum(sizes), MOST, side="right")))]
    return np.flatnonzero(np.isin(table.components, chosen))


def uneven_rows(table: Table) -> np.ndarray[Any, np.dtype[np.int64]]:
    """Keep all pictures of one label, a sixth of another's, and a share between of the others'."""
    rng, kept = np.random.default_rng(0), []
    shares = np.geomspace(1, 1 / 6, len(table.labels))
    for label, share in zip(rng.permutation(table.labels), shares, strict=True):
        rows = rng.permutation(np.flatnonzero(table.y == label))
        kept.append(rows[: max(4, round(share * len(rows)))])
    return np.sort(np.concatenate(kept))


def make_trial(table: Table, name: str, seed: int, data: Path = Path()) -> Trial:
    """Cut a set into grouped folds."""
    folds, _ = grouped_folds(table.y, table.components, FOLDS, seed)
    return Trial(name, table, seed, folds, data=data)
