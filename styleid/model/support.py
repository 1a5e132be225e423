"""Check the arrays of support vector machines, which are handed to compiled code as they are."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sklearn.base import BaseEstimator
from sklearn.svm import SVC


def check_support(estimator: Any) -> None:
    """Refuse a read `SVC` whose arrays do not fit together.

    libsvm follows the counts without looking at the lengths, so that a file made up by somebody
    could have it read beyond an array. scikit-learn checks the number of support vectors only.

    Parameters
    ----------
    estimator : object
        What was read; looked through with all that it holds.

    Raises
    ------
    ValueError
        If lengths differ.
    """
    for svc in _machines(estimator):
        k = len(svc.classes_)
        n, dim = svc.support_vectors_.shape
        expected = {
            "support_": (n,),
            "_n_support": (k,),
            "dual_coef_": (k - 1, n),
            "_dual_coef_": (k - 1, n),
            "intercept_": (k * (k - 1) // 2,),
            "_intercept_": (k * (k - 1) // 2,),
        }
        wrong = [name for name, shape in expected.items() if getattr(svc, name).shape != shape]
        counts = svc._n_support
        if (
            wrong
            or k < 2
            or dim != svc.n_features_in_
            or counts.min() < 0
            or counts.sum() != n
            or svc._sparse
        ):
            raise ValueError("a support vector machine whose arrays do not fit together")


def _machines(value: Any) -> Iterator[SVC]:
    if isinstance(value, SVC):
        yield value
    elif isinstance(value, BaseEstimator):
        yield from _machines(list(vars(value).values()))
    elif isinstance(value, dict):
        yield from _machines(list(value.values()))
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _machines(item)
