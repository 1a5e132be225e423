"""Detectors of strangers: each label hidden in turn, its pictures told from the known ones or not."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import solve, solve_triangular
from sklearn.metrics import roc_auc_score
from sklearn.metrics.pairwise import rbf_kernel
from sklearn.preprocessing import StandardScaler

from styleid.evaluate.calibration import HeldOut, learn_calibrator, plain_scores
from styleid.evaluate.seeds import child_seed
from styleid.evaluate.table import Fold
from styleid.heads.base import get_head
from styleid.questions.strangers.distances import _shrunk_covariance, known_folds
from styleid.questions.strangers.distances import fit_detector as fit_near
from styleid.questions.strangers.hidden_label import drawn_labels
from styleid.rules.strangers import Detector, threshold_of, unit_rows
from trials.trial import Choice, Trial

Rows = NDArray[np.float64]
#: Vectors -> how far each is from everything known.
Measure = Callable[[NDArray[np.float32]], Rows]
Fit = Callable[[NDArray[np.float32], NDArray[np.str_]], dict[str, Measure]]
SPLITS, HIDDEN, FALSE_ALARM = 5, 12, 0.05
SURE = (0.8, 0.95)


def fit_detector(kind: str, X: NDArray[np.float32], y: NDArray[np.str_]) -> Detector:
    """Fit one of the two distances that styleid chose from before it added two up."""
    if kind == "knn":
        return Detector(kind, {"rows": unit_rows(X.astype(np.float64)).astype(np.float32)})
    arrays = fit_near(X, y).arrays
    return Detector(kind, {name: arrays[name] for name in ("means", "whitening")})


def white_space(X: NDArray[np.float32], y: NDArray[np.str_]) -> Callable[[NDArray[np.float32]], Rows]:
    """Learn to standardise and to whiten by the shrunk covariance within labels."""
    scaler = StandardScaler().fit(X.astype(np.float64))
    Z = scaler.transform(X.astype(np.float64))
    _, codes = np.unique(y, return_inverse=True)
    means = np.stack([Z[codes == code].mean(axis=0) for code in range(codes.max() + 1)])
    covariance = _shrunk_covariance(Z - means[codes])
    covariance[np.diag_indices_from(covariance)] += max(1e-6 * np.trace(covariance) / len(covariance), 1e-12)
    factor = np.linalg.cholesky(covariance)

    def white(new: NDArray[np.float32]) -> Rows:
        rows: Rows = solve_triangular(factor, scaler.transform(new.astype(np.float64)).T, lower=True).T
        return rows

    return white


def white_cosines(X: NDArray[np.float32], y: NDArray[np.str_]) -> dict[str, Measure]:
    """Measure cosines in the white space: to the nearest known pictures, and to the nearest label's mean."""
    white = white_space(X, y)
    rows = white(X)
    known = unit_rows(rows)
    plain = np.stack([rows[y == label].mean(axis=0) for label in np.unique(y)])
    means = unit_rows(plain)

    def to_means(new: NDArray[np.float32]) -> Rows:
        here = white(new)
        squares = (here**2).sum(axis=1)[:, None] - 2 * here @ plain.T + (plain**2).sum(axis=1)
        return np.sqrt(np.maximum(squares.min(axis=1), 0.0))

    def nearest(new: NDArray[np.float32], count: int) -> Rows:
        cosines: Rows = -np.sort(unit_rows(white(new)) @ known.T, axis=1)[:, -count:].mean(axis=1)
        return cosines

    return {
        "white cosine to 3": partial(nearest, count=3),
        "white cosine to 1": partial(nearest, count=1),
        "white mahalanobis": to_means,
        "white cosine to means": lambda new: -(unit_rows(white(new)) @ means.T).max(axis=1),
    }


