"""What a model knows of its own scores: how to read them, when to doubt, when to say "none of these"."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from styleid.errors import BundleError
from styleid.evaluate.calibrate import Calibrator
from styleid.evaluate.conformal import METHODS, ConformalSets, sets_at
from styleid.evaluate.detectors import Detector
from styleid.evaluate.stranger_folds import threshold_of


@dataclass(frozen=True, eq=False)
class LabelSets:
    """The out-of-fold scores from which label sets of any coverage are learned.

    `measured` holds ``level``, and the ``coverage`` and ``size`` that sets of that level had on unseen
    pictures.
    """

    method: str
    own: NDArray[np.float64]  # (n,) nonconformity of each picture's own label, out of fold
    groups: NDArray[np.int64]  # (n,) component of each picture
    measured: Mapping[str, float | None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        sound = self.method in METHODS and self.own.ndim == 1 and self.own.shape == self.groups.shape
        if not sound or not np.isfinite(self.own).all():
            raise BundleError(
                f"expected finite nonconformities by {' or '.join(METHODS)} with a group each, found "
                f"{self.method!r} with shapes {self.own.shape} and {self.groups.shape}"
            )

    def rule(self, level: float) -> tuple[ConformalSets, tuple[str, ...]]:
        """Return the rule of a level, and notes; raise `InputError` unless the level is in (0, 1)."""
        return sets_at(self.own, self.groups, level=level, method=self.method)


@dataclass(frozen=True, eq=False)
class Unknown:
    """What decides when to say "none of these".

    `measured` holds means over hidden labels: ``auroc``, ``fpr_at_95_tpr`` and ``recognised``; None where
    no label could be hidden.
    """

    detector: Detector  # fitted on every picture
    known: NDArray[np.float64]  # (n,) out-of-fold distances of the known pictures, ascending
    false_alarm: float  # share of known pictures that may be called unknown
    measured: Mapping[str, float | None] = field(default_factory=dict)

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


@dataclass(frozen=True, eq=False)
class Trust:
    """What a model knows of its own scores; a part that could not be learned is absent."""

    calibrator: Calibrator = Calibrator()  # the identity where none could be learned
    sets: LabelSets | None = None  # for `predict --coverage`
    unknown: Unknown | None = None  # for the verdict "unknown"

    def to_plain(self) -> dict[str, Any]:
        """Return everything except the arrays, for JSON."""
        sets, unknown = self.sets, self.unknown
        return {
            "calibration": self.calibrator.to_dict(),
            "label_sets": None if sets is None else {"method": sets.method, "measured": dict(sets.measured)},
            "unknown": None
            if unknown is None
            else {"false_alarm": unknown.false_alarm, "measured": dict(unknown.measured)},
        }

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """Return the arrays by name, for safetensors; an absent part has none."""
        arrays: dict[str, NDArray[Any]] = {}
        if self.sets is not None:
            arrays |= {"sets.own": self.sets.own, "sets.groups": self.sets.groups}
        if self.unknown is not None:
            detector = {f"unknown.{name}": array for name, array in self.unknown.detector.to_arrays().items()}
            arrays |= {"unknown.known": self.unknown.known, **detector}
        return arrays

    @classmethod
    def from_parts(cls, plain: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> Trust:
        """Read what `to_plain` and `to_arrays` wrote; a missing part raises `KeyError`."""
        sets = unknown = None
        if plain["label_sets"] is not None:
            of_sets = plain["label_sets"]
            sets = LabelSets(
                of_sets["method"], arrays["sets.own"], arrays["sets.groups"], of_sets["measured"]
            )
        if plain["unknown"] is not None:
            of_unknown = plain["unknown"]
            prefix, known = "unknown.", arrays["unknown.known"]
            detector = {
                name.removeprefix(prefix): array
                for name, array in arrays.items()
                if name.startswith(prefix) and name != "unknown.known"
            }
            unknown = Unknown(
                Detector.from_arrays(detector), known, of_unknown["false_alarm"], of_unknown["measured"]
            )
        return cls(Calibrator.from_dict(plain["calibration"]), sets, unknown)
