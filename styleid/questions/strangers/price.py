"""What a name is worth: how surely heads name pictures of a label that they have never seen."""

from __future__ import annotations

from functools import partial

import numpy as np
from joblib import Parallel, delayed
from numpy.typing import NDArray

from styleid.evaluate.calibration import unit_scores
from styleid.evaluate.fitting import fit_seed
from styleid.evaluate.seeds import PRICE, child_seed
from styleid.heads.base import Head
from styleid.questions.context import FitContext, Shipped
from styleid.questions.strangers.hidden_label import Hiding
from styleid.questions.strangers.measure import UnknownRule
from styleid.rows.training_set import TrainingSet
from styleid.rules.calibrator import IDENTITY
from styleid.rules.strangers import Named

#: Parts of a hidden label's pictures whose subjects are also known by other hands.
PARTS = 5


def price_names(context: FitContext, unknown: UnknownRule) -> Named | None:
    """Hide labels from the head and see how surely it names those of their pictures that pass for known.

    With a target, only being called the target counts. None where no label could be hidden from it, or
    where scores only rank.
    """
    if context.shipped.units.method == IDENTITY:
        return None
    task = partial(_surest, context.head, context.data, context.options.target, context.shipped)
    tasks = (
        delayed(task)(one, unknown.known.rows, child_seed(context.options.seed, PRICE, number))
        for number, one in enumerate(unknown.hidings)
    )
    found = [one for one in Parallel(n_jobs=context.n_jobs)(tasks) if one is not None]
    if not found:
        return None
    surest = np.concatenate(found)
    weight = np.concatenate([np.full(len(one), 1 / len(one) / len(found)) for one in found])
    order = np.argsort(surest, kind="stable")
    return Named(surest[order], weight[order])


def _surest(
    head: Head,
    data: TrainingSet,
    target: str | None,
    shipped: Shipped,
    hiding: Hiding,
    known: NDArray[np.int64],
    seed: int,
) -> NDArray[np.float64] | None:
    """Return the probability of the name of each of a hidden label's pictures, 0 where none is given."""
    table, label = data.table, hiding.hidden.label
    train, components = known[data.own_labels[known] != label], table.components[hiding.rows]
    names = np.unique(components)
    # A subject that other hands drew too: no head knows it when it is asked about it.
    shared = bool(np.isin(table.components[train], names).any())
    surest = np.zeros(len(hiding.rows))
    for part in np.array_split(names, min(PARTS, len(names)) if shared else 1):
        others = train[~np.isin(table.components[train], part)]
        if label == target or len(np.unique(table.y[others])) < 2:
            return None
        mine = np.isin(components, part)
        seen = hiding.rows[mine]
        scores = shipped.units.apply(
            unit_scores(head, shipped.params, table, others, seen, fit_seed(head, seed))
        )
        surest[mine] = surest_names(scores, None if target is None else table.labels.index(target))
    return surest * hiding.passed


def surest_names(scores: NDArray[np.float64], target: int | None) -> NDArray[np.float64]:
    """Return the probability of each row's name, (n, k) -> (n,); with a target, 0 where that is not it."""
    named = scores.argmax(axis=1)
    surest: NDArray[np.float64] = scores[np.arange(len(named)), named]
    return surest if target is None else surest * (named == target)
