"""Verdicts on vectors: the ranked labels, whether any of them is meant, and which set holds the true one."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from styleid.data.manifest.labels import OTHERS
from styleid.data.manifest.labels import UNKNOWN as UNKNOWN
from styleid.errors import ImageError, InputError
from styleid.model.contents import ONE_VS_REST, Bundle
from styleid.rules.label_sets import ConformalSets
from styleid.vectors.pooling import mean_of_views

#: What a label's own probability must exceed to be likelier than not.
HALF = 0.5
#: Option of a model that was ahead of the commonest label by nothing, where its fit could compare them.
GUESSING = "no_better_than_guessing"


@dataclass(frozen=True)
class Verdict:
    """What a model says of one picture.

    `unknown` says whether the picture is farther from all known ones than the model's false-alarm rate
    allows, and `label_set` holds the true label with the coverage asked for. `likely` names the labels more
    probable than not (none, one or several, likeliest first); it is None where the scores share out one
    whole, or only rank. `learned` says whether the model learned from the picture: ``exact``, ``near`` (from
    a near-duplicate of it) or ``no``; None where it cannot tell.
    """

    path: str
    label: str | None  # the likeliest; None if the picture could not be used
    scores: dict[str, float]  # label -> score, the highest first
    calibrated: bool = False  # the scores are probabilities; otherwise they only rank
    unknown: bool | None = None  # None if the model cannot tell
    nearer: float | None = None  # share of the known pictures that lie nearer, 0 to 1
    label_set: tuple[str, ...] | None = None
    likely: tuple[str, ...] | None = None
    strangers: float | None = None  # share of pictures by hands never seen that get a name at least so surely
    another_kind: bool | None = None  # farther out than pictures by hands never seen; None as for `unknown`
    learned: str | None = None
    guessing: bool = False  # the model was no better than guessing: its label says nothing
    error: ImageError | None = None  # why there is no verdict

    @property
    def verdict(self) -> str | None:
        """The label, or `UNKNOWN`; None if the picture could not be used."""
        return UNKNOWN if self.unknown else self.label

    def plain(self) -> dict[str, Any]:
        """Return the verdict as plain values for ``--json``, as documented in ``docs/formats.md``."""
        values: dict[str, Any] = {"path": self.path, "verdict": self.verdict, "guessing": self.guessing}
        values |= {
            name: getattr(self, name)
            for name in (
                "label",
                "scores",
                "calibrated",
                "unknown",
                "nearer",
                "another_kind",
                "strangers",
                "learned",
            )
        }
        if self.likely is not None:
            values["likely"] = list(self.likely)
        if self.label_set is not None:
            values["label_set"] = list(self.label_set)
        if self.error is not None:
            values["error"] = {"code": self.error.code, "message": str(self.error)}
        return values


def set_rule(bundle: Bundle, coverage: float) -> tuple[ConformalSets, tuple[str, ...]]:
    """Return the rule for label sets of this coverage, and a note if the groups are too few for it."""
    if bundle.trust.sets is None:
        raise InputError(
            "--coverage needs a model whose fit could set pictures aside, found one without; fit again "
            "with at least two groups a label"
        )
    return bundle.trust.sets.rule(coverage)


def judge(bundle: Bundle, vectors: NDArray[np.float32], rule: ConformalSets | None = None) -> list[Verdict]:
    """Judge vectors, (n, dim) as the bundle scores them; the n verdicts have no path."""
    scores = bundle.scores(vectors)
    inside = np.zeros(scores.shape, dtype=bool) if rule is None else rule.sets(scores)
    far, nearer, beyond = _strangeness(bundle, vectors)
    apart = bundle.kind == ONE_VS_REST and bundle.calibrated
    verdicts, guessing = [], bool(bundle.options.get(GUESSING))
    for row, within, is_far, share, kind in zip(scores, inside, far, nearer, beyond, strict=True):
        order = np.argsort(-row, kind="stable").tolist()
        label_set = None if rule is None else tuple(bundle.labels[k] for k in order if within[k])
        ranked = {bundle.labels[k]: float(row[k]) for k in order}
        likely = tuple(label for label, score in ranked.items() if score > HALF) if apart else None
        label = bundle.labels[order[0]]
        price = None if is_far else name_price(bundle, label, float(row[order[0]]))
        verdict = Verdict("", label, ranked, bundle.calibrated, is_far, share, label_set, likely, price, kind)
        verdicts.append(replace(verdict, guessing=guessing))
    return verdicts


def name_price(bundle: Bundle, label: str, probability: float) -> float | None:
    """Return how often a stranger is named at least so surely, 0 to 1; None where the model cannot tell.

    "Others", of a model of one target, is what a stranger should be called.
    """
    unknown = bundle.trust.unknown
    if unknown is None or unknown.named is None or (label == OTHERS and bundle.options.get("target")):
        return None
    return unknown.named.share(probability)


def _strangeness(
    bundle: Bundle, vectors: NDArray[np.float32]
) -> tuple[list[bool] | list[None], list[float] | list[None], list[bool] | list[None]]:
    """Say of each vector if it is too far out, what share of known ones is nearer, and if strangers are."""
    unknown = bundle.trust.unknown
    nothing: list[None] = [None] * len(vectors)
    if unknown is None:
        return nothing, nothing, nothing
    distances = unknown.detector.distances(mean_of_views(vectors, bundle.n_views, bundle.dims))
    farthest = unknown.measured.get("farthest")
    limit = None if farthest is None else max(farthest, unknown.threshold)
    beyond = nothing if limit is None else (distances > limit).tolist()
    return (distances > unknown.threshold).tolist(), unknown.nearer(distances).tolist(), beyond
