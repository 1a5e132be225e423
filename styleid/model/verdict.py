"""Verdicts on vectors: the ranked labels, whether any of them is meant, and which set holds the true one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from styleid.errors import ImageError, InputError
from styleid.evaluate.conformal import ConformalSets
from styleid.model.bundle import Bundle
from styleid.model.contents import ONE_VS_REST
from styleid.vectors.pooling import mean_of_views

#: The verdict on a picture that is too far from all that is known.
UNKNOWN = "unknown"

#: What a label's own probability must exceed to be likelier than not.
HALF = 0.5


@dataclass(frozen=True)
class Verdict:
    """What a model says of one picture.

    Attributes
    ----------
    path : str
        As given.
    label : str or None
        The likeliest label; None if the picture could not be used.
    scores : mapping of str to float
        Label -> score, the highest first.
    calibrated : bool
        Whether the scores are probabilities; otherwise they only rank.
    unknown : bool or None
        Whether the picture is farther from all known ones than the model's false-alarm rate allows; None
        if the model cannot tell.
    nearer : float or None
        Share of the known pictures that lie nearer than this one, 0 to 1.
    label_set : tuple of str or None
        Labels that hold the true one at the coverage asked for, if it is one of the model's.
    likely : tuple of str or None
        Where each label has a probability by itself, those more likely than not: none, one or several, the
        likeliest first. None where the scores of a picture share out one whole, or only rank.
    error : ImageError or None
        Why there is no verdict.
    """

    path: str
    label: str | None
    scores: dict[str, float]
    calibrated: bool = False
    unknown: bool | None = None
    nearer: float | None = None
    label_set: tuple[str, ...] | None = None
    likely: tuple[str, ...] | None = None
    error: ImageError | None = None

    @property
    def verdict(self) -> str | None:
        """The label, or `UNKNOWN`; None if the picture could not be used."""
        return UNKNOWN if self.unknown else self.label

    def plain(self) -> dict[str, Any]:
        """Return the verdict as plain values, for ``--json``.

        Returns
        -------
        dict
            As documented in ``docs/formats.md``; for a failure also ``error`` with ``code`` and ``message``.
        """
        told: dict[str, Any] = {"path": self.path, "verdict": self.verdict, "label": self.label}
        told |= {"scores": self.scores, "calibrated": self.calibrated}
        told |= {"unknown": self.unknown, "nearer": self.nearer}
        if self.likely is not None:
            told["likely"] = list(self.likely)
        if self.label_set is not None:
            told["label_set"] = list(self.label_set)
        if self.error is not None:
            told["error"] = {"code": self.error.code, "message": str(self.error)}
        return told


def set_rule(bundle: Bundle, coverage: float) -> tuple[ConformalSets, tuple[str, ...]]:
    """Return the rule for sets of labels of a stated coverage.

    Parameters
    ----------
    bundle : Bundle
        A model.
    coverage : float
        In (0, 1).

    Returns
    -------
    rule : ConformalSets
        The rule.
    notes : tuple of str
        That there are too few groups to promise so much, if so.

    Raises
    ------
    InputError
        If the coverage is not in (0, 1), or the model has no out-of-fold scores to learn from.
    """
    if bundle.trust.sets is None:
        raise InputError(
            "--coverage needs a model whose fit could set pictures aside, found one without; fit again "
            "with at least two groups a label"
        )
    return bundle.trust.sets.rule(coverage)


def judge(bundle: Bundle, vectors: NDArray[np.float32], rule: ConformalSets | None = None) -> list[Verdict]:
    """Judge vectors of the bundle's space.

    Parameters
    ----------
    bundle : Bundle
        A model.
    vectors : NDArray of float32
        (n, dim) as the bundle scores them.
    rule : ConformalSets, optional
        Gives each verdict its set of labels.

    Returns
    -------
    list of Verdict
        n of them, without a path.
    """
    scores = bundle.scores(vectors)
    inside = np.zeros(scores.shape, dtype=bool) if rule is None else rule.sets(scores)
    far, nearer = _strangeness(bundle, vectors)
    apart = bundle.kind == ONE_VS_REST and bundle.calibrated
    verdicts = []
    for row, within, is_far, share in zip(scores, inside, far, nearer, strict=True):
        order = np.argsort(-row, kind="stable").tolist()
        label_set = None if rule is None else tuple(bundle.labels[k] for k in order if within[k])
        ranked = {bundle.labels[k]: float(row[k]) for k in order}
        likely = tuple(label for label, score in ranked.items() if score > HALF) if apart else None
        label = bundle.labels[order[0]]
        verdicts.append(Verdict("", label, ranked, bundle.calibrated, is_far, share, label_set, likely))
    return verdicts


def _strangeness(
    bundle: Bundle, vectors: NDArray[np.float32]
) -> tuple[list[bool] | list[None], list[float] | list[None]]:
    """Say of each vector whether it is too far out, and how many known ones are nearer."""
    unknown = bundle.trust.unknown
    if unknown is None:
        return [None] * len(vectors), [None] * len(vectors)
    distances = unknown.detector.distances(mean_of_views(vectors, bundle.n_views))
    return (distances > unknown.threshold).tolist(), unknown.nearer(distances).tolist()