def mahalanobis(X: NDArray[np.float32], y: NDArray[np.str_]) -> dict[str, Measure]:
    """Measure as the detector that ships, and less the distance to all pictures (Ren et al. 2021)."""
    detector = fit_detector("mahalanobis", X, y)
    near, middle = detector.distances, unit_rows(X.astype(np.float64)).mean(axis=0)
    whitening = detector.arrays["whitening"].astype(np.float64)

    def white(new: NDArray[np.float32]) -> Rows:
        rows: Rows = unit_rows((unit_rows(new.astype(np.float64)) - middle) @ whitening)
        return rows

    known = white(X)
    everything = fit_detector("mahalanobis", X, np.full(len(y), "all")).distances
    return {
        "mahalanobis": near,
        "unit cosine to 3": lambda new: -np.sort(white(new) @ known.T, axis=1)[:, -3:].mean(axis=1),
        "relative mahalanobis": lambda new: near(new) ** 2 - everything(new) ** 2,
    }


def knn(X: NDArray[np.float32], y: NDArray[np.str_]) -> dict[str, Measure]:
    """Measure as the detector that ships."""
    return {"knn": fit_detector("knn", X, y).distances}


def ridge(X: NDArray[np.float32], y: NDArray[np.str_]) -> dict[str, Measure]:
    """Measure how low the largest score of a ridge on radial basis functions is."""
    scaler = StandardScaler().fit(X.astype(np.float64))
    Z = scaler.transform(X.astype(np.float64))
    gamma = 0.25 / Z.shape[1]
    targets = (y[:, None] == np.unique(y)[None]).astype(np.float64)
    weights = solve(rbf_kernel(Z, Z, gamma) + 0.1 * np.eye(len(Z)), targets, assume_a="pos")

    def lacking(new: NDArray[np.float32]) -> Rows:
        kernel = rbf_kernel(scaler.transform(new.astype(np.float64)), Z, gamma)
        lows: Rows = -(kernel @ weights).max(axis=1)
        return lows

    return {"ridge": lacking}


#: Functions of known vectors and labels that return detectors by name: a new one is one more here.
FITS: tuple[Fit, ...] = (knn, mahalanobis, white_cosines, ridge)
DETECTORS = (
    *("knn", "mahalanobis", "relative mahalanobis", "unit cosine to 3"),
    *("white cosine to 3", "white cosine to 1", "white mahalanobis", "white cosine to means", "ridge"),
)


@dataclass(frozen=True)
class Hidden:
    """One label hidden: distances by every detector, known pictures out of fold."""

    label: str
    known: dict[str, Rows]  # (n,) of known pictures
    parts: NDArray[np.int64]  # (n,) fold of each
    strange: dict[str, Rows]  # (m,) of its pictures
    strange_parts: NDArray[np.int64]  # (m,) fold of the detector that measured each
    known_top: Rows  # (n,) probability of the label named
    known_right: NDArray[np.bool_]
    strange_top: Rows  # (m,)


def hidden(
    trial: Trial, fits: Sequence[Fit] = FITS, names: Sequence[str] = DETECTORS, never: str | None = None
) -> list[Hidden]:
    """Hide labels in turn, as a fit does, and measure by every detector and by the head.

    Rows of the label `never` are strangers each time, the last of them.
    """
    known = tuple(label for label in trial.table.labels if label != never)
    labels = drawn_labels(known, HIDDEN, child_seed(trial.seed, 2))
    found = [_hide(trial, label, number, fits, names, never) for number, label in enumerate(labels)]
    return [one for one in found if one is not None]


