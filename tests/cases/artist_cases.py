"""A small set of two versions for the artist study: made-up pictures, and their vectors."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
from drawing import draw

from styleid.data.manifest.table import Manifest, Row, write_manifest
from styleid.data.views.names import CENTER, augmented_views
from styleid.vectors.store.space import Space, write_current
from styleid.vectors.store.store import SpaceStore

DIM = 6
N = 30  # pictures a label, in groups of three that span the labels


class ArtistSet:
    """Two labels; the first 20 pictures of each are version 1."""

    def __init__(self, root: Path, labels: tuple[str, str] = ("ann", "bob"), views: int = 1) -> None:
        self.manifest, self.vectors, self.out = root / "manifest.csv", root / "vectors", root / "reports"
        rng = np.random.default_rng(0)
        self.rows: list[Row] = []
        points: list[np.ndarray] = []
        for k, label in enumerate(labels):
            for i in range(N):
                name = f"{label}/{i:02}.png"
                draw(root / "images" / name, seed=100 * k + i, style=k, size=(40, 40))
                extra = {"version": "v1" if i < 20 else "v2"}
                self.rows.append(
                    Row(name, f"images/{name}", label, f"{i // 3}", sha256=f"{len(points):064x}", extra=extra)
                )
                points.append(rng.normal(0, 1, DIM) + 2.5 * np.eye(DIM)[k])
        write_manifest(Manifest(tuple(self.rows), root), self.manifest)
        space = Space({"backbone": "resnet18-style", "layer": "toy", "weights_digest": "0" * 64, "dim": DIM})
        store = SpaceStore(self.vectors, space)
        store.create()
        X = np.array(points, dtype=np.float32)
        for number, view in enumerate((CENTER, *augmented_views(views))):
            store.append([(row.sha256, view) for row in self.rows], X + np.float32(0.2 * number), {})
        write_current(self.vectors, space, automatic=True)

    def rewrite(self, **change: object) -> None:
        """Write the manifest again with every row changed."""
        rows = tuple(replace(row, **change) for row in self.rows)
        write_manifest(Manifest(rows, self.manifest.parent), self.manifest)
