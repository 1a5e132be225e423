"""What a model bundle holds, the scores it gives, and what it knows of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import zip_longest
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from safetensors import SafetensorError

from styleid.errors import BundleError
from styleid.heads.scores import NEGATIVE, POSITIVE, label_scores
from styleid.model.known import Known
from styleid.model.learned import Learned
from styleid.model.trust import Trust
from styleid.rules.calibrator import IDENTITY, SIGMOID, TEMPERATURE, Calibrator
from styleid.vectors.store.space import Space

KINDS = MULTICLASS, ONE_VS_REST = ("multiclass", "one-vs-rest")

#: Most golden vectors kept.
N_GOLDEN = 8


@dataclass(frozen=True)
class Bundle:
    """Fitted heads for k labels and what they were made with.

    Estimators that were read are kept with the bytes of their files in `stored`, so that saving again
    leaves the bytes alone.
    """

    kind: str  # multiclass: one estimator for all labels; one-vs-rest: one per label
    head: str
    labels: tuple[str, ...]  # columns of `scores`, in this order
    estimators: tuple[Any, ...] = field(repr=False)  # or each a `Scorer`; classes: labels, or the two sides
    space: Mapping[str, Any]
    golden_vectors: NDArray[np.float32] = field(repr=False)  # (g, dim), g from 1 to 8: some rows
    golden_scores: NDArray[np.float64] = field(repr=False)  # (g, k) when the bundle was made
    options: Mapping[str, Any]  # plain values: views, pooling and options of the fit
    versions: Mapping[str, str]
    created: str  # UTC, ISO 8601
    trust: Trust = field(default_factory=Trust, repr=False)
    learned: Learned | None = field(default=None, repr=False)  # None: made before models knew; cannot tell
    known_members: Mapping[str, bytes] = field(default_factory=dict, repr=False, compare=False)
    stored: tuple[tuple[Any, Mapping[str, bytes]], ...] = field(default=(), repr=False, compare=False)

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise BundleError(f"expected a bundle of kind {' or '.join(KINDS)}, found {self.kind!r}")
        if not isinstance(self.options, Mapping) or not isinstance(self.versions, Mapping):
            raise BundleError("expected options and versions by their names, found something else")
        expected = 1 if self.kind == MULTICLASS else len(self.labels)
        if len(self.estimators) != expected or len(self.labels) < 1 + (self.kind == MULTICLASS):
            raise BundleError(
                f"expected {expected} estimators in a {self.kind} bundle of {len(self.labels)} labels, "
                f"found {len(self.estimators)}"
            )
        self._check_views()
        wanted = set(self.labels) if self.kind == MULTICLASS else {POSITIVE, NEGATIVE}
        for estimator in self.estimators:
            known = {str(label) for label in estimator.classes_}
            if known != wanted or estimator.n_features_in_ != self.dim:
                raise BundleError(
                    f"expected estimators of {self.dim} numbers with classes {names(wanted)}, "
                    f"found one of {estimator.n_features_in_} with {names(known)}"
                )
        vectors, scores = self.golden_vectors.shape, self.golden_scores.shape
        g, k = len(self.golden_vectors), len(self.labels)
        if not 1 <= g <= N_GOLDEN or vectors != (g, self.dim) or scores != (g, k):
            raise BundleError(
                f"expected 1 to {N_GOLDEN} golden vectors of {self.dim} numbers, with {k} scores each, found "
                f"shapes {vectors} and {scores}"
            )
        self._check_trust()

    def _check_views(self) -> None:
        """Refuse estimators that do not take the same number of views, side by side."""
        counts = {getattr(estimator, "n_views", 1) for estimator in self.estimators}
        n_views, dims = self.n_views, self.dims
        if len(dims) > 1 and sum(dims) != self.vector_dim:
            raise BundleError(
                f"expected heads of {' + '.join(map(str, dims))} numbers, a space each, found "
                f"some of {self.vector_dim}"
            )
        if len(counts) > 1 or not isinstance(n_views, int) or n_views < 1 or self.dim % n_views:
            raise BundleError(
                f"expected estimators of the same views side by side, found {names(counts)} views in rows of "
                f"{self.dim} numbers"
            )

    def _check_trust(self) -> None:
        """Refuse a map for other columns, and a detector of other vectors."""
        calibrator, unknown = self.trust.calibrator, self.trust.unknown
        for part in (self.trust.sets, unknown):
            measured = {} if part is None else part.measured
            sound = isinstance(measured, Mapping)
            if not sound or not all(isinstance(v, float | int | None) for v in measured.values()):
                raise BundleError("expected what was measured as numbers by their names, found others")
        fits = {
            IDENTITY: True,
            TEMPERATURE: self.kind == MULTICLASS,
            SIGMOID: self.kind == ONE_VS_REST and len(calibrator.slope) == len(self.labels),
        }
        if not fits[calibrator.method]:
            raise BundleError(
                f"expected a calibration of {len(self.labels)} {self.kind} scores, found one by "
                f"{calibrator.method} of {len(calibrator.slope)}"
            )
        if unknown is not None and unknown.detector.dim != self.vector_dim:
            raise BundleError(
                f"expected a detector of vectors of {self.vector_dim} numbers, found one of "
                f"{unknown.detector.dim}"
            )

    @cached_property
    def known(self) -> Known | None:
        """The pictures that evidence is shown from, read when first asked for; None in models made before."""
        try:
            return Known.from_members(self.known_members) if self.known_members else None
        except (
            ArithmeticError,
            AttributeError,
            LookupError,
            RecursionError,
            SafetensorError,
            TypeError,
            ValueError,
        ) as error:
            raise BundleError(
                f"expected the pictures that the model learned from, found them damaged ({error}); copy the "
                "model again or fit it anew"
            ) from error

    @property
    def dim(self) -> int:
        """Length of the rows it scores: of a vector, times the number of views that vote."""
        return int(self.estimators[0].n_features_in_)

    @property
    def n_views(self) -> int:
        """Number of views side by side in a row; 1 where the views of a picture are averaged first."""
        n_views: int = getattr(self.estimators[0], "n_views", 1)
        return n_views

    @property
    def vector_dim(self) -> int:
        """Length of a vector."""
        return self.dim // self.n_views

    @property
    def dims(self) -> tuple[int, ...]:
        """Length of each space's part of a vector."""
        return Space(self.space).dims

    @property
    def calibrated(self) -> bool:
        """Whether the scores are probabilities learned on held-out rows, not only ranks."""
        return self.trust.calibrator.method != IDENTITY

    @property
    def space_id(self) -> str:
        """Identity of the vector space as one SHA-256, as in the store."""
        return Space(self.space).id

    def scores(self, X: ArrayLike) -> NDArray[np.float64]:
        """Score vectors, (n, dim) -> (n, k), columns in the order of `labels`.

        Scores are calibrated as far as the bundle is. Where views vote, `X` holds those of a picture side
        by side. Multiclass rows sum to 1; one-vs-rest gives each label's own probability against all
        others, not normalised. Raises `BundleError` for another number of columns.
        """
        rows = np.asarray(X)
        if rows.ndim != 2 or rows.shape[1] != self.dim:
            raise BundleError(
                f"the model scores vectors of {self.dim} numbers, found an array of shape {rows.shape}; "
                "embed with the model's own backbone",
                expected=self.dim,
                found=rows.shape,
            )
        if len(rows) == 0:
            return np.zeros((0, len(self.labels)))
        if self.kind == MULTICLASS:
            plain = label_scores(self.estimators[0], rows, self.labels)
        else:
            plain = np.column_stack([_own_score(estimator, rows) for estimator in self.estimators])
        return self.trust.calibrator.apply(plain)

    def require_space(self, space: Mapping[str, Any]) -> None:
        """Raise `BundleError`, naming the fields that differ, unless the space is the bundle's."""
        found = Space(space).id
        if found == self.space_id:
            return
        absent = "nothing"
        fields = [
            f"{name}: {own.get(name, absent)!r} here, {other.get(name, absent)!r} there"
            for own, other in (
                (mine.identity, theirs.identity)
                for mine, theirs in zip_longest(
                    Space(self.space).parts, Space(space).parts, fillvalue=Space({})
                )
            )
            for name in sorted({*own, *other})
            if own.get(name, absent) != other.get(name, absent)
        ]
        raise BundleError(
            f"the model was made in the space {self.space_id}, the vectors are of {found}, and differ in "
            f"{'; '.join(fields)}; embed with the model's own backbone and weights, or fit again",
            expected=self.space_id,
            found=found,
        )

    def with_label(self, label: str, estimator: Any, calibrator: Calibrator | None = None) -> Bundle:
        """Return a one-vs-rest bundle with one label more; the files of the others stay as they are.

        The estimator is fitted on this label against the rest in the same space. Label sets and the
        detector of strangers know nothing of the new label and are left out. Raises `BundleError` if the
        bundle is not one-vs-rest or has the label, or if only one of the two is calibrated.
        """
        if self.kind != ONE_VS_REST or label in self.labels:
            raise BundleError(
                f"expected a one-vs-rest bundle without the label {label!r}, found a {self.kind} bundle of "
                f"{names(self.labels)}; fit again with all labels",
                label=label,
            )
        own, theirs = calibrator or Calibrator(), self.trust.calibrator
        if own.method != theirs.method:
            raise BundleError(
                f"expected scores of {label!r} calibrated as the bundle's, by {theirs.method}, found "
                f"{own.method}; learn both alike",
                label=label,
            )
        joined = replace(
            theirs, slope=(*theirs.slope, *own.slope), intercept=(*theirs.intercept, *own.intercept)
        )
        column = own.apply(_own_score(estimator, self.golden_vectors)[:, None])
        return replace(
            self,
            labels=(*self.labels, label),
            estimators=(*self.estimators, estimator),
            golden_scores=np.column_stack([self.golden_scores, column]),
            trust=Trust(joined),
        )


def _own_score(estimator: Any, rows: NDArray[Any]) -> NDArray[np.float64]:
    return label_scores(estimator, np.asarray(rows), (POSITIVE, NEGATIVE))[:, 0]


def names(labels: Iterable[object]) -> str:
    """Return labels as one line of text, sorted."""
    return ", ".join(sorted(map(str, labels)))
