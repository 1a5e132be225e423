"""Turn a head's scores into probabilities by a map learned on rows it had not seen.

Heads that learn a temperature by themselves (``Head.plain_params``) are fitted without it here, and the map
learned here takes its place: one calibration, not one on top of another.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize, minimize_scalar
from scipy.special import expit, log_expit, logsumexp, softmax

from styleid.errors import BundleError
from styleid.evaluate.inner_scores import InnerScores

IDENTITY, TEMPERATURE, SIGMOID = "identity", "temperature", "sigmoid"

#: Scores below are taken as this one: a probability of 0 has no logarithm.
TINY = 1e-300

#: Temperatures and slopes beyond are a likelihood without a maximum, not a finding.
LOWEST, HIGHEST = 1e-3, 1e3


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
            mapped: NDArray[np.float64] = softmax(_logs(scores) / self.temperature, axis=1)
            return mapped
        if self.method == SIGMOID:
            odds: NDArray[np.float64] = expit(
                np.array(self.slope) * _log_odds(scores) + np.array(self.intercept)
            )
            return odds
        return scores

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
            _number(values.get("temperature", 1.0)),
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


def learn_calibrator(inner: InnerScores, *, one_vs_rest: bool = False) -> tuple[Calibrator, tuple[str, ...]]:
    """Learn one temperature, or a sigmoid a column, from out-of-fold scores of a training part.

    Where there are no scores to learn from, the map is the identity and the notes say why.
    """
    if not len(inner.rows):
        return Calibrator(), inner.notes
    if not one_vs_rest:
        return Calibrator(TEMPERATURE, _temperature(inner.true, inner.scores)), ()
    odds = _log_odds(inner.scores)
    pairs = [_sigmoid(inner.true == label, odds[:, label]) for label in range(odds.shape[1])]
    return Calibrator(SIGMOID, 1.0, tuple(a for a, _ in pairs), tuple(b for _, b in pairs)), ()


def _temperature(true: NDArray[np.int64], scores: NDArray[np.float64]) -> float:
    """Minimise the log-loss of softmax(log(scores) / T); it is convex in 1 / T.

    Guo et al. 2017, "On Calibration of Modern Neural Networks". The label that scores highest stays the same.
    """
    logs = _logs(scores)  # (n, k)
    own = logs[np.arange(len(true)), true]

    def loss(log_temperature: float) -> float:
        beta = np.exp(-log_temperature)
        return float(np.mean(logsumexp(beta * logs, axis=1) - beta * own))

    bounds = (np.log(LOWEST), np.log(HIGHEST))
    found = minimize_scalar(loss, bounds=bounds, method="bounded", options={"xatol": 1e-6})
    # Without a mistake the likelihood grows without end as T falls. The rule of succession says what n
    # pictures without a mistake allow one to claim: the middle one (n + 1) / (n + 2), as in heads.calibrated.
    top = np.sort(logs, axis=1)
    lowest = float(np.median(top[:, -1] - top[:, -2]) / np.log(len(true) + 1))
    return max(float(np.exp(found.x)), min(lowest, HIGHEST))


def _sigmoid(positive: NDArray[np.bool_], odds: NDArray[np.float64]) -> tuple[float, float]:
    """Minimise the cross-entropy of expit(a * odds + b) to smoothed targets; a > 0 keeps a column's order.

    Platt 1999, "Probabilistic Outputs for Support Vector Machines". Which column is higher may change.
    """
    n_yes, n_no = int(positive.sum()), int((~positive).sum())
    target = np.where(positive, (n_yes + 1) / (n_yes + 2), 1 / (n_no + 2))

    def loss(pair: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        values = pair[0] * odds + pair[1]
        error = expit(values) - target
        entropy = -np.mean(target * log_expit(values) + (1 - target) * log_expit(-values))
        return float(entropy), np.array([np.mean(error * odds), np.mean(error)])

    found = minimize(loss, np.array([1.0, 0.0]), jac=True, bounds=[(LOWEST, HIGHEST), (None, None)])
    return float(found.x[0]), float(found.x[1])


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
