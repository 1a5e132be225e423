"""The least a head must beat: the commonest label, and the nearest class mean."""

from __future__ import annotations

from typing import Any

from sklearn.dummy import DummyClassifier

from styleid.heads.base import Head, get_head


def _majority(seed: int) -> Any:
    """Build the classifier that ignores the vectors.

    Not ``strategy="prior"``: a label that is rarer in a test part is commoner in its training
    part, so out of fold the priors rank the labels backwards and ROC AUC falls below one half.
    """
    return DummyClassifier(strategy="most_frequent", random_state=seed)


MAJORITY = Head(
    name="majority", summary="always the commonest label of the training part", build=_majority, grid={}
)


def baseline_heads() -> tuple[Head, ...]:
    """Return the baselines: `MAJORITY` and the registry's nearest class mean."""
    return MAJORITY, get_head("centroid")
