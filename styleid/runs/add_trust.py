"""Learn label sets and the detector of strangers again for a model that has grown by a label.

Label sets rest on the out-of-fold score of each picture's own label. Another head changes none of those, so
the new label's pictures bring theirs and the others keep what they have. The detector looks at vectors
alone and is learned anew from all of them.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from styleid.evaluate.conformal import nonconformity
from styleid.evaluate.one_label import LabelHead
from styleid.evaluate.unknown import learn_unknown
from styleid.model.trust import LabelSets, Trust
from styleid.runs.training_set import TrainingSet
from styleid.runs.trust import unknown_gate

#: Nonconformity that a picture's own score decides alone.
OWN_SCORE = "lac"


def grown_trust(
    before: Trust,
    bare: Trust,
    learned: LabelHead,
    data: TrainingSet,
    own: NDArray[np.bool_],
    seed: int,
    n_jobs: int,
) -> tuple[Trust, list[str]]:
    """Return the trust of a grown model, and notes on what was lost or not measured again.

    Only what the model had before is given back. `bare` holds the calibration of all labels and nothing
    else.
    """
    gate, sets, notes = None, None, []
    if before.unknown is not None:
        rate = before.unknown.false_alarm
        rule = learn_unknown(
            data.vectors, data.own_labels, data.components, false_alarm=rate, seed=seed, n_jobs=n_jobs
        )
        gate, notes = unknown_gate(rule), list(rule.notes)
    if before.sets is not None:
        sets, note = _grown_sets(before.sets, learned, data, own)
        notes.append(note)
    return Trust(bare.calibrator, sets, gate), notes


def _grown_sets(
    before: LabelSets, learned: LabelHead, data: TrainingSet, own: NDArray[np.bool_]
) -> tuple[LabelSets | None, str]:
    # A group counts once. Which number a group had when the model was made is not known any more, so that one
    # with known and new pictures would count twice.
    shared = np.isin(data.components[own], data.components[~own]).any()
    if learned.inner is None or before.method != OWN_SCORE or shared:
        why = "groups hold both known and new pictures" if shared else f"they were learned by {before.method}"
        return None, f"sets of labels are left out, since {why}; `styleid fit --one-vs-rest` brings them back"
    inner = learned.inner
    mine = inner.true == 0
    fresh = nonconformity(inner.scores[mine], OWN_SCORE)[:, 0]
    groups = np.unique(inner.groups[mine], return_inverse=True)[1] + before.groups.max() + 1
    grown = LabelSets(
        OWN_SCORE,
        np.concatenate([before.own, fresh]),
        np.concatenate([before.groups, groups]).astype(np.int64),
    )
    return grown, "sets of labels hold the new label too; how wide they are was not measured again"
