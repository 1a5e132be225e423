"""Fit the head that is shipped: on all rows, with parameters chosen by folds over all rows."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from threadpoolctl import threadpool_limits

from styleid.evaluate.folds.seeds import FIT, INNER, SEARCH, child_seed
from styleid.evaluate.folds.table import make_table
from styleid.evaluate.scoring.fitting import fit_head
from styleid.evaluate.scoring.search import inner_folds, search_params
from styleid.heads.base import Head


def fit_final(
    head: Head,
    X: NDArray[np.float32],
    y: ArrayLike,
    groups: ArrayLike,
    *,
    seed: int = 0,
    one_vs_rest: bool = False,
    scoring: str = "balanced_accuracy",
) -> tuple[Any, dict[str, Any]]:
    """Choose parameters by grouped folds over all rows, then fit on all rows.

    Returns the classifier and its parameters, empty for the head's defaults. For one-vs-rest both are
    mappings by label, and a classifier has the classes `POSITIVE` and `NEGATIVE` of `evaluate.fitting`.
    """
    table = make_table(X, y, groups)
    rows = np.arange(len(table.y))
    fitted: dict[str, Any] = {}
    params: dict[str, Any] = {}
    with threadpool_limits(1):
        parts, _ = inner_folds(table.y, table.groups, rows, seed=child_seed(seed, INNER))
        for number, (name, target) in enumerate(table.targets(one_vs_rest)):
            searched = child_seed(seed, SEARCH, number)
            found = search_params(head, X, target, table.groups, parts, seed=searched, scoring=scoring)
            fit_seed = child_seed(seed, FIT, number)
            fitted[name] = fit_head(head, found.params, X, target, table.groups, rows, seed=fit_seed)
            params[name] = dict(found.params)
    return (fitted, params) if one_vs_rest else (fitted[""], params[""])
