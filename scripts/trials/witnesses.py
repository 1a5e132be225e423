"""What tells labels without a look at the drawing: classifiers on file facts, on colours, and on both."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.ensemble import ExtraTreesClassifier, HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from styleid import make_table
from styleid.data.facts import LOOKED_AT, fact_tables, read_facts
from styleid.data.manifest.table import read_manifest
from styleid.data.thumbnails import small_picture
from styleid.evaluate.crossval import Predictions, cross_validate
from styleid.evaluate.paired import paired_differences
from styleid.heads.base import Head
from styleid.heads.rows import DecisionHead
from styleid.questions.audit import audit_head
from styleid.questions.shortcuts.measure import WITNESS
from styleid.rows.selection import FitOptions
from styleid.rows.training_set import training_set
from styleid.vectors.store.space import find_space
from styleid.vectors.store.store import SpaceStore
from trials.trial import Choice, Trial, tried_rows

Columns = NDArray[np.float32]
JUDGED = ("balanced_accuracy",)
#: Pairs of which inner folds choose one.
EITHER = ("today or forest", "forest or random thresholds by tenths")


def forest(seed: int, **options: Any) -> Any:
    """Build a class-balanced random forest."""
    options = {"n_estimators": 100, "class_weight": "balanced"} | options
    return RandomForestClassifier(**options, random_state=seed, n_jobs=1)


def extra(seed: int, **options: Any) -> Any:
    """Build class-balanced trees whose thresholds are drawn at random."""
    options = {"n_estimators": 100, "class_weight": "balanced"} | options
    return ExtraTreesClassifier(**options, random_state=seed, n_jobs=1)


def boosted(seed: int) -> Any:
    """Build few and small class-balanced boosted trees."""
    options: dict[str, Any] = {
        "max_iter": 40,
        "max_leaf_nodes": 8,
        "min_samples_leaf": 5,
        "early_stopping": False,
    }
    return HistGradientBoostingClassifier(**options, class_weight="balanced", random_state=seed)


class Machine(DecisionHead):
    """A class-balanced support vector machine on standardised columns."""

    temperature_ = 1.0

    def __init__(self, C: float = 10.0) -> None:
        self.C = C

    def _classifier(self, X: NDArray[np.float64]) -> Any:
        return make_pipeline(StandardScaler(), SVC(C=self.C, class_weight="balanced"))


class Either(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """One of several, which inner folds choose as they choose a head's parameters."""

    def __init__(self, model: str = "forest", seed: int = 0) -> None:
        self.model, self.seed = model, seed

    def fit(self, X: NDArray[np.float64], y: NDArray[Any]) -> Either:
        """Fit the one that is chosen."""
        self.model_ = MODELS[self.model](self.seed).fit(X, y)
        self.classes_ = self.model_.classes_
        return self

    def predict(self, X: NDArray[np.float64]) -> NDArray[Any]:
        """Return its labels."""
        labels: NDArray[Any] = self.model_.predict(X)
        return labels

    def predict_proba(self, X: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return its scores."""
        scores: NDArray[np.float64] = self.model_.predict_proba(X)
        return scores


MODELS: Mapping[str, Callable[[int], Any]] = {
    "today": partial(forest, n_estimators=50, min_samples_leaf=2, class_weight=None),
    "forest": forest,
    "forest of 50": partial(forest, n_estimators=50),
    "forest with leaves of 2": partial(forest, min_samples_leaf=2),
    "random thresholds": extra,
    "random thresholds by tenths": WITNESS.build,
    "random thresholds of 50": partial(extra, n_estimators=50),
    "boosted": boosted,
    "support vectors": lambda seed: Machine(),
    **{name: partial(Either, name.split(" or ")[0]) for name in EITHER},
}


def tables(trial: Trial) -> dict[str, Columns]:
    """Return what each way looks at, in the rows of the trial: file facts, and colours laid out in ways."""
    name, _, uneven = trial.name.partition("~")
    kept = trial.data / "facts" / f"{name}.npz"
    if not kept.exists():
        kept.parent.mkdir(exist_ok=True)
        part = kept.with_suffix(".part.npz")
        np.savez(part, **_read(trial.data, name))
        part.replace(kept)
    with np.load(kept) as arrays, np.load(trial.data / "tables" / f"{name}.npz") as whole:
        rows = tried_rows(make_table(whole["X"], whole["y"], whole["components"]), bool(uneven))
        found = {name: arrays[name][rows] for name in arrays.files}
    for steps in ("steps of 4", "steps of 8"):
        found[f"{steps} and channels"] = np.column_stack([found[steps], found["channels"]])
    return found


def _read(data: Path, name: str) -> dict[str, Columns]:
    """Read all files of a set, in the rows of its vectors."""
    work = data / "embedded" / name
    store = SpaceStore(work / "vectors", find_space(work / "vectors"))
    found = training_set(read_manifest(work / "manifest.csv"), store, FitOptions(seed=0, skip_small=True))
    with np.load(data / "tables" / f"{name}.npz") as arrays:
        assert arrays["y"].tolist() == found.y.tolist()
    files = [found.manifest.file(row) for row in found.manifest.rows]
    facts = [fact for fact in read_facts(files) if fact is not None]
    assert len(facts) == len(files)
    pixels = [
        np.asarray(small_picture(file.read_bytes(), fact.format, LOOKED_AT).image)
        for file, fact in zip(files, facts, strict=True)
    ]
    return {
        "facts": np.column_stack(list(fact_tables(facts).values())),
        "steps of 4": np.stack([_steps(one, 4) for one in pixels]),
        "steps of 8": np.stack([_steps(one, 8) for one in pixels]),
        "channels": np.stack([_channels(Image.fromarray(one)) for one in pixels]),
    }


def _steps(pixels: NDArray[np.uint8], steps: int) -> Columns:
    """Return roots of the shares of colours in so many steps a channel."""
    step = pixels.reshape(-1, 3).astype(np.int64) * steps // 256
    cell = (step[:, 0] * steps + step[:, 1]) * steps + step[:, 2]
    return np.sqrt(np.bincount(cell, minlength=steps**3) / len(cell)).astype(np.float32)


def _channels(image: Image.Image) -> Columns:
    """Return quantiles, mean and spread of red, green, blue, hue, saturation and value: (6 * 13,)."""
    counts = np.array([*image.histogram(), *image.convert("HSV").histogram()]).reshape(6, 256)
    n, values = image.width * image.height, np.arange(256)
    below = counts.cumsum(axis=1)  # pixels up to each value
    quantiles = [np.searchsorted(row, np.maximum(np.linspace(0, 1, 11) * n, 1)) for row in below]
    mean = counts @ values / n
    spread = np.sqrt(np.maximum(counts @ values**2 / n - mean**2, 0))
    return np.column_stack([quantiles, mean, spread]).ravel().astype(np.float32)


def scored(trial: Trial, model: str, layout: str) -> dict[str, float]:
    """Return how far each witness comes, and whether it is level with the audit's head."""
    seen = trial.once("witness tables", lambda: tables(trial))
    head = trial.once(
        "audit", lambda: cross_validate(audit_head(), trial.table, trial.folds, seed=trial.seed)
    )
    looked = {"facts": seen["facts"], "colours": seen[layout]}
    looked["both"] = np.column_stack(list(looked.values()))
    values, levels, total = {}, {}, 0.0
    for name, columns in looked.items():
        key = model + name + (layout if name != "facts" else "")
        found, seconds = trial.once(key, partial(_witness, trial, model, columns))
        values[name] = found.metrics.overall["balanced_accuracy"]
        less = paired_differences(head, found, trial.table.components, JUDGED, seed=trial.seed)[JUDGED[0]]
        levels[f"{name}_level"] = float(less.low <= 0)
        total += seconds
    return {**values, **levels, "head": head.metrics.overall["balanced_accuracy"], "seconds": total}


def _witness(trial: Trial, model: str, columns: Columns) -> tuple[Predictions, float]:
    """Score a witness out of fold; return the processor's seconds too."""
    grid = {"model": model.split(" or ")} if model in EITHER else {}
    head, begun = Head("witness", "a witness", MODELS[model], grid), time.process_time()
    found = cross_validate(head, replace(trial.table, X=columns), trial.folds, seed=trial.seed)
    return found, time.process_time() - begun


#: How colours are laid out, today's first.
LAYOUTS = ("steps of 4", "steps of 8", "channels", "steps of 4 and channels", "steps of 8 and channels")
#: A name -> a model, and how colours are laid out for it.
WAYS = {
    f"{model}{f' on {layout}' if layout != LAYOUTS[0] else ''}": (model, layout)
    for layout in LAYOUTS
    for model in MODELS
}
WITNESSES = Choice(
    "Which classifier is the strongest witness without the drawing?",
    "today",
    {name: partial(scored, model=model, layout=layout) for name, (model, layout) in WAYS.items()},
    {"facts": 1, "colours": 1, "both": 1, "facts_level": 0, "colours_level": 0, "both_level": 0}
    | {"head": 0, "seconds": 0},
)
