"""Heads and grids, on the same folds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from styleid.heads.base import REGISTRY, Head, get_head
from styleid.heads.lda import LDAHead, ShrunkLDA
from styleid.heads.mlp import SEED_GRID
from trials.probabilities import as_styleid
from trials.trial import Choice, Trial

WIDE = [0.6, 0.4, 0.2, 0.1]


class EvenLDA(ShrunkLDA):  # type: ignore[misc]
    """`ShrunkLDA` that takes every label for as likely as any other."""

    def fit(self, X: NDArray[np.float64], y: NDArray[Any]) -> EvenLDA:
        """Fit, and take the shares of the labels back out of the intercept."""
        super().fit(X, y)
        shares = np.log(self.priors_)
        self.intercept_ = self.intercept_ - (np.diff(shares) if len(shares) == 2 else shares)
        return self


class EvenLDAHead(LDAHead):
    """The lda head with even priors."""

    def _classifier(self, X: NDArray[np.float64]) -> Any:
        return make_pipeline(StandardScaler(), EvenLDA(solver="lsqr", shrinkage=self.shrinkage))


def _variant(name: str, build: Callable[[int], Any], grid: list[float]) -> Head:
    return replace(get_head("lda"), name=name, build=build, grid={"shrinkage": grid})


def scored(trial: Trial, head: Head | str) -> dict[str, float]:
    """Return how good out-of-fold predictions are, and their probabilities."""
    predictions = trial.predictions(head)
    metrics = predictions.metrics.overall
    after = as_styleid(trial, head)
    return {
        "balanced_accuracy": metrics["balanced_accuracy"],
        "accuracy": float((predictions.predicted == predictions.true).mean()),
        **{name: after[name] for name in ("log_loss", "ece", "floor")},
        "seconds": predictions.fit_seconds,
    }


def _mlp(name: str, **grid: Sequence[object]) -> Head:
    return replace(get_head("mlp"), name=name, grid=grid)


ALL: Sequence[object] = [0.0]  # nothing is split off for validation
#: The seed's search, and where it loses: raw columns, a fifth split off, scatter within labels. "Alone" is
#: one point of a grid, so that nothing is searched.
SEARCHES = [
    _mlp("mlp by the seed's grid", **SEED_GRID),
    _mlp("mlp whitened on all rows", whiten=[0.4, 0.1], validation_fraction=ALL),
    _mlp(
        "mlp whitened on all rows for 10 epochs",
        whiten=[0.4, 0.2, 0.1],
        validation_fraction=ALL,
        epochs=[10],
    ),
    *(
        _mlp(
            f"mlp whitened by {share} on all rows for {epochs} epochs alone",
            whiten=[share],
            validation_fraction=ALL,
            epochs=[epochs],
        )
        for share, epochs in ((0.6, 20), (0.4, 20), (0.4, 10), (0.2, 20), (0.2, 10), (0.2, 5), (0.1, 10))
    ),
    _mlp("mlp whitened by 0.4 alone", whiten=[0.4]),
    _mlp("mlp standardised on all rows alone", standardize=[True], validation_fraction=ALL),
    _mlp("mlp standardised alone", standardize=[True]),
    _mlp("mlp as in the seed alone", standardize=[False]),
]
OLD, EVEN = (lambda seed: LDAHead()), (lambda seed: EvenLDAHead())
HEADS = Choice(
    "Which head, searched by its own grid?",
    "lda",
    {
        **{name: partial(scored, head=name) for name in REGISTRY},
        "lda to .6": partial(scored, head=_variant("wide", OLD, WIDE)),
        "lda even": partial(scored, head=_variant("even", EVEN, [0.4, 0.2, 0.1])),
        "lda even to .6": partial(scored, head=_variant("even wide", EVEN, WIDE)),
        "lda even to .8": partial(scored, head=_variant("even wider", EVEN, [0.8, *WIDE])),
        **{head.name: partial(scored, head=head) for head in SEARCHES},
    },
    {"balanced_accuracy": 1, "accuracy": 1, "log_loss": -1, "ece": -1, "floor": 0, "seconds": 0},
)
