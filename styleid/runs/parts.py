"""Finished tasks of a comparison, so that a killed one goes on where it was.

A part made from other vectors, labels, folds, grids, seeds or versions is passed over.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from styleid.evaluate.fold import Fold
from styleid.evaluate.predictions import FoldRun, FoldScores
from styleid.evaluate.repeats import Done, Key
from styleid.evaluate.search import Candidate, SearchResult
from styleid.evaluate.table import Table
from styleid.heads.base import Head
from styleid.runs.finished import Finished, deciding_versions, digest_of

#: Raised when the code of heads, searches or folds changes what a task gives.
PARTS_VERSION = 1


class Parts:
    """The parts of one comparison.

    Parameters
    ----------
    folder : Path
        Where they lie; made with the first part.
    heads : sequence of Head
        The heads.
    table : Table
        The rows.
    repeats : sequence of sequence of Fold
        The folds.
    seed : int
        The user's seed.
    """

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
            *(np.ascontiguousarray(array) for array in (table.X, table.y, table.groups)),
        )
        of_head = {head.name: [repr(head.grid), repr(head.search_params), _defaults(head)] for head in heads}
        self.digests = {
            key: digest_of(common, list(key), of_head[key.head], fold.name, fold.train, fold.test)
            for key, fold in self._folds.items()
        }

    def load(self) -> dict[Key, Done]:
        """Read what is finished already.

        Returns
        -------
        dict of Key to Done
            Parts that are stale or damaged are not in it.
        """
        found = {}
        for key in self.digests:
            done = self._read(key)
            if done is not None:
                found[key] = done
        return found

    def save(self, key: Key, done: Done) -> None:
        """Write one part, whole or not at all.

        Parameters
        ----------
        key : Key
            Which task.
        done : Done
            What it gave; learning curves are left out.

        Raises
        ------
        OutputError
            If it cannot be written.
        """
        scores, run = done.result
        plain = asdict(run) | {"curves": []}
        content = {"scores": scores.tolist(), "run": plain, "cpu_seconds": done.cpu_seconds}
        self._files.save(_name(key), self.digests[key], content)

    def remove(self) -> None:
        """Delete all parts, stale ones too.

        Raises
        ------
        OutputError
            If they cannot be deleted.
        """
        self._files.remove()

    def _read(self, key: Key) -> Done | None:
        """Return a part, or None where it is missing, stale or damaged: then it is simply done again."""
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
    searches = {
        name: SearchResult(
            found["params"],
            found["score"],
            tuple(Candidate(one["params"], tuple(one["scores"]), one["mean"]) for one in found["candidates"]),
        )
        for name, found in plain["searches"].items()
    }
    return FoldRun(**{**plain, "searches": searches, "notes": tuple(plain["notes"]), "curves": ()})


def _defaults(head: Head) -> str:
    """Write down the head's own parameters, which the grid does not name."""
    return repr(sorted(head.build(0).get_params().items()))
