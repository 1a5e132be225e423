"""Sets for the audit: clean, or with one thing planted."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
from drawing import draw
from fitted import DIM, Workspace
from PIL import Image

from styleid.data.manifest.table import Row

Edit = Callable[[Image.Image], Image.Image]


class Checked(Workspace):
    """A manifest, a store and a picture for every row; nothing of it gives a label away but the vectors."""

    def __init__(self, root: Path, seed: int = 0, n: int = 24, signal: float = 3.0) -> None:
        super().__init__(root, n=n, seed=seed)
        rng = np.random.default_rng(seed)
        self.points = rng.normal(size=(len(self.rows), DIM)).astype(np.float32)
        for i, row in enumerate(self.rows):
            self.points[i, ("ann", "bob", "cy").index(row.label)] += signal
            self.picture(row.path, i + 1000 * seed)

    def write(self) -> None:
        """Put rows and vectors on disk; those of an earlier call must not answer for the same keys."""
        shutil.rmtree(self.vectors, ignore_errors=True)
        self.rows = [replace(row, sha256=self._digest(row)) for row in self.rows]
        super().write()

    def _digest(self, row: Row) -> str:
        file = self.root / row.path
        return hashlib.sha256(file.read_bytes()).hexdigest() if file.is_file() else row.sha256

    def picture(self, path: str, seed: int, size: tuple[int, int] = (64, 64)) -> None:
        draw(self.root / path, seed, style=2, size=size)

    def twin(self, of: int, label: str, group: str = "", edit: Edit = lambda picture: picture) -> None:
        """Add a copy of a picture, edited and saved anew as a JPEG, under some label."""
        row = self.rows[of]
        name = f"{label}/twin-{len(self.rows)}.jpg"
        edit(Image.open(self.root / row.path)).save(self.root / "images" / name, quality=90)
        copy = replace(row, image_id=name, path=f"images/{name}", label=label, group=group)
        self.rows.append(replace(copy, sha256=f"{len(self.rows) + 10_000:064x}"))
        rng = np.random.default_rng(of)
        near = self.points[of] + rng.normal(0, 0.05, DIM).astype(np.float32)
        self.points = np.vstack([self.points, near]).astype(np.float32)
