"""Give every picture of a manifest a made-up vector, as if it had been embedded.

Usage: python -m bench.pretend FOLDER, which holds manifest.csv and the store vectors with one space.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

from styleid.data.manifest.table import read_manifest
from styleid.vectors.store.space import find_space
from styleid.vectors.store.store import SpaceStore

SHARD = 2048


def main() -> None:
    """Fill the store."""
    folder = Path(sys.argv[1])
    manifest = read_manifest(folder / "manifest.csv")
    root = folder / "vectors"
    store = SpaceStore(root, find_space(root))
    known = store.known()
    wanted = [(row.sha256, "center") for row in manifest.rows if (row.sha256, "center") not in known]
    chance = np.random.default_rng(0)
    for start in range(0, len(wanted), SHARD):
        keys = wanted[start : start + SHARD]
        vectors = chance.standard_normal((len(keys), store.space.dim), dtype=np.float32)
        store.append(keys, vectors, {})


if __name__ == "__main__":
    main()
