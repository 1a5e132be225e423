"""What the findings of an audit are worth: the same head scored on other folds and fewer rows."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from styleid.evaluate.crossval import Predictions
from styleid.evaluate.table import Table
from styleid.questions.audit import can_score, score_rows
from styleid.rows.training_set import Duplicates

#: Folds, seed, and folds worked on at a time.
How = tuple[int, int, int]


class Together(NamedTuple):
    """Scores as the rows are, and with near-duplicates in one component, unless a label is then too small.

    `table` and `predictions` are of the latter where there is one.
    """

    as_is: dict[str, Any]
    together: dict[str, Any] | None
    table: Table
    predictions: Predictions
    notes: list[str]


def score_together(table: Table, duplicates: Duplicates, how: How) -> Together:
    """Score as is, and with near-duplicates kept together."""
    predictions, as_is, notes = score_rows(table, *how)
    joined = replace(table, components=duplicates.components)
    if not can_score(joined):
        why = "a label is left with one group once near-duplicates are kept together: not scored so"
        return Together(as_is, None, table, predictions, [*notes, why])
    if (joined.components == table.components).all():
        return Together(as_is, as_is, joined, predictions, notes)
    predictions, together, _ = score_rows(joined, *how)
    return Together(as_is, together, joined, predictions, notes)


def score_without(
    table: Table, scored: Together, duplicates: Duplicates, mislabels: NDArray[np.int64], how: How
) -> dict[str, Any] | None:
    """Score without conflicts and likely mislabels; None where a label is then too small."""
    pairs = duplicates.pairs.rows
    across = table.y[pairs[:, 0]] != table.y[pairs[:, 1]]
    kept = np.setdiff1d(np.arange(len(table.y)), [*mislabels.tolist(), *pairs[across].ravel()])
    if len(kept) == len(table.y):
        return scored.together or scored.as_is
    part = scored.table.take(kept)
    return score_rows(part, *how)[1] if can_score(part) else None
