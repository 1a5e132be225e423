"""How far a picture is from everything known, and from where on it is called unknown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from styleid.errors import BundleError
from styleid.rules.formulas import unit_rows

Rows: TypeAlias = NDArray[np.float64]

#: How a fit measures.
KIND = "near"
#: Arrays of each kind; models made before may hold one of the others.
ARRAYS = {
    KIND: ("means", "whitening", "middle", "rows", "scale"),
    "mahalanobis": ("means", "whitening"),
    "knn": ("rows",),
}
#: Which nearest picture counts for ``knn``, and how many do for the cosine.
NEIGHBOUR, NEAREST = 5, 3
#: Rows measured at once, which bounds the memory.
BATCH = 1024


@dataclass(frozen=True, eq=False)
class Detector:
    """A fitted distance on vectors of length one, held as plain arrays.

    ``near`` adds up two, each less its mean and over its deviation on known pictures (``scale``, (2, 2)):
    that to the nearest label's mean, in units of the scatter within labels, and minus the mean cosine to the
    `NEAREST` known pictures, seen from the ``middle`` (dim,) of all in the same units. ``means`` is (k, dim),
    ``whitening`` (dim, dim), whose product with its transpose is the inverse covariance, and ``rows``
    (n, dim) the known pictures in those units, at length one. ``mahalanobis`` is the first alone; ``knn`` the
    distance to the `NEIGHBOUR`-th nearest known picture, ``rows``.
    """

    kind: str
    arrays: Mapping[str, NDArray[Any]]

    @property
    def dim(self) -> int:
        """Length of the vectors it measures."""
        return int(self.arrays["rows" if self.kind == "knn" else "whitening"].shape[1])

    def distances(self, X: NDArray[np.float32]) -> NDArray[np.float64]:
        """Return the (n,) distances of (n, dim) vectors, larger for pictures farther out."""
        parts = self.parts(X)
        if self.kind == KIND:
            mean, deviation = self.arrays["scale"].astype(np.float64)
            parts = (parts - mean) / deviation
        distances: NDArray[np.float64] = parts.sum(axis=1)
        return distances

    def parts(self, X: NDArray[np.float32]) -> NDArray[np.float64]:
        """Return what the distance is made of, (n, 2) for ``near``, else (n, 1)."""
        arrays = {name: array.astype(np.float64) for name, array in self.arrays.items()}
        measures = {KIND: (_to_means, _to_nearest), "mahalanobis": (_to_means,), "knn": (_to_neighbour,)}[
            self.kind
        ]
        if "means" in arrays:
            arrays["means"] = arrays["means"] @ arrays["whitening"]
        found = np.zeros((len(X), len(measures)))
        for start in range(0, len(X), BATCH):
            unit = unit_rows(X[start : start + BATCH].astype(np.float64))
            for number, measure in enumerate(measures):
                found[start : start + BATCH, number] = measure(unit, arrays)
        return found

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """Return the arrays, each named ``<kind>.<name>``, for safetensors."""
        return {f"{self.kind}.{name}": np.ascontiguousarray(array) for name, array in self.arrays.items()}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Detector:
        """Read what `to_arrays` wrote; raise `BundleError` where the arrays are not those of one detector."""
        for kind, names in ARRAYS.items():
            if set(arrays) != {f"{kind}.{name}" for name in names}:
                continue
            own = {name: np.asarray(arrays[f"{kind}.{name}"]) for name in names}
            dim = next(iter(own.values())).shape[-1:]
            shapes = {"whitening": dim * 2, "middle": dim, "scale": (2, 2)}
            if all(
                np.isfinite(array).all()
                and (
                    array.shape == shapes[name]
                    if name in shapes
                    else array.ndim == 2 and len(array) and array.shape[1:] == dim
                )
                for name, array in own.items()
            ) and ("scale" not in own or (own["scale"][1] > 0).all()):
                return cls(kind, own)
        found = {name: array.shape for name, array in arrays.items()}
        raise BundleError(
            f"expected the arrays of one detector ({', '.join(ARRAYS)}) with finite numbers, found "
            f"{found}; make the bundle again with `styleid fit`"
        )


def white_rows(unit: Rows, middle: Rows, whitening: Rows) -> Rows:
    """Return (n, dim) vectors of length one, seen from the middle in whitened units, at length one again."""
    return unit_rows((unit - middle) @ whitening)


def _to_nearest(unit: Rows, arrays: Mapping[str, Rows]) -> Rows:
    """Return minus the mean cosine of (b, dim) unit vectors to the `NEAREST` known pictures: (b,)."""
    cosine = white_rows(unit, arrays["middle"], arrays["whitening"]) @ arrays["rows"].T  # (b, n)
    count = min(NEAREST, cosine.shape[1])
    cosine.partition(cosine.shape[1] - count, axis=1)
    nearest: Rows = -cosine[:, -count:].mean(axis=1)
    return nearest


def _to_neighbour(unit: Rows, arrays: Mapping[str, Rows]) -> Rows:
    """Return the distance of (b, dim) unit vectors to the `NEIGHBOUR`-th nearest of the rows: (b,)."""
    rows = arrays["rows"]
    cosine = unit @ rows.T  # (b, n)
    place = len(rows) - min(NEIGHBOUR, len(rows))
    cosine.partition(place, axis=1)
    distance: Rows = np.sqrt(np.maximum(2.0 - 2.0 * cosine[:, place], 0.0))
    return distance


def _to_means(unit: Rows, arrays: Mapping[str, Rows]) -> Rows:
    """Return the distance of (b, dim) unit vectors to the nearest of the whitened means: (b,)."""
    white, means = unit @ arrays["whitening"], arrays["means"]
    # |a - b|^2 written out: (b, k), never (b, k, dim).
    squares = (white**2).sum(axis=1)[:, None] - 2 * white @ means.T + (means**2).sum(axis=1)
    distance: Rows = np.sqrt(np.maximum(squares.min(axis=1), 0.0))
    return distance


def threshold_of(distances: NDArray[np.float64], false_alarm: float) -> float:
    """Return the distance beyond which a picture is called unknown, from out-of-fold distances of known ones.

    It is the ceil((n + 1) * (1 - false_alarm))-th smallest, or the largest if n is too small for that: a
    picture to come lies beyond with at most the stated probability.
    """
    place = int(np.ceil((len(distances) + 1) * (1 - false_alarm) - 1e-9))
    return float(np.sort(distances)[min(place, len(distances)) - 1])


@dataclass(frozen=True, eq=False)
class Named:
    """How surely pictures of hidden labels were named all the same, by heads that did not know them."""

    surest: NDArray[np.float64]  # (m,) ascending: the probability of the name; 0 where none was given
    weight: NDArray[np.float64]  # (m,) sums to 1; each hidden label weighs as much as any other

    def __post_init__(self) -> None:
        sound = self.surest.ndim == 1 and self.surest.shape == self.weight.shape and len(self.surest)
        if not sound or not (
            np.all(np.diff(self.surest) >= 0)
            and 0 <= self.surest[0] <= self.surest[-1] <= 1
            and np.all(self.weight >= 0)
            and abs(self.weight.sum() - 1) < 1e-6
        ):
            raise BundleError(
                f"expected ascending probabilities of strangers' names and weights that sum to 1, found "
                f"{self.surest.shape} and {self.weight.shape}; make the bundle again with `styleid fit`"
            )

    def share(self, probability: float) -> float:
        """Return the share of strangers that are named at least so surely, 0 to 1."""
        first = np.searchsorted(self.surest, probability - 1e-9, side="left")
        return float(min(self.weight[first:].sum(), 1.0))


@dataclass(frozen=True, eq=False)
class Unknown:
    """What decides when to say "none of these", and what a name is worth that was given instead.

    `measured` holds means over hidden labels, ``auroc``, ``fpr_at_95_tpr`` and ``recognised``, and how far
    out their pictures lie at most, ``farthest``; None where no label could be hidden.
    """

    detector: Detector  # fitted on every picture
    known: NDArray[np.float64]  # (n,) out-of-fold distances of the known pictures, ascending
    false_alarm: float  # share of known pictures that may be called unknown
    measured: Mapping[str, float | None] = field(default_factory=dict)
    named: Named | None = None  # None where no label could be hidden, or scores only rank

    def __post_init__(self) -> None:
        ascending = self.known.ndim == 1 and len(self.known) and bool(np.all(np.diff(self.known) >= 0))
        if not ascending or not np.isfinite(self.known).all() or not 0 < self.false_alarm < 1:
            raise BundleError(
                f"expected ascending finite distances and a false-alarm rate in (0, 1), found "
                f"{self.known.shape} and {self.false_alarm!r}"
            )

    @property
    def threshold(self) -> float:
        """Distance beyond which a picture is called unknown."""
        return threshold_of(self.known, self.false_alarm)

    def nearer(self, distances: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the share of known pictures that lie nearer: (n,) -> (n,), 0 to 1."""
        share: NDArray[np.float64] = np.searchsorted(self.known, distances, side="left") / len(self.known)
        return share
