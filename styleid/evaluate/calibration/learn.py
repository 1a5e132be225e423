"""Turn a head's scores into probabilities by a map learned on rows it had not seen."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize, minimize_scalar
from scipy.special import expit, log_expit, logsumexp

from styleid.evaluate.calibration.inner_scores import InnerScores
from styleid.rules.calibrator import SIGMOID, TEMPERATURE, Calibrator, _log_odds, _logs

#: Temperatures and slopes beyond are a likelihood without a maximum, not a finding.
LOWEST, HIGHEST = 1e-3, 1e3


def learn_calibrator(inner: InnerScores, method: str = TEMPERATURE) -> tuple[Calibrator, tuple[str, ...]]:
    """Learn one temperature, or a sigmoid a column, from out-of-fold scores of a training part.

    Where there are no scores to learn from, the map is the identity and the notes say why.
    """
    if not len(inner.rows):
        return Calibrator(), inner.notes
    if method == TEMPERATURE:
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
    # pictures without a mistake allow one to claim: the middle one (n + 1) / (n + 2).
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
