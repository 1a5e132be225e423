"""A manifest and a store of made-up vectors, for tests of what comes after embedding."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path

import numpy as np
from drawing import draw

from styleid import FitOptions, Run, fit
from styleid.data.manifest.table import Manifest, Row, write_manifest
from styleid.data.views.names import DEFAULT_VIEW
from styleid.vectors.store.space import Space, write_current
from styleid.vectors.store.store import SpaceStore

DIM = 12


class Workspace:
    """Everything `styleid.runs.fit.run.fit` starts from, in one folder."""

    def __init__(
        self, root: Path, labels: tuple[str, ...] = ("ann", "bob", "cy"), n: int = 20, seed: int = 0
    ) -> None:
        self.root = root
        self.manifest, self.vectors, self.out = root / "manifest.csv", root / "vectors", root / "reports"
        rng = np.random.default_rng(seed)
        rows, points = [], []
        for k, label in enumerate(labels):
            for i in range(n):
                name = f"{label}/{i:02}.png"
                points.append(rng.normal(0, 1, DIM) + 2.0 * np.eye(DIM)[k])
                rows.append(
                    Row(name, f"images/{name}", label, f"{label}/{i // 2}", sha256=f"{len(rows):064x}")
                )
        self.rows, self.points = rows, np.array(points, dtype=np.float32)
        for i, row in enumerate(rows[:: max(1, n // 4)]):
            draw(root / row.path, seed=i, style=i % 3, size=(24, 24))
        self.write()

    def write(self) -> None:
        """Put rows and vectors on disk."""
        write_manifest(Manifest(tuple(self.rows), self.root), self.manifest)
        space = Space(
            {
                "backbone": "toy",
                "layer": "toy layer",
                "weights_digest": "0" * 64,
                "dim": DIM,
                "seed": len(self.rows),
            }
        )
        # Shards are never written over: of two with one key either may be read.
        shutil.rmtree(self.vectors, ignore_errors=True)
        store = SpaceStore(self.vectors, space)
        store.create()
        store.append([(row.sha256, DEFAULT_VIEW) for row in self.rows], self.points, {})
        write_current(self.vectors, space, automatic=False, views=DEFAULT_VIEW)
        self.store = store


def run(workspace: Workspace, name: str | None = None, n_jobs: int = 1, **options: object) -> Run:
    chosen = FitOptions(**{"head": "centroid", **options})
    return fit(chosen, workspace.manifest, workspace.vectors, workspace.out, name, n_jobs)


def predictions(done: Run) -> list[dict[str, str]]:
    with open(done.folder / "predictions.csv", newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))