def _hide(
    trial: Trial, label: str, number: int, fits: Sequence[Fit], names: Sequence[str], never: str | None
) -> Hidden | None:
    table = trial.table
    X, y, components = table.X, table.y, table.components
    rows = np.flatnonzero((y != label) & (y != never))
    strangers = np.concatenate([np.flatnonzero(y == label), np.flatnonzero(y == never)])
    folds = known_folds(table, rows, n_splits=SPLITS, seed=child_seed(trial.seed, 1, number))
    if len(np.unique(y[rows])) < 2 or not folds or not len(strangers):
        return None
    part = {one: at for at, fold in enumerate(folds) for one in np.unique(components[fold.test])}
    others = [one for one in np.unique(components[strangers]) if one not in part]
    part |= {one: at % len(folds) for at, one in enumerate(others)}
    strange_parts = np.array([part[one] for one in components[strangers]], dtype=np.int64)
    place = {row: at for at, row in enumerate(rows)}
    parts = np.zeros(len(rows), dtype=np.int64)
    known = {name: np.zeros(len(rows)) for name in names}
    strange = {name: np.zeros(len(strangers)) for name in names}
    k = len(table.labels)
    known_scores, strange_scores = np.zeros((len(rows), k)), np.zeros((len(strangers), k))
    for at, fold in enumerate(folds):
        here = np.array([place[row] for row in fold.test])
        parts[here] = at
        mine = strange_parts == at
        fitted = (pair for fit in fits for pair in fit(X[fold.train], y[fold.train]).items())
        for name, measure in fitted:
            known[name][here] = measure(X[fold.test])
            if mine.any():
                strange[name][mine] = measure(X[strangers[mine]])
        asked = np.concatenate([fold.test, strangers[mine]])
        scores = plain_scores(get_head("lda"), {}, table, fold.train, asked, seed=0)
        known_scores[here], strange_scores[mine] = scores[: len(here)], scores[len(here) :]
    known_top, right, strange_top = _named(
        trial, rows, folds, parts, known_scores, strange_scores, strange_parts
    )
    return Hidden(label, known, parts, strange, strange_parts, known_top, right, strange_top)


def _named(
    trial: Trial,
    rows: NDArray[np.int64],
    folds: Sequence[Fold],
    parts: NDArray[np.int64],
    known: Rows,
    strange: Rows,
    strange_parts: NDArray[np.int64],
) -> tuple[Rows, NDArray[np.bool_], Rows]:
    """Return the probability of the label named, by maps of the other folds, and whether it is right."""
    true, components = trial.table.numbers[rows], trial.table.components[rows]
    for at in range(len(folds)):
        rest = parts != at
        known_rest = HeldOut(rows[rest], true[rest], known[rest], components[rest])
        calibrator, _ = learn_calibrator(known_rest)
        known = np.where((parts == at)[:, None], -calibrator.apply(np.abs(known)), known)
        strange = np.where((strange_parts == at)[:, None], -calibrator.apply(np.abs(strange)), strange)
    known, strange = np.abs(known), np.abs(strange)
    return known.max(axis=1), known.argmax(axis=1) == true, strange.max(axis=1)


Combine = Callable[[Hidden], tuple[Rows, Rows]]


def alone(name: str) -> Combine:
    """Take one detector."""
    return lambda one: (one.known[name], one.strange[name])


def together(*names: str, ranks: bool = True) -> Combine:
    """Add detectors up, each by its percentile among known pictures of the other folds, or by its score."""

    def combine(one: Hidden) -> tuple[Rows, Rows]:
        known, strange = np.zeros(len(one.parts)), np.zeros(len(one.strange_parts))
        for name in names:
            for at in range(one.parts.max() + 1):
                rest = np.sort(one.known[name][one.parts != at])
                for values, parts, total in (
                    (one.known[name], one.parts, known),
                    (one.strange[name], one.strange_parts, strange),
                ):
                    mine = parts == at
                    if ranks:  # beyond the farthest known picture the order goes on
                        beyond = np.tanh(
                            np.maximum(values[mine] - rest[-1], 0) / (rest[-1] - rest[0] + 1e-12)
                        )
                        total[mine] += np.searchsorted(rest, values[mine]) / len(rest) + beyond
                    else:
                        total[mine] += (values[mine] - rest.mean()) / (rest.std() + 1e-12)
        return known, strange

    return combine


def auroc(known: Rows, strange: Rows) -> float:
    """Return how often a stranger lies farther out than a known picture."""
    return float(roc_auc_score(np.r_[np.zeros(len(known)), np.ones(len(strange))], np.r_[known, strange]))


