"""How near a picture is to a label's pictures, as a rank among that label's own.

Known pictures lie nearer to each other than any new one does to them, for the space was whitened by
themselves. So they are cut into folds by component: those of one fold, and the new picture beside them, are
measured in the space of all others.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from styleid.evaluate.table import make_table
from styleid.questions.evidence.nearest import Neighbours
from styleid.questions.strangers.distances import fit_detector, known_folds
from styleid.rules.formulas import unit_rows
from styleid.rules.strangers import Detector

FOLDS, SEED = 5, 0


@dataclass(frozen=True, eq=False)
class Ranks:
    """The known pictures of each fold, measured by those of the others."""

    folds: tuple[tuple[Neighbours, NDArray[np.int64], NDArray[np.float64]], ...]  # with columns and nearness

    @classmethod
    def among(cls, known: Neighbours) -> Ranks:
        """Measure each known picture out of fold; there are no folds where there is one component."""
        vectors = unwhitened(known.detector)
        table = make_table(vectors, [f"{column:06d}" for column in known.columns], known.components)
        folds = []
        for fold in known_folds(table, np.arange(len(table.y)), n_splits=FOLDS, seed=SEED):
            detector = fit_detector(table.X[fold.train], table.y[fold.train])
            part = Neighbours(detector, known.columns[fold.train], known.components[fold.train])
            columns = known.columns[fold.test]
            around = part.nearness(part.cosines(table.X[fold.test]))
            nearness = np.zeros(len(columns))
            for column in np.unique(columns).tolist():
                mine = columns == column
                nearness[mine] = part.nearest(around[mine], column)
            folds.append((part, columns, nearness))
        return cls(tuple(folds))

    def rank(self, vector: NDArray[np.float32], column: int, home: int | None) -> float | None:
        """Return the share of a label's pictures that are less near to it, 0 to 1.

        None where the label has one component alone.
        """
        less = count = 0
        for part, columns, nearness in self.folds:
            theirs = nearness[(columns == column) & np.isfinite(nearness)]
            here = float(part.nearest(part.ask(vector, home).nearness[None], column)[0])
            if len(theirs) and np.isfinite(here):
                less, count = less + int((theirs < here).sum()), count + len(theirs)
        return less / count if count else None


def unwhitened(detector: Detector) -> NDArray[np.float32]:
    """Return the known pictures as vectors of length one, (n, dim), as they were before they were whitened.

    A whitened row has lost how far it was from the middle; that it had length one brings it back.
    """
    arrays = {name: array.astype(np.float64) for name, array in detector.arrays.items()}
    direction = unit_rows(arrays["rows"] @ np.linalg.inv(arrays["whitening"]))
    along = direction @ arrays["middle"]
    length = -along + np.sqrt(np.maximum(along**2 + 1 - arrays["middle"] @ arrays["middle"], 0.0))
    unit: NDArray[np.float32] = (arrays["middle"] + length[:, None] * direction).astype(np.float32)
    return unit
