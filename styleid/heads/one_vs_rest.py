"""One two-class head a label, each against all the others: a head around a head."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from styleid.heads.base import Head
from styleid.heads.scores import NEGATIVE, POSITIVE, against_rest, label_scores


class OneVsRest:
    """A classifier a label, which know nothing of each other: the scores of a row need not sum to 1.

    ``estimators_`` maps each label there were rows of to a classifier of `POSITIVE` and `NEGATIVE`.
    """

    def __init__(self, head: Head) -> None:
        self.head = head
        self.by_label: dict[str, Mapping[str, object]] = {}

    def set_params(self, /, **params: Mapping[str, object]) -> OneVsRest:
        """Set parameters, a mapping a label."""
        self.by_label |= params
        return self

    def fit(
        self,
        X: NDArray[Any],
        y: NDArray[np.str_],
        *,
        seeds: Mapping[str, int],
        groups: NDArray[Any] | None = None,
        validation: tuple[NDArray[Any], NDArray[np.str_]] | None = None,
    ) -> OneVsRest:
        """Fit the head of each label, with the seed given for it; a label without a row is not learned."""
        learned = set(y.tolist())
        self.estimators_: dict[str, Any] = {}
        for label, seed in seeds.items():
            if label not in learned:
                continue
            extra: dict[str, Any] = {} if groups is None else {"groups": groups}
            if validation is not None:
                extra["validation"] = (validation[0], against_rest(validation[1], label))
            estimator = self.head.build(seed).set_params(**self.by_label.get(label, {}))
            self.estimators_[label] = estimator.fit(X, against_rest(y, label), **extra)
        self.classes_ = np.array(list(self.estimators_))
        return self

    def predict_proba(self, X: NDArray[Any]) -> NDArray[np.float64]:
        """Return each label's own score, (n, n_classes), in the order of ``classes_``."""
        sides = (POSITIVE, NEGATIVE)
        return np.column_stack([label_scores(one, X, sides)[:, 0] for one in self.estimators_.values()])

    def predict(self, X: NDArray[Any]) -> NDArray[np.str_]:
        """Return the label with the highest score, the first of equals."""
        labels: NDArray[np.str_] = self.classes_[self.predict_proba(X).argmax(axis=1)]
        return labels


def one_vs_rest_head(head: Head) -> Head:
    """Return the head that fits `head` once a label; its parameters map each label to those of `head`."""
    return replace(head, build=partial(_build, head), by_label=head)


def _build(head: Head, _: int) -> OneVsRest:
    return OneVsRest(head)
