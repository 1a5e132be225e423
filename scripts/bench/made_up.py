"""Make a manifest, tiny pictures and a store of made-up vectors, to see how a fit grows.

Usage: PYTHONPATH=.:scripts python -m bench.made_up FOLDER LABELS PICTURES [DIM]

LABELS labels get PICTURES pictures each, two a group; the vectors have DIM (896) numbers. Then run
`styleid fit --manifest FOLDER/manifest.csv --store FOLDER/vectors --out FOLDER/reports`.
"""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from styleid.data.manifest.table import Manifest, Row, write_manifest
from styleid.data.views.names import DEFAULT_VIEW
from styleid.vectors.store.space import Space, write_current
from styleid.vectors.store.store import SpaceStore

SHARD = 2048
#: Pictures of one label share this many directions with those of all others; the rest is noise.
DIRECTIONS = 60


def main() -> None:
    """Make what the command line asks for."""
    folder, n_labels, each, *dim = sys.argv[1:]
    make(Path(folder), int(n_labels), int(each), *map(int, dim))


def make(folder: Path, n_labels: int, each: int, dim: int = 896, seed: int = 0) -> None:
    """Write everything a fit starts from; the same seed gives the same bytes."""
    chance = np.random.default_rng(seed)
    rows = []
    for label in range(n_labels):
        for i in range(each):
            name = f"label-{label:04}/{i:05}.png"
            content = _picture(folder / "images" / name, chance)
            rows.append(Row(name, f"images/{name}", f"label-{label:04}", f"{label}/{i // 2}", sha256=content))
    write_manifest(Manifest(tuple(rows), folder), folder / "manifest.csv")
    space = Space({"backbone": "made up", "layer": "made up", "weights_digest": "0" * 64, "dim": dim})
    store = SpaceStore(folder / "vectors", space)
    store.create()
    vectors = _vectors(np.repeat(np.arange(n_labels), each), dim, chance)
    for start in range(0, len(rows), SHARD):
        some = slice(start, start + SHARD)
        store.append([(row.sha256, DEFAULT_VIEW) for row in rows[some]], vectors[some], {})
    write_current(folder / "vectors", space, automatic=False, views=DEFAULT_VIEW)


def _vectors(label: NDArray[np.int64], dim: int, chance: np.random.Generator) -> NDArray[np.float32]:
    """Draw vectors that lie as those of drawings do: positive, near each other, few directions strong."""
    strong = chance.standard_normal((DIRECTIONS, dim)) / np.arange(1, DIRECTIONS + 1)[:, None] ** 0.5
    centre = chance.standard_normal((label.max() + 1, DIRECTIONS))
    place = 0.5 * centre[label] + chance.standard_normal((len(label), DIRECTIONS))
    vectors = 1.0 + 0.08 * place @ strong + 0.015 * chance.standard_normal((len(label), dim))
    return np.abs(vectors).astype(np.float32)


def _picture(path: Path, chance: np.random.Generator) -> str:
    """Write a small PNG of few flat fields, and return the digest of its bytes."""
    pixels = np.kron(chance.integers(0, 256, (6, 6, 3), dtype=np.uint8), np.ones((8, 8, 1), np.uint8))
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path)
    return hashlib.sha256(path.read_bytes()).hexdigest()


if __name__ == "__main__":
    main()
