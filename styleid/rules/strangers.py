"""How far a picture is from everything known, and from where on it is called unknown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from styleid.errors import BundleError
from styleid.rules.formulas import unit_rows

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
        batches = [X[start : start + BATCH].astype(np.float64) for start in range(0, len(X), BATCH)]
        parts = [measure(unit_rows(batch), **arrays) for batch in batches]
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
