"""Pictures by hands of other sets as known strangers: whether they show a detector what is strange."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import solve
from sklearn.linear_model import LogisticRegression
from sklearn.metrics.pairwise import rbf_kernel
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from styleid.evaluate.table import Table
from styleid.rules.formulas import unit_rows
from styleid.rules.strangers import threshold_of
from trials.strangers import (
    FALSE_ALARM,
    Combine,
    Hidden,
    Measure,
    Rows,
    auroc,
    fit_detector,
    hidden,
    mahalanobis,
    together,
)
from trials.trial import Choice, Trial, load_table

Vectors = NDArray[np.float32]
OUTSIDE = "(outside)"
#: Pictures of other sets: so many could ship, and so many of each set but the demo.
MOST, OF_A_SET = 400, 30
#: The sets they come from; for a set's own trial it is left out.
SOURCES = ("demo", "clipart", "illustrations", "chess", "emoji", "mail-icons", "tilesets", "scenes-icons")
NAMES = (
    "mahalanobis",
    "unit cosine to 3",
    "nearer to the outside",
    "ridge with the outside",
    "outside or in",
)
NOW = ("unit cosine to 3", "mahalanobis")


def outside_of(trial: Trial) -> Vectors:
    """Draw pictures of the other sets."""
    rng, found = np.random.default_rng(0), []
    for name in SOURCES:
        if name != trial.name:
            X = load_table(trial.data, name).X
            found.append(X[rng.permutation(len(X))[: 3 * OF_A_SET if name == "demo" else OF_A_SET]])
    everything: Vectors = np.concatenate(found)
    return everything[rng.permutation(len(everything))[:MOST]]


def beside(outside: Vectors, X: Vectors, y: NDArray[np.str_]) -> dict[str, Measure]:
    """Measure how much nearer a picture is to the outside, in three ways."""
    arrays = fit_detector("mahalanobis", X, y).arrays
    whitening, middle = arrays["whitening"].astype(np.float64), unit_rows(X.astype(np.float64)).mean(axis=0)

    def white(rows: Vectors) -> Rows:
        found: Rows = unit_rows((unit_rows(rows.astype(np.float64)) - middle) @ whitening)
        return found

    known, other = white(X), white(outside)

    def nearest(rows: Rows, to: Rows) -> Rows:
        cosines: Rows = np.sort(rows @ to.T, axis=1)[:, -3:].mean(axis=1)
        return cosines

    scaler = StandardScaler().fit(X.astype(np.float64))
    Z = scaler.transform(np.concatenate([X, outside]).astype(np.float64))
    targets = np.zeros((len(Z), len(np.unique(y))))
    targets[: len(X)] = y[:, None] == np.unique(y)[None]
    weights = solve(rbf_kernel(Z, Z, 0.25 / Z.shape[1]) + 0.1 * np.eye(len(Z)), targets, assume_a="pos")

    def lacking(rows: Vectors) -> Rows:
        kernel = rbf_kernel(scaler.transform(rows.astype(np.float64)), Z, 0.25 / Z.shape[1])
        lows: Rows = -(kernel @ weights).max(axis=1)
        return lows

    model = make_pipeline(StandardScaler(), LogisticRegression(C=1e-3, class_weight="balanced", max_iter=500))
    model.fit(np.concatenate([known, other]), np.repeat([0, 1], [len(known), len(other)]))
    return {
        "nearer to the outside": lambda rows: nearest(white(rows), other) - nearest(white(rows), known),
        "ridge with the outside": lacking,
        "outside or in": lambda rows: np.asarray(model.decision_function(white(rows))),
    }


def found(trial: Trial) -> list[Hidden]:
    """Hide labels in turn; half of the outside is learned from, the other half is measured last."""
    outside = outside_of(trial)
    learned, measured = outside[::2], outside[1::2]
    table = trial.table
    fresh = np.arange(len(measured)) + 1_000_000  # components of their own
    _, components = np.unique(table.components, return_inverse=True)
    wide = Table(
        np.concatenate([table.X, measured]),
        np.concatenate([table.y, np.full(len(measured), OUTSIDE)]),
        np.concatenate([components, fresh]),
        (*table.labels, OUTSIDE),
    )
    fits = (mahalanobis, partial(beside, learned))
    names = ("relative mahalanobis", *NAMES)
    return hidden(replace(trial, table=wide, known={}), fits, names, OUTSIDE)


Limit = Callable[[Rows, Rows], float]


def by_false_alarms(known: Rows, outside: Rows) -> float:
    """Let so many of 100 known pictures pass for strangers, whatever the outside does."""
    return float(threshold_of(known, FALSE_ALARM))


def by_outside(known: Rows, outside: Rows) -> float:
    """Part known pictures and the outside with the fewest mistakes, each side counting half."""
    values = np.sort(np.concatenate([known, outside]))
    alarms = 1 - np.searchsorted(np.sort(known), values, side="right") / len(known)
    missed = np.searchsorted(np.sort(outside), values, side="right") / len(outside)
    return float(values[np.argmin(alarms + missed)])


def judged(trial: Trial, combine: Combine, limit: Limit = by_false_alarms) -> dict[str, float]:
    """Average over hidden labels what is recognised: of the hidden label's pictures, and of the outside."""
    rows = []
    for one in trial.once("hidden beside the outside", partial(found, trial)):
        known, strange = combine(one)
        own = len(strange) - len(outside_of_row(trial, one))
        limits = np.array(
            [
                limit(known[one.parts != at], strange[own:][one.strange_parts[own:] != at])
                for at in range(one.parts.max() + 1)
            ]
        )
        over = strange > limits[one.strange_parts]
        alarms = float((known > limits[one.parts]).mean())
        rows.append(
            (
                auroc(known, strange[:own]),
                over[:own].mean(),
                alarms,
                auroc(known, strange[own:]),
                over[own:].mean(),
            )
        )
    names = ("auroc", "recognised", "false_alarms", "auroc_outside", "recognised_outside")
    return dict(zip(names, np.mean(rows, axis=0).tolist(), strict=True))


def outside_of_row(trial: Trial, one: Hidden) -> NDArray[np.int64]:
    """Return the places of the outside among the strangers of one hidden label: the last ones."""
    own = int(np.sum(trial.table.y == one.label))
    return np.arange(own, len(one.strange_parts))


def added(*names: str) -> Combine:
    """Add detectors up, each in units of its deviation on known pictures."""
    return together(*names, ranks=False)


OUTSIDERS = Choice(
    "Do pictures by other sets' hands help to tell a hand never seen?",
    "now",
    {
        "now": partial(judged, combine=added(*NOW)),
        "now with a threshold by the outside": partial(judged, combine=added(*NOW), limit=by_outside),
        **{name: partial(judged, combine=added(name)) for name in NAMES[2:]},
        **{f"now and {name}": partial(judged, combine=added(*NOW, name)) for name in NAMES[2:]},
    },
    {"auroc": 1, "recognised": 1, "false_alarms": 0, "auroc_outside": 0, "recognised_outside": 0},
)
