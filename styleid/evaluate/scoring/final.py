"""Fit the head that is shipped: on all rows, with parameters chosen by folds over all rows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from styleid.evaluate.folds.table import Table
from styleid.evaluate.scoring.fitting import fit_head, fit_seed
from styleid.evaluate.scoring.search import choose_params
from styleid.heads.base import Head


def fit_final(head: Head, table: Table, *, seed: int = 0) -> tuple[Any, Mapping[str, Any]]:
    """Choose parameters by grouped folds over all rows, then fit on all rows.

    Returns the classifier and its parameters, empty for the head's defaults. For a one-vs-rest head both are
    mappings by label, and a classifier has the classes `POSITIVE` and `NEGATIVE` of `heads.scores`.
    """
    rows = np.arange(len(table.y))
    with threadpool_limits(1):
        params, _ = choose_params(head, table, rows, seed=seed)
        estimator = fit_head(head, params, table, rows, seed=fit_seed(head, seed))
    return (estimator.estimators_ if head.by_label else estimator), params
