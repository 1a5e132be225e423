"""Fitted heads and bundles that the tests of the bundle share."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from styleid import make_head
from styleid.heads.scores import against_rest
from styleid.model.bundle import save_bundle
from styleid.model.contents import Bundle
from styleid.model.make import make_bundle

SPACE = {"backbone": "resnet18", "dim": 16, "weights_digest": "ab" * 32, "decode_policy": {"version": 1}}
OPTIONS = {"pool": "mean", "views": "center", "fit": {"folds": 5, "seed": 0, "params": {"C": 0.1}}}
LABELS = ("anna", "bruno", "Çağla")


def vectors(n: int = 60) -> tuple[NDArray[np.float32], NDArray[np.str_]]:
    rng = np.random.default_rng(4)
    codes = np.arange(n) % 3
    X = rng.normal(size=(3, 16))[codes] + rng.normal(size=(n, 16))
    return X.astype(np.float32), np.array(LABELS)[codes]


@cache
def bundle(head: str = "logreg", one_vs_rest: bool = False, labels: tuple[str, ...] = LABELS) -> Bundle:
    X, y = vectors()
    keep = np.isin(y, labels)
    X, y = X[keep], y[keep]
    quick: dict[str, Any] = {"epochs": 2, "standardize": True} if head == "mlp" else {}
    fitted: Any = (
        {label: make_head(head, **quick).fit(X, against_rest(y, label)) for label in labels}
        if one_vs_rest
        else make_head(head, **quick).fit(X, y)
    )
    made = make_bundle(head, labels, fitted, SPACE, X, OPTIONS)
    return replace(made, created="2026-11-21T10:00:00+00:00")  # the same bytes each time


def saved(path: Path) -> Path:
    """Save the bundle to a file and return the file."""
    save_bundle(path, bundle())
    return path


def without_known(model: Bundle, path: Path) -> None:
    """Save a model as it was before models kept what evidence is shown from."""
    save_bundle(path, replace(model, known_members={}))
