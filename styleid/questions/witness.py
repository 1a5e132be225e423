"""A witness: trees on what needs no look at the drawing, for a set and for one picture."""

from __future__ import annotations

from sklearn.ensemble import ExtraTreesClassifier

from styleid.heads.base import Head

#: A hundred name no more on the demo, and cost its check a second.
TREES = 75


def _forest(seed: int) -> ExtraTreesClassifier:
    """Build trees: facts tell labels by thresholds ("wider than 1,000"), not by slopes.

    Labels weigh alike, for balanced accuracy judges: trees that favour the common ones make a poor witness.
    """
    return ExtraTreesClassifier(TREES, class_weight="balanced", max_features=0.1, random_state=seed, n_jobs=1)


#: The strongest cheap one on fourteen sets, see docs/decisions.md.
WITNESS = Head(name="witness", summary="trees on what needs no drawing", build=_forest, grid={})
