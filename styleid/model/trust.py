"""What a model knows of its own scores."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from styleid.rules.calibrator import Calibrator
from styleid.rules.label_sets import LabelSets
from styleid.rules.strangers import Detector, Named, Unknown


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
            arrays |= {"sets.own": self.sets.own, "sets.groups": self.sets.components}
        if self.unknown is not None:
            detector = {f"unknown.{name}": array for name, array in self.unknown.detector.to_arrays().items()}
            arrays |= {"unknown.known": self.unknown.known, **detector}
            if self.unknown.named is not None:
                arrays["unknown.named"] = np.stack([self.unknown.named.surest, self.unknown.named.weight])
        return arrays

    @classmethod
    def from_parts(cls, plain: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> Trust:
        """Read what `to_plain` and `to_arrays` wrote; a missing part raises `KeyError`."""
        sets = unknown = None
        if plain["label_sets"] is not None:
            method, measured = plain["label_sets"]["method"], plain["label_sets"]["measured"]
            sets = LabelSets(method, arrays["sets.own"], arrays["sets.groups"], measured)
        if plain["unknown"] is not None:
            prefix = "unknown."
            its = {name.removeprefix(prefix): arrays[name] for name in arrays if name.startswith(prefix)}
            known, named, written = its.pop("known"), its.pop("named", None), plain["unknown"]
            unknown = Unknown(
                Detector.from_arrays(its),
                known,
                written["false_alarm"],
                written["measured"],
                None if named is None else Named(*named),
            )
        return cls(Calibrator.from_dict(plain["calibration"]), sets, unknown)
