"""Heads and grids, on the same folds."""

from __future__ import annotations

from collections.abc import Callable
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


def _mlp(name: str, **grid: list[object]) -> Head:
    return replace(get_head("mlp"), name=name, grid=grid)


#: The seed's search, and where it lost: raw columns, a fifth split off, and scatter within labels.
SEARCHES = {
    "mlp standardised": _mlp("mlp standardised", standardize=[True], l2=[0.01, 0.001]),
    "mlp standardised on all rows": _mlp(
        "mlp all", standardize=[True], l2=[0.01, 0.001], validation_fraction=[0.0]
    ),
    "mlp whitened": _mlp("mlp white", whiten=[0.4, 0.2]),
    "mlp whitened on all rows": _mlp(
        "mlp white all", whiten=[0.4, 0.2, 0.1], validation_fraction=[0.0], epochs=[20]
    ),
    "mlp whitened on all rows for 10 epochs": _mlp(
        "mlp white 10", whiten=[0.4, 0.2, 0.1], validation_fraction=[0.0], epochs=[10]
    ),
}
OLD, EVEN = (lambda seed: LDAHead()), (lambda seed: EvenLDAHead())
HEADS = Choice(
    "Which head, searched by its own grid?",
    "lda",
    {
        **{name: partial(scored, head=name) for name in REGISTRY if name not in ("mlp",)},
        "lda to .6": partial(scored, head=_variant("wide", OLD, WIDE)),
        "lda even": partial(scored, head=_variant("even", EVEN, [0.4, 0.2, 0.1])),
        "lda even to .6": partial(scored, head=_variant("even wide", EVEN, WIDE)),
        "lda even to .8": partial(scored, head=_variant("even wider", EVEN, [0.8, *WIDE])),
        "mlp by the seed's grid": partial(scored, head=_mlp("mlp seed", **SEED_GRID)),
        **{name: partial(scored, head=head) for name, head in SEARCHES.items()},
    },
    {"balanced_accuracy": 1, "accuracy": 1, "log_loss": -1, "ece": -1, "floor": 0, "seconds": 0},
)