def judged(trial: Trial, combine: Combine) -> dict[str, float]:
    """Average over hidden labels what a detector recognises, and what strangers that it lets by are named."""
    rows = []
    for one in trial.once("hidden", lambda: hidden(trial)):
        known, strange = combine(one)
        limits = np.array(
            [threshold_of(known[one.parts != at], FALSE_ALARM) for at in range(one.parts.max() + 1)]
        )
        by = strange <= limits[one.strange_parts]
        sure = [float((by & (one.strange_top > p)).mean()) for p in SURE]
        known_sure = [float((one.known_top > p).mean()) for p in SURE]
        alarms = float((known > limits[one.parts]).mean())
        rows.append((auroc(known, strange), float((~by).mean()), alarms, *sure, *known_sure))
    names = ("auroc", "recognised", "false_alarms", "named_above_80", "named_above_95", "known_above_80")
    return dict(zip((*names, "known_above_95"), np.mean(rows, axis=0).tolist(), strict=True))


def chosen(trial: Trial, ways: Mapping[str, Combine]) -> dict[str, float]:
    """Take for each hidden label the way that is best on the others, as a fit does."""
    found = trial.once("hidden", lambda: hidden(trial))
    values = {name: [auroc(*way(one)) for one in found] for name, way in ways.items()}
    total = {name: sum(aurocs) for name, aurocs in values.items()}
    best = {
        one.label: max(values, key=lambda name: total[name] - values[name][at])
        for at, one in enumerate(found)
    }
    return judged(trial, lambda one: ways[best[one.label]](one))


def improbable(one: Hidden) -> tuple[Rows, Rows]:
    """Take the probability of the label named for what tells strangers, as people do."""
    return -one.known_top, -one.strange_top


_two = {name: alone(name) for name in ("knn", "mahalanobis")}
_all_three = together("white cosine to 3", "ridge", "mahalanobis", ranks=False)
STRANGERS = Choice(
    "Which distance tells a hand never seen from known ones?",
    "as today",
    {
        "as today": partial(chosen, ways=_two),
        "chosen of these and cosine": partial(chosen, ways=_two | {"cosine": alone("white cosine to 3")}),
        "chosen of these and all three": partial(chosen, ways=_two | {"all three": _all_three}),
        "chosen of these, cosine and all three": partial(
            chosen, ways=_two | {"cosine": alone("white cosine to 3"), "all three": _all_three}
        ),
        **{name: partial(judged, combine=alone(name)) for name in DETECTORS},
        "improbable name": partial(judged, combine=improbable),
        **{
            name: partial(judged, combine=together(*parts, ranks=ranks))
            for name, parts, ranks in (
                ("mahalanobis + relative", ("mahalanobis", "relative mahalanobis"), False),
                ("mahalanobis + relative + ridge", ("mahalanobis", "relative mahalanobis", "ridge"), False),
                ("mahalanobis + ridge", ("mahalanobis", "ridge"), False),
                ("cosine + mahalanobis", ("white cosine to 3", "mahalanobis"), False),
                ("unit cosine + mahalanobis", ("unit cosine to 3", "mahalanobis"), False),
                ("cosine + white mahalanobis", ("white cosine to 3", "white mahalanobis"), False),
                ("knn + mahalanobis", ("knn", "mahalanobis"), False),
                ("cosine + ridge", ("white cosine to 3", "ridge"), False),
                ("cosine + ridge + mahalanobis", ("white cosine to 3", "ridge", "mahalanobis"), False),
                ("committee of 4", ("knn", "mahalanobis", "white cosine to 3", "ridge"), True),
                ("committee of 2", ("white cosine to 3", "ridge"), True),
            )
        },
    },
    {
        **{"auroc": 1, "recognised": 1, "false_alarms": 0, "named_above_80": -1, "named_above_95": -1},
        **{"known_above_80": 0, "known_above_95": 0},
    },
)
