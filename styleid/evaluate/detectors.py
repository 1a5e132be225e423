"""Measure how far a picture is from everything known, by two distances on vectors of length one.

``knn``: to the k-th nearest known picture (Sun et al. 2022, "Out-of-Distribution Detection with Deep Nearest
Neighbors"). ``mahalanobis``: to the nearest label's mean, in units of the scatter within labels (Lee et al.
2018, "A Simple Unified Framework for Detecting Out-of-Distribution Samples").
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg.lapack import dtrtri
from sklearn.preprocessing import normalize

from styleid.errors import BundleError, InputError

#: The simpler comes first: it wins ties.
DETECTORS = ("knn", "mahalanobis")

#: Which nearest picture counts: the first alone would follow every stray.
NEIGHBOUR = 5

#: Rows measured at once, which bounds the memory.
BATCH = 1024


@dataclass(frozen=True, eq=False)
class Detector:
    """A fitted distance, held as plain arrays.

    ``knn`` has ``rows`` (n, dim), the known vectors at length one; ``mahalanobis`` has ``means`` (k, dim) and
    ``whitening`` (dim, dim), whose product with its transpose is the inverse covariance.
    """

    kind: str
    arrays: Mapping[str, NDArray[np.float32]]

    @property
    def dim(self) -> int:
        """Length of the vectors it measures."""
        return int(next(iter(self.arrays.values())).shape[1])

    def distances(self, X: NDArray[np.float32]) -> NDArray[np.float64]:
        """Return the (n,) distances of (n, dim) vectors, larger for pictures farther out."""
        arrays = {name: array.astype(np.float64) for name, array in self.arrays.items()}
        if self.kind == "mahalanobis":
            arrays["means"] = arrays["means"] @ arrays["whitening"]
        measure = _neighbour_distances if self.kind == "knn" else _mean_distances
        starts = range(0, len(X), BATCH)
        parts = [measure(_unit(X[start : start + BATCH]), **arrays) for start in starts]
        return np.concatenate(parts) if parts else np.empty(0)

    def to_arrays(self) -> dict[str, NDArray[np.float32]]:
        """Return the arrays, each named ``<kind>.<name>``, for safetensors."""
        return {f"{self.kind}.{name}": np.ascontiguousarray(array) for name, array in self.arrays.items()}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[np.float32]]) -> Detector:
        """Read what `to_arrays` wrote; raise `BundleError` where the arrays are not those of one detector."""
        for kind, names in (("knn", {"rows"}), ("mahalanobis", {"means", "whitening"})):
            if set(arrays) == {f"{kind}.{name}" for name in names}:
                own = {name: np.asarray(arrays[f"{kind}.{name}"]) for name in names}
                dim = {array.shape[-1] for array in own.values() if array.ndim == 2 and len(array)}
                sound = all(array.ndim == 2 and np.isfinite(array).all() for array in own.values())
                square = "whitening" not in own or len(set(own["whitening"].shape)) == 1
                if len(dim) == 1 and sound and square:
                    return cls(kind, own)
        shapes = {name: array.shape for name, array in arrays.items()}
        raise BundleError(
            f"expected the arrays of one detector ({', '.join(DETECTORS)}) with finite numbers, found "
            f"{shapes}; make the bundle again with `styleid fit`"
        )


def fit_detector(kind: str, X: NDArray[np.float32], y: NDArray[np.str_]) -> Detector:
    """Fit one of the `DETECTORS` on (n, dim) vectors of known pictures, n > 0."""
    if kind not in DETECTORS:
        raise InputError(f"there is no detector {kind!r}; choose one of: {', '.join(DETECTORS)}", kind=kind)
    unit = _unit(X)
    if kind == "knn":
        return Detector(kind, {"rows": unit.astype(np.float32)})
    names, label = np.unique(y, return_inverse=True)
    means = np.stack([unit[label == number].mean(axis=0) for number in range(len(names))])
    covariance = _shrunk_covariance(unit - means[label])
    # Labels of copies have no scatter at all: a floor far below any real one keeps the inverse finite.
    floor = max(float(np.trace(covariance)) / len(covariance) * 1e-6, 1e-12)
    factor = np.linalg.cholesky(covariance + floor * np.eye(len(covariance)))
    # covariance = L L^T, so |L^-1 d| is the distance; rows are multiplied from the left.
    whitening = dtrtri(factor, lower=1)[0].T
    return Detector(kind, {"means": means.astype(np.float32), "whitening": whitening.astype(np.float32)})


def _neighbour_distances(unit: NDArray[np.float64], rows: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the distance of (b, dim) unit vectors to the `NEIGHBOUR`-th nearest of `rows`: (b,)."""
    cosine = unit @ rows.T  # (b, n)
    place = len(rows) - min(NEIGHBOUR, len(rows))
    cosine.partition(place, axis=1)
    distance: NDArray[np.float64] = np.sqrt(np.maximum(2.0 - 2.0 * cosine[:, place], 0.0))
    return distance


def _mean_distances(
    unit: NDArray[np.float64], means: NDArray[np.float64], whitening: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the distance of (b, dim) unit vectors to the nearest of the whitened `means`: (b,)."""
    white = unit @ whitening
    # |a - b|^2 written out: (b, k), never (b, k, dim).
    squares = (white**2).sum(axis=1)[:, None] - 2 * white @ means.T + (means**2).sum(axis=1)
    distance: NDArray[np.float64] = np.sqrt(np.maximum(squares.min(axis=1), 0.0))
    return distance


def _shrunk_covariance(centred: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the covariance of (n, dim) centred rows, shrunk by Ledoit and Wolf (2004): (dim, dim).

    Pictures are fewer than its entries. scikit-learn's `ledoit_wolf` makes a product of two matrices to sum
    its entries; here that sum is had from the squared lengths of the rows.
    """
    n, dim = centred.shape
    covariance: NDArray[np.float64] = centred.T @ centred / n
    scale = float(np.trace(covariance)) / dim
    spread = float(np.vdot(covariance, covariance))
    lengths = np.einsum("ij,ij->i", centred, centred)
    noise = (float(lengths @ lengths) / n - spread) / (n * dim)
    signal = (spread - dim * scale**2) / dim
    shrinkage = min(noise, signal) / signal if noise > 0 and signal > 0 else 0.0
    covariance *= 1 - shrinkage
    covariance.flat[:: dim + 1] += shrinkage * scale
    return covariance


def _unit(X: NDArray[np.float32]) -> NDArray[np.float64]:
    unit: NDArray[np.float64] = normalize(X.astype(np.float64))
    return unit
