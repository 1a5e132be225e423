"""A second space beside a workspace's own, and what both hold."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from fitted import DIM, Workspace

from styleid.data.manifest.table import read_manifest
from styleid.vectors.store.joint import open_store
from styleid.vectors.store.space import Space, write_current
from styleid.vectors.store.store import SpaceStore

HANDS = ("ann", "bob", "cy", "dot")


def second_space(workspace: Workspace, points: np.ndarray, **identity: Any) -> SpaceStore:
    """Give every picture a vector in a second space, which is embedded last."""
    dim = points.shape[1]
    parts = {"backbone": "second", "layer": "its end", "weights_digest": "1" * 64, "dim": dim, **identity}
    store = SpaceStore(workspace.vectors, Space(parts))
    store.create()
    store.append([(row.sha256, "square") for row in workspace.rows], points.astype(np.float32), {})
    write_current(workspace.vectors, store.space, automatic=False, views="square")
    return store


def halves(root: Path, n: int = 24) -> Workspace:
    """Four hands, of which the first space tells two from each other and the second the other two."""
    made = Workspace(root, HANDS, n=n)
    rng = np.random.default_rng(5)
    code = np.repeat(np.arange(4), n)
    # By the first space, dot is where cy is; by the second, longer by far, bob is where ann is.
    first = 2.2 * np.eye(DIM)[np.minimum(code, 2)]
    second = 2.2 * np.eye(5)[np.maximum(code, 1)]
    made.points = (rng.normal(0, 1, (len(code), DIM)) + first).astype(np.float32)
    made.write()
    second_space(made, 40 * (rng.normal(0, 1, (len(code), 5)) + second))
    return made


def vectors_of(manifest: Path, vectors: Path, spaces: str) -> tuple[np.ndarray, list[Path]]:
    """Return the vectors of the square of every picture, side by side, and the pictures' files."""
    table = read_manifest(manifest)
    X = open_store(vectors, spaces).stack(table, ["square"])[:, 0]
    return X, [table.file(row).resolve() for row in table.rows]


def look_at(workspace: Workspace, space: str, views: str) -> None:
    """Record that a space was embedded with these views last."""
    write_current(workspace.vectors, open_store(workspace.vectors, space).space, False, views)
