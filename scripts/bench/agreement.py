"""Whether peers compute the same vectors."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bench.contenders import Contender
from bench.workplace import Workplace


def cosines(a: NDArray[np.float32], b: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return the cosine of each row of one array (n, dim) with the same row of another."""
    a, b = a.astype(np.float64), b.astype(np.float64)
    lengths = np.linalg.norm(a, axis=1) * np.linalg.norm(b, axis=1)
    return np.asarray((a * b).sum(1) / lengths)


def agreement(
    place: Workplace, contenders: Sequence[Contender], names: Sequence[str]
) -> dict[str, dict[str, dict[str, float]]]:
    """Compare everyone's vectors with those of the first variant of styleid.

    Returns
    -------
    dict
        Set -> contender -> ``median`` and ``lowest`` cosine over the pictures.
    """
    found: dict[str, dict[str, dict[str, float]]] = {}
    reference = next(one for one in contenders if one.variant)
    for name in names:
        files, expected = stored(place.store(reference, name))
        for one in contenders:
            if one.variant and place.store(one, name).exists():
                others, vectors = stored(place.store(one, name))
                assert others == files
            elif one.peer and place.vectors(one, name).exists():
                vectors = np.load(place.vectors(one, name))
            else:
                continue
            measured = cosines(expected, vectors)
            told = {"median": float(np.median(measured)), "lowest": float(measured.min())}
            found.setdefault(name, {})[one.name] = told
    return found


def stored(folder: Path) -> tuple[list[str], NDArray[np.float32]]:
    """Return pictures and vectors of a store that `Workplace.styleid` made, sorted by path."""
    from styleid.data.manifest.table import read_manifest
    from styleid.data.views.names import CENTER
    from styleid.vectors.store.space import find_space
    from styleid.vectors.store.store import SpaceStore

    manifest = read_manifest(folder / "manifest.csv")
    root = folder / "vectors"
    vectors = SpaceStore(root, find_space(root)).matrix(manifest, CENTER)
    order = sorted(range(len(manifest)), key=lambda i: manifest.rows[i].path)
    return [Path(manifest.rows[i].path).name for i in order], vectors[order]
