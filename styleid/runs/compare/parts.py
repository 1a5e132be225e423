"""Finished tasks of a comparison, so that a killed one goes on where it was.

A part made from other vectors, labels, folds, grids, seeds or versions is passed over.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from styleid.evaluate.folds.table import Fold, Table
from styleid.evaluate.scoring.predictions import FoldRun, FoldScores
from styleid.heads.base import Head
from styleid.runs.compare.repeats import Done, Key
from styleid.runs.finished import Finished, deciding_versions, digest_of

#: Raised when the code of heads, searches or folds changes what a task gives.
PARTS_VERSION = 2


class Parts:
    """The finished tasks of one comparison, in a folder that is made with the first of them."""

    def __init__(
        self, folder: Path, heads: Sequence[Head], table: Table, repeats: Sequence[Sequence[Fold]], seed: int
    ) -> None:
        self._files = Finished(folder)
        self._n_labels = len(table.labels)
        self._folds = {
            Key(head.name, r, f): fold
            for head in heads
            for r, folds in enumerate(repeats)
            for f, fold in enumerate(folds)
        }
        # The bytes, not the store's name or the manifest's date, say whether the rows are the same.
        common = digest_of(
            PARTS_VERSION,
            deciding_versions(),
            seed,
            list(table.labels),
            *(np.ascontiguousarray(array) for array in (table.X, table.y, table.components)),
        )
        of_head = {head.name: [repr(head.grid), _defaults(head)] for head in heads}
        self.digests = {
            key: digest_of(common, list(key), of_head[key.head], fold.name, fold.train, fold.test)
            for key, fold in self._folds.items()
        }

    @cached_property
    def finished(self) -> dict[Key, Done]:
        """The tasks that were finished before, without stale or damaged ones."""
        found = ((key, self._read(key)) for key in self.digests)
        return {key: done for key, done in found if done is not None}

    def save(self, key: Key, done: Done) -> None:
        """Write one task, whole or not at all, without its learning curves."""
        scores, run = done.result
        plain = asdict(run) | {"curves": []}
        content = {"scores": scores.tolist(), "run": plain, "cpu_seconds": done.cpu_seconds}
        self._files.save(_name(key), self.digests[key], content)

    def remove(self) -> None:
        """Delete all parts, also stale ones."""
        self._files.remove()

    def _read(self, key: Key) -> Done | None:
        """Return a part; None where it is missing, stale or damaged, and must be done again."""
        content = self._files.load(_name(key), self.digests[key])
        if content is None:
            return None
        try:
            run = _run_of(content["run"])
            scores = np.array(content["scores"], dtype=np.float64)
            seconds = float(content["cpu_seconds"])
        except (ValueError, KeyError, TypeError):
            return None
        if scores.shape != (len(self._folds[key].test), self._n_labels):
            return None
        return Done(FoldScores(scores, run), seconds)


def _name(key: Key) -> str:
    return f"{key.head}-{key.repeat + 1}-{key.fold + 1}"


def _run_of(plain: Mapping[str, Any]) -> FoldRun:
    return FoldRun(**{**plain, "notes": tuple(plain["notes"]), "curves": ()})


def _defaults(head: Head) -> str:
    """Return the head's own parameters as text; the grid does not name them."""
    return repr(sorted(head.build(0).get_params().items()))
