"""Small tables and heads for the evaluation tests: a spy, and heads around scikit-learn."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import softmax
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier, NearestCentroid

from styleid import make_table
from styleid.evaluate.table import Table
from styleid.heads.base import Head

#: What every spy saw, in order: (event, rows, groups, validation rows).
SEEN: list[dict[str, Any]] = []


class Spy(ClassifierMixin, BaseEstimator):
    """Nearest class mean that writes down the row number it finds in column 0."""

    def __init__(self, strength: float = 1.0) -> None:
        self.strength = strength

    def fit(self, X: Any, y: Any, groups: Any = None, validation: Any = None) -> Spy:
        SEEN.append(
            {
                "event": "fit",
                "rows": rows_of(X),
                "groups": groups,
                "validation": None if validation is None else rows_of(validation[0]),
                "strength": self.strength,
                "y": np.array(y),
            }
        )
        self.rows_ = rows_of(X)
        self.model_ = NearestCentroid().fit(X[:, 1:], y)
        self.classes_ = self.model_.classes_
        return self

    def predict(self, X: Any) -> Any:
        SEEN.append({"event": "predict", "rows": rows_of(X)})
        return self.model_.predict(X[:, 1:])

    def predict_proba(self, X: Any) -> Any:
        if not np.array_equal(rows_of(X), self.rows_):  # a head's lead is read off its own training rows
            SEEN.append({"event": "score", "rows": rows_of(X)})
        return self.model_.predict_proba(X[:, 1:])


def rows_of(X: Any) -> NDArray[np.int64]:
    """Read the row numbers back out of the vectors."""
    return np.asarray(X[:, 0]).astype(np.int64)


def until_scored(groups):
    """Yield what was fitted and predicted before each call for scores, and the rows scored."""
    before = []
    for event in SEEN:
        if event["event"] == "score":
            yield before, event["rows"]
            before = []
        else:
            before.append(event)


SPY = Head(
    "spy",
    "writes down what it sees",
    lambda seed: Spy(),
    {"strength": [1.0, 2.0, 3.0]},
    takes_groups=True,
    takes_validation=True,
)


class Backwards(LogisticRegression):
    """Logistic regression whose ``classes_`` are in descending order."""

    def fit(self, X: Any, y: Any) -> Backwards:
        super().fit(X, y)
        self.classes_ = self.classes_[::-1]
        if len(self.classes_) == 2:
            self.coef_, self.intercept_ = -self.coef_, -self.intercept_
        else:
            self.coef_, self.intercept_ = self.coef_[::-1], self.intercept_[::-1]
        return self


LOGREG = Head("lr", "", lambda seed: LogisticRegression(max_iter=500), {"C": [0.1, 1.0]})
BACKWARDS = Head("rl", "", lambda seed: Backwards(max_iter=500), {"C": [0.1, 1.0]})
NEAREST = Head("nn", "", lambda seed: KNeighborsClassifier(1), {})


class Noisy(LogisticRegression):
    """Scores that depend on the seed."""

    def predict_proba(self, X: Any) -> Any:
        noise = np.random.default_rng(self.random_state).random((len(X), len(self.classes_)))
        scores = super().predict_proba(X) + 0.01 * noise
        return scores / scores.sum(axis=1, keepdims=True)


NOISY = Head("noisy", "", lambda seed: Noisy(random_state=seed, max_iter=500), {"C": [0.1, 1.0]})


def drawn_table(
    n: int = 90, k: int = 3, per_group: int = 3, seed: int = 0, spread: float = 1.0
) -> tuple[NDArray[np.float32], NDArray[np.str_], NDArray[np.str_]]:
    """Return X whose column 0 is the row number, labels, and groups of pictures of one label."""
    rng = np.random.default_rng(seed)
    group = np.arange(n) // per_group
    label = group % k
    centres = rng.normal(size=(k, 6))
    X = centres[label] + spread * rng.normal(size=(n, 6))
    shuffled = rng.permutation(n)
    X, label, group = X[shuffled], label[shuffled], group[shuffled]
    names = np.array([f"hand {chr(97 + index)}" for index in range(k)])
    X = np.column_stack([np.arange(n), X]).astype(np.float32)
    return X, names[label], np.array([f"g{index}" for index in group])


def bare_table(y: Any, components: Any) -> Table:
    """Return a table whose vectors nobody looks at."""
    return make_table(np.zeros((len(y), 1), dtype=np.float32), y, components)


def drawn(n=2000, k=4, seed=0):
    """Scores that are true probabilities, and labels drawn from them."""
    rng = np.random.default_rng(seed)
    scores = softmax(2 * rng.normal(size=(n, k)), axis=1)
    true = (rng.random(n)[:, None] > scores.cumsum(axis=1)).sum(axis=1)
    return scores, np.minimum(true, k - 1)
