"""Fitted heads of a model as plain values: they score, and nothing is made of a class that a file names."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from styleid.errors import InputError
from styleid.rules.formulas import (
    Rows,
    cosine_values,
    dense_logits,
    expit,
    linear_values,
    mean_scores,
    mean_values,
    probabilities,
    rbf_kernel,
    softmax,
    spaces_of,
    unit_rows,
    vote_shares,
)

#: What a head of today divides its decision values by; a former one brings a number of its own.
TEMPERATURES = {"LDAHead": 1.0, "SVMHead": 1.0, "CentroidHead": 0.05, "CosineHead": 0.05}


@dataclass(frozen=True, eq=False)
class Fitted:
    """An object of a fitted head: the name of its class, and its attributes."""

    kind: str
    state: Mapping[str, Any]

    def __getattr__(self, name: str) -> Any:
        try:
            return self.state[name]
        except KeyError:
            raise AttributeError(f"a fitted {self.kind} has no {name}") from None


class Scorer:
    """A fitted head that was read from a model; `real` is the scikit-learn estimator that it stands for."""

    def __init__(self, fitted: Fitted, real: Callable[[], Any]) -> None:
        self.fitted = fitted
        self._real = real
        self.classes_: NDArray[Any] = np.asarray(fitted.classes_)
        self.n_features_in_: int = fitted.n_features_in_
        if fitted.kind == "Voting":
            self.n_views = fitted.n_views

    @cached_property
    def real(self) -> Any:
        """The estimator itself, for who wants more than scores; imports scikit-learn."""
        return self._real()

    def predict_proba(self, X: ArrayLike) -> Rows:
        """Return one score a label, (n, n_classes), in the order of ``classes_``, as `real` does."""
        if not _has_formula(self.fitted):
            scores: Rows = self.real.predict_proba(X)
            return scores
        rows = np.asarray(X, dtype=np.float64)
        if not np.isfinite(rows).all():
            raise InputError("expected vectors of finite numbers, found NaN or infinity; embed again")
        return _scores(self.fitted, rows)


def _has_formula(head: Fitted) -> bool:
    """Say whether `_scores` knows the head; any other scores by scikit-learn, which takes an import."""
    if head.kind == "Voting":
        return _has_formula(head.estimator_)
    if head.kind == "Joint":
        return all(map(_has_formula, head.estimators_))
    return head.kind in ("KNNHead", "MLPHead", "LogRegHead", *TEMPERATURES)


def _scores(head: Fitted, X: Rows) -> Rows:
    if head.kind == "Voting":
        views = X.reshape(len(X) * head.n_views, -1)  # (n, v * dim) -> (n * v, dim)
        scores: Rows = _scores(head.estimator_, views).reshape(-1, head.n_views, len(head.classes_))
        mean: Rows = scores.mean(axis=1)
        return mean
    if head.kind == "Joint":
        parts = zip(head.estimators_, spaces_of(X, head.dims), strict=True)
        return mean_scores([_scores(one, part) for one, part in parts])
    if head.kind == "KNNHead":
        unit = unit_rows(_scaled(head.scaler_, X))
        return vote_shares(unit, head.rows_, head.codes_, head.n_neighbors, head.weights)
    if head.kind == "MLPHead":
        return probabilities(dense_logits(_scaled(head.scaler_, X), head.coefs_, head.intercepts_))
    values = _decision_values(head.model_, X)
    if head.kind == "LogRegHead":
        if values.ndim > 1:
            return softmax(values)
        second = expit(values)
        return np.column_stack([1 - second, second])
    if values.ndim == 1:  # two labels, (n,) -> (n, 2)
        values = np.column_stack([-values, values])
    return softmax(values / head.state.get("temperature_", TEMPERATURES[head.kind]))


def _decision_values(model: Fitted, X: Rows) -> Rows:
    if model.kind == "Pipeline":
        (_, scaler), (_, model) = model.steps
        X = _scaled(scaler, X)
    if model.kind == "NearestMean":
        return mean_values(X, model.means_)
    if model.kind == "WhiteCosine":
        return cosine_values(X, model.whitening_, model.directions_)
    if model.kind == "OneVsRestSVC":
        linear = model.kernel == "linear"
        X = X @ model.vectors_.T if linear else rbf_kernel(X, model.vectors_, model.gamma)
    elif model.kind not in ("ShrunkLDA", "LogisticRegression"):
        raise TypeError(f"a head cannot score by a {model.kind}")
    return linear_values(X, model.coef_, model.intercept_)


def _scaled(scaler: Fitted | None, X: Rows) -> Rows:
    """Centre and scale the columns, if the head does."""
    return X if scaler is None else (X - scaler.mean_) / scaler.scale_
