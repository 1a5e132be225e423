"""The known pictures nearest to one, where hands differ and subjects do not, with hubs corrected.

Vectors are whitened within labels, as the detector of strangers keeps them. Some pictures are near to
everything; the correction takes from a cosine how near both sides are to their surroundings (cross-domain
similarity local scaling: Conneau et al. 2018, "Word Translation without Parallel Data").
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from styleid.rules.formulas import unit_rows
from styleid.rules.strangers import Detector, white_rows

#: Nearest pictures that say how near to everything a picture is, and rows measured at once.
SURROUNDING, BATCH = 10, 512
#: Nearest pictures that a place in the projection is made of.
PLACED_BY = 5


@dataclass(frozen=True, eq=False)
class Query:
    """One picture among the known ones."""

    nearness: NDArray[np.float64]  # (n,) to each, hubs corrected; minus infinity in its own component
    home: int | None  # the component it belongs to, where the model knows it


@dataclass(frozen=True, eq=False)
class Neighbours:
    """Known pictures with a column of the model's labels each."""

    detector: Detector
    columns: NDArray[np.int64]  # (n,)
    components: NDArray[np.int64]  # (n,)

    @cached_property
    def rows(self) -> NDArray[np.float32]:
        """The known pictures in whitened units, at length one: (n, dim)."""
        return unit_rows(self.detector.arrays["rows"].astype(np.float64)).astype(np.float32)

    @cached_property
    def hubs(self) -> NDArray[np.float64]:
        """How near each known picture is to its surroundings, without its own component: (n,)."""
        return np.concatenate([_surroundings(cosine) for _, cosine in self._others()])

    def cosines(self, vectors: NDArray[np.float32]) -> NDArray[np.float64]:
        """Return the cosine of (m, dim) vectors to each known picture: (m, n)."""
        arrays = {name: self.detector.arrays[name].astype(np.float64) for name in ("middle", "whitening")}
        white = white_rows(unit_rows(vectors.astype(np.float64)), arrays["middle"], arrays["whitening"])
        return (white.astype(np.float32) @ self.rows.T).astype(np.float64)

    def nearness(self, cosines: NDArray[np.float64]) -> NDArray[np.float64]:
        """Correct (m, n) cosines for hubs; minus infinity stays."""
        corrected: NDArray[np.float64] = 2 * cosines - _surroundings(cosines)[:, None] - self.hubs
        return corrected

    def ask(self, vector: NDArray[np.float32], home: int | None = None) -> Query:
        """Look around a picture (dim,); of a known one those of its own component do not count."""
        cosine = self.cosines(vector[None])[0]
        others = cosine if home is None else np.where(self.components == home, -np.inf, cosine)
        return Query(self.nearness(others[None])[0], home)

    def of_label(self, query: Query, column: int, count: int) -> list[int]:
        """Return the rows of the nearest of a label's pictures, the nearest first."""
        mine = np.flatnonzero((self.columns == column) & np.isfinite(query.nearness))
        nearest: list[int] = mine[np.argsort(-query.nearness[mine], kind="stable")][:count].tolist()
        return nearest

    def nearest(self, nearness: NDArray[np.float64], column: int) -> NDArray[np.float64]:
        """Return how near the nearest of a label is, (m, n) -> (m,); minus infinity without one."""
        best: NDArray[np.float64] = nearness[:, self.columns == column].max(axis=1, initial=-np.inf)
        return best

    def place(self, query: Query, places: NDArray[np.float32]) -> tuple[float, float, float]:
        """Return where a picture falls amid its nearest, and how far they lie apart: a share of the plane."""
        nearest = np.argsort(-query.nearness, kind="stable")[:PLACED_BY]
        nearest = nearest[np.isfinite(query.nearness[nearest])]
        weight = np.exp(5 * (query.nearness[nearest] - query.nearness[nearest].max()))
        x, y = np.average(places[nearest], axis=0, weights=weight).tolist()
        plane = np.ptp(np.percentile(places, [2, 98], axis=0), axis=0).max()
        distances = np.linalg.norm(places[nearest] - (x, y), axis=1)
        return x, y, float(np.average(distances, weights=weight) / max(plane, 1e-9))

    def _others(self) -> Iterator[tuple[int, NDArray[np.float64]]]:
        """Yield blocks of cosines among known pictures, minus infinity within a component."""
        for start in range(0, len(self.rows), BATCH):
            cosine = (self.rows[start : start + BATCH] @ self.rows.T).astype(np.float64)
            cosine[self.components[start : start + BATCH, None] == self.components] = -np.inf
            yield start, cosine


def _surroundings(cosine: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the mean of the `SURROUNDING` highest finite cosines of each row, (b, n) -> (b,); 0 without."""
    count = min(SURROUNDING, cosine.shape[1])
    highest = np.partition(cosine, cosine.shape[1] - count, axis=1)[:, -count:]
    there = np.isfinite(highest)
    total: NDArray[np.float64] = np.where(there, highest, 0.0).sum(axis=1) / np.maximum(there.sum(axis=1), 1)
    return total
