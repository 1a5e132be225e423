"""A manifest with pictures that can be read and vectors that tell labels apart."""

from __future__ import annotations

from pathlib import Path

from drawing import draw
from fitted import Workspace


def studied(root: Path, n: int = 16) -> Workspace:
    """Make three labels of `n` pictures in groups of two, all of them on disk."""
    workspace = Workspace(root, n=n)
    for i, row in enumerate(workspace.rows):
        draw(root / row.path, seed=i, style=i // n, size=(24, 24))
    return workspace
