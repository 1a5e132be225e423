"""The part of a confusion matrix that a person can read: all of it, or the labels most confused."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

#: Labels up to which a matrix keeps their order; of more, those most taken for each other come first.
AS_GIVEN = 12
#: Labels shown at most: a row for each of a thousand is read by nobody, and its picture takes gigabytes.
MOST_LABELS = 60


class Readable(NamedTuple):
    """Some labels of a confusion matrix, and what of it concerns them."""

    labels: NDArray[np.int64]  # (m,) numbers of those shown
    counts: NDArray[np.int64]  # (m, m), rows are true labels; a last column counts labels not shown, if any


def readable_part(confusion: NDArray[np.int64], most: int = MOST_LABELS) -> Readable:
    """Put the labels most taken for each other first, pair by pair, and keep `most` of them."""
    everyone = np.arange(len(confusion))
    if len(confusion) <= min(AS_GIVEN, most):
        return Readable(everyone, confusion)
    mistakes = np.triu(confusion + confusion.T, 1)
    pairs = np.argwhere(mistakes)
    pairs = pairs[np.argsort(-mistakes[tuple(pairs.T)], kind="stable")]
    # Both of a pair, the worst pair first; then those without a mistake, in their order.
    order = np.concatenate([pairs.ravel(), everyone])
    shown = order[np.sort(np.unique(order, return_index=True)[1])][:most]
    counts = confusion[np.ix_(shown, shown)]
    if len(shown) == len(confusion):
        return Readable(shown, counts)
    elsewhere = confusion[shown].sum(axis=1) - counts.sum(axis=1)
    return Readable(shown, np.column_stack([counts, elsewhere]))


def row_shares(counts: NDArray[np.int64]) -> NDArray[np.float64]:
    """Divide each row of counts by its sum; a row without pictures stays 0."""
    totals = counts.sum(axis=1, keepdims=True)
    return np.asarray(counts / np.maximum(totals, 1), dtype=np.float64)


def say_part(part: Readable, n_labels: int) -> str:
    """Say which labels a matrix shows, where it does not show all."""
    if len(part.labels) == n_labels:
        return "" if n_labels <= AS_GIVEN else "The labels most taken for each other come first."
    return (
        f"Shown: the {len(part.labels)} labels most taken for each other, of {n_labels:,}; the last column "
        "counts pictures taken for labels not shown. All are in result.json."
    )
