"""The map that turns a head's scores into probabilities."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from styleid.errors import BundleError
from styleid.rules.formulas import TINY, expit, softmax

IDENTITY, TEMPERATURE, SIGMOID = "identity", "temperature", "sigmoid"


@dataclass(frozen=True)
class Calibrator:
    """A map from scores to scores, held as plain numbers."""

    method: str = IDENTITY  # IDENTITY, TEMPERATURE or SIGMOID
    temperature: float = 1.0  # what log-scores are divided by
    slope: tuple[float, ...] = ()  # of each column's log-odds: k numbers with SIGMOID, else empty
    intercept: tuple[float, ...] = ()

    def apply(self, scores: NDArray[np.float64]) -> NDArray[np.float64]:
        """Map (n, k) scores in [0, 1] to calibrated ones; with a temperature, rows sum to 1."""
        if self.method == TEMPERATURE:
            return softmax(_logs(scores) / self.temperature)
        if self.method == SIGMOID:
            return expit(np.array(self.slope) * _log_odds(scores) + np.array(self.intercept))
        return scores

    def in_units(self, lead: tuple[float, ...]) -> Calibrator:
        """Return the map that does to scores what this one does to log-scores or log-odds divided by `lead`.

        A `lead` is one number, or one a column.
        """
        slope = np.array(self.slope) / np.array(lead) if self.slope else np.empty(0)
        return replace(
            self,
            temperature=self.temperature * lead[0] if self.method == TEMPERATURE else 1.0,
            slope=tuple(slope.tolist()),
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the method and its numbers as plain values, for JSON."""
        if self.method == TEMPERATURE:
            return {"method": self.method, "temperature": self.temperature}
        if self.method == SIGMOID:
            return {"method": self.method, "slope": list(self.slope), "intercept": list(self.intercept)}
        return {"method": IDENTITY}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Calibrator:
        """Read what `to_dict` wrote; raise `BundleError` where the method or its numbers are not sound."""
        found = cls(
            str(values.get("method")),
            _number(values.get("temperature", None if values.get("method") == TEMPERATURE else 1.0)),
            tuple(map(_number, _listed(values.get("slope", [])))),
            tuple(map(_number, _listed(values.get("intercept", [])))),
        )
        numbers = np.array([found.temperature, *found.slope, *found.intercept])
        sound = (
            found.method in (IDENTITY, TEMPERATURE, SIGMOID)
            and np.isfinite(numbers).all()
            and min(found.temperature, *found.slope, 1.0) > 0
            and len(found.slope) == len(found.intercept)
            and (found.method == SIGMOID) == bool(found.slope)
        )
        if not sound:
            raise BundleError(
                f"expected a calibration by {IDENTITY}, {TEMPERATURE} or {SIGMOID} with positive finite "
                f"numbers, found {dict(values)!r}; make the bundle again with `styleid fit`"
            )
        return found


def _logs(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    logs: NDArray[np.float64] = np.log(np.maximum(scores, TINY))
    return logs


def _log_odds(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    # 1 - s has no more than 16 digits: beyond odds of 1e15 there is nothing to read.
    clipped = np.clip(scores, 1e-15, 1 - 1e-15)
    odds: NDArray[np.float64] = np.log(clipped) - np.log1p(-clipped)
    return odds


def _number(value: object) -> float:
    return float(value) if isinstance(value, int | float) else float("nan")


def _listed(value: object) -> list[object]:
    return value if isinstance(value, list) else [value]
