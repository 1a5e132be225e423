"""What a picture's colours alone, and its file's facts alone, would have said."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from styleid.data.facts import FileFacts, colour_table, fact_tables
from styleid.evaluate.crossval import cross_validate
from styleid.evaluate.splits import grouped_folds
from styleid.evaluate.table import Table, make_table
from styleid.questions.shortcuts.measure import WITNESS

#: Most known pictures that witnesses are grown on: a share of each label's components.
MOST = 1500
FOLDS, SEED = 3, 0
#: A table of n files, in the columns of others.
Columns = Callable[[Sequence[FileFacts], Sequence[FileFacts]], NDArray[np.float32]]


@dataclass(frozen=True)
class Said:
    """What one witness says of a picture, and how often it was right."""

    witness: str  # a key of `WITNESSES`
    label: str  # what it would have said
    right: (
        float | None
    )  # share of known pictures that it named right without having seen them; None: not measured
    n_known: int


def _facts(files: Sequence[FileFacts], like: Sequence[FileFacts]) -> NDArray[np.float32]:
    return np.column_stack(list(fact_tables(files, like).values()))


WITNESSES: Mapping[str, Columns] = {"colours": lambda files, _: colour_table(files), "facts": _facts}


class Witnesses:
    """Trees grown on known pictures, once."""

    def __init__(
        self, facts: Sequence[FileFacts | None], labels: Sequence[str], components: NDArray[np.int64]
    ) -> None:
        there = [row for row, one in enumerate(facts) if one is not None]
        y, groups = np.array([labels[row] for row in there], dtype=np.str_), components[there]
        few = make_table(np.zeros((len(there), 1)), y, groups).sample(MOST, SEED)
        self._facts = [one for one in (facts[there[row]] for row in few) if one is not None]
        y, groups = y[few], groups[few]
        self._grown = {}
        self.guessing = float(np.unique(y, return_counts=True)[1].max() / len(y))
        for name, columns in WITNESSES.items():
            table = make_table(columns(self._facts, self._facts), y, groups)
            self._grown[name] = (WITNESS.build(SEED).fit(table.X, y), _right(table))

    def say(self, file: FileFacts) -> tuple[Said, ...]:
        """Ask all witnesses of one picture."""
        said = []
        for name, (trees, right) in self._grown.items():
            label = str(trees.predict(WITNESSES[name]([file], self._facts))[0])
            said.append(Said(name, label, right, len(self._facts)))
        return tuple(said)


def _right(table: Table) -> float | None:
    """Return the share named right by trees that had not seen its component; None without such."""
    counts = [len(np.unique(table.components[table.y == label])) for label in table.labels]
    if len(counts) < 2 or min(counts) < 2:
        return None
    folds, _ = grouped_folds(table.y, table.components, min(FOLDS, *counts), SEED)
    predictions = cross_validate(WITNESS, table, folds, seed=SEED)
    return float((predictions.predicted == predictions.true).mean())
