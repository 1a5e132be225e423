"""Telling "none of these": easy strangers, strangers like the known, false alarms, two labels, arrays."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from detector_cases import detector_of
from evaluate_cases import bare_table
from sklearn.covariance import ledoit_wolf

from styleid import make_table
from styleid.errors import BundleError, InputError
from styleid.questions.strangers import distances, measure
from styleid.questions.strangers.distances import (
    fit_detector,
    fold_distances,
    fold_thresholds,
    known_folds,
)
from styleid.questions.strangers.hidden_label import drawn_labels, hide_label
from styleid.questions.strangers.measure import (
    FINAL_SPLITS,
    HIDDEN_LABELS,
    coverage_curve,
    learn_unknown,
    unknown_gate,
)
from styleid.rules import strangers as strangers_rule
from styleid.rules.strangers import ARRAYS, Detector, threshold_of

NEAR = {
    "near.means": np.ones((2, 3)),
    "near.whitening": np.ones((3, 3)),
    "near.middle": np.ones(3),
    "near.rows": np.ones((5, 3)),
    "near.scale": np.ones((2, 2)),
}


def clusters(n_labels=4, per_label=40, dim=12, far=4.0, seed=0, split=None):
    """Labels around orthogonal directions, pictures in pairs; `split` gives one label's cluster to two."""
    rng = np.random.default_rng(seed)
    label = np.repeat(np.arange(n_labels), per_label)
    centres = far * np.eye(n_labels, dim)
    if split:
        centres[split[1]] = centres[split[0]]
    X = (centres[label] + rng.normal(size=(len(label), dim))).astype(np.float32)
    y = np.array([f"hand {chr(97 + i)}" for i in label])
    return X, y, np.arange(len(label)) // 2


def test_far_clusters_are_told_apart():
    found = learn_unknown(make_table(*clusters(far=12.0)), n_resamples=100)
    assert [hidden.label for hidden in found.hidden] == ["hand a", "hand b", "hand c", "hand d"]
    for hidden in found.hidden:
        assert hidden.auroc.value > 0.99
        assert hidden.fpr_at_95_tpr < 0.05
        assert hidden.recognised.value > 0.9
        assert 0.8 < hidden.auroc.low < 0.9, "told without a mistake, but of 20 groups only"
        assert hidden.auroc.high == 1.0
    assert found.notes == ()
    assert found.detector.kind == "near"


def test_half_of_one_cluster_is_not_told_from_the_other_half():
    X, y, groups = clusters(far=12.0, split=(0, 1), per_label=80)
    found = learn_unknown(make_table(X, y, groups), n_resamples=100)
    by_label = {hidden.label: hidden for hidden in found.hidden}
    for label in ("hand a", "hand b"):
        # Known pictures of two other clusters are as near to theirs as these to the half that is known.
        assert by_label[label].auroc.value == pytest.approx(0.5, abs=0.1)
        assert by_label[label].recognised.value < 0.15
    assert by_label["hand c"].auroc.value > 0.99


@pytest.mark.parametrize("false_alarm", [0.05, 0.2])
def test_pictures_to_come_raise_as_many_false_alarms_as_stated(false_alarm):
    rates = []
    for seed in range(20):
        X, y, groups = clusters(per_label=100, seed=seed)
        rows = np.arange(200)  # known; the rest of each label comes later
        order = np.random.default_rng(seed).permutation(400)
        X, y, groups = X[order], y[order], np.arange(400)
        folds = known_folds(bare_table(y, groups), rows, n_splits=FINAL_SPLITS, seed=seed)
        known, _, scale = fold_distances(make_table(X, y, groups), folds, rows[:0])
        threshold = threshold_of(known.values, false_alarm)
        detector = fit_detector(X[rows], y[rows], scale)
        rates.append(np.mean(detector.distances(X[200:]) > threshold))
    assert np.mean(rates) == pytest.approx(false_alarm, abs=0.03)


def test_the_measured_false_alarms_are_those_stated():
    found = learn_unknown(make_table(*clusters(per_label=100)), n_resamples=100, false_alarm=0.1)
    assert found.false_alarms.value == pytest.approx(0.1, abs=0.04)
    assert found.false_alarms.low < 0.1 < found.false_alarms.high
    assert np.mean(found.known.values > unknown_gate(found).threshold) <= 0.1


def test_nothing_is_measured_by_a_detector_that_saw_its_group(monkeypatch):
    # Groups span labels, as subjects that several hands draw. Column 0 is the row number.
    X, y, _ = clusters(per_label=20)
    groups = np.tile(np.arange(20), 4)
    X = np.column_stack([np.arange(80), X]).astype(np.float32)
    seen = []

    class Watch(Detector):
        def parts(self, X):
            seen.append((self.rows, X[:, 0].astype(int)))
            return np.arange(2.0 * len(X)).reshape(-1, 2)

    def watched(X, y):
        detector = Watch("near", {})
        object.__setattr__(detector, "rows", X[:, 0].astype(int))
        return detector

    monkeypatch.setattr(distances, "fit_detector", watched)
    hide_label(make_table(X, y, groups), "hand b", 0.05, 0, 20)
    assert seen
    hidden = set(np.flatnonzero(y == "hand b"))
    for fitted, measured in seen:
        assert not set(groups[fitted]) & set(groups[measured])
        assert not set(fitted.tolist()) & hidden
    assert set(np.concatenate([rows for _, rows in seen]).tolist()) == set(range(80))


def test_a_threshold_for_a_fold_comes_from_the_other_folds():
    values = np.array([1.0, 2.0, 3.0, 10.0, 20.0, 30.0])
    known = distances.Distances(np.arange(6), values, np.array([0, 0, 0, 1, 1, 1]))
    assert fold_thresholds(known, 0.5).tolist() == [20.0, 2.0]
    assert threshold_of(np.arange(1.0, 100.0), 0.05) == 95
    assert threshold_of(np.arange(1.0, 5.0), 0.05) == 4  # too few to promise 5 %: the largest


def test_two_labels_leave_one_known_and_say_so():
    found = learn_unknown(make_table(*clusters(n_labels=2, far=12.0)), n_resamples=50)
    assert len(found.hidden) == 2
    assert "only two labels" in found.notes[0]
    assert min(hidden.auroc.value for hidden in found.hidden) > 0.95


def test_three_labels_choose_on_the_two_that_are_left():
    found = learn_unknown(make_table(*clusters(n_labels=3, far=12.0)), n_resamples=50)
    assert len(found.hidden) == 3
    assert found.notes == ()


def test_one_seed_one_result_on_one_core_or_two():
    table = clusters(n_labels=3, per_label=20)
    one, two = (learn_unknown(make_table(*table), n_resamples=50, n_jobs=n) for n in (1, 2))
    assert one.hidden == two.hidden
    assert unknown_gate(one).threshold == unknown_gate(two).threshold


def test_labels_with_one_group_are_measured_or_said_not_to_be():
    X, y, groups = clusters(n_labels=3, per_label=20)
    groups = np.where(y == "hand a", -1, groups)
    found = learn_unknown(make_table(X, y, groups), n_resamples=50)
    assert len(found.hidden) == 3
    with pytest.raises(InputError, match="at least 2 groups"):
        learn_unknown(make_table(X, y, np.zeros(60)))


@pytest.mark.parametrize("kind", ARRAYS)
def test_distances_by_hand_and_back_from_arrays(kind, monkeypatch):
    monkeypatch.setattr(strangers_rule, "BATCH", 7)
    X, y, _ = clusters()
    scale = np.array([[3.0, -0.5], [2.0, 0.1]])
    detector = detector_of(kind, X[::2], y[::2], scale)
    known, new = (Z / np.linalg.norm(Z, axis=1, keepdims=True) for Z in (X[::2], X[1::2]))
    if kind == "knn":
        by_hand = np.sort(np.linalg.norm(new[:, None] - known, axis=2), axis=1)[:, 4]
    else:
        means = np.stack([known[y[::2] == label].mean(axis=0) for label in np.unique(y)])
        white = detector.arrays["whitening"].astype(float)
        inverse = white @ white.T
        centred = known - means[np.unique(y[::2], return_inverse=True)[1]]
        scatter = centred.T @ centred / len(centred)
        assert np.trace(inverse @ scatter) == pytest.approx(12, rel=0.15)  # shrunk, yet of this scatter
        offset = new[:, None] - means
        by_hand = np.sqrt(np.einsum("nki,ij,nkj->nk", offset, inverse, offset).min(axis=1))
    if kind == "near":
        here, there = ((Z - known.mean(axis=0)) @ white for Z in (new, known))
        here, there = (Z / np.linalg.norm(Z, axis=1, keepdims=True) for Z in (here, there))
        cosine = np.sort(here @ there.T, axis=1)[:, -3:].mean(axis=1)
        by_hand = (by_hand - 3) / 2 + (-cosine + 0.5) / 0.1
    how = {"rtol": 1e-4, "atol": 0.02 if kind == "near" else 0}  # rows are kept in half precision
    np.testing.assert_allclose(detector.distances(X[1::2]), by_hand, **how)
    np.testing.assert_allclose(detector.distances(3 * X[1::2]), by_hand, **how)  # length says nothing
    again = Detector.from_arrays(detector.to_arrays())
    assert again.kind == kind
    assert np.array_equal(again.distances(X), detector.distances(X))


def test_of_many_known_pictures_some_of_each_label_are_kept(monkeypatch):
    X, y, _ = clusters()
    assert len(fit_detector(X, y).arrays["rows"]) == len(y)
    monkeypatch.setattr(distances, "MOST_KEPT", 50)
    few, whole = fit_detector(X, y), fit_detector(X[:1], y[:1])
    assert len(few.arrays["rows"]) == 40, "every fourth"
    assert few.arrays["rows"].dtype == np.float16
    assert len(whole.arrays["rows"]) == 1
    assert np.isfinite(whole.distances(X)).all()


def test_copies_and_zeros_are_no_fault():
    X, y = np.tile(np.eye(2, 5, dtype=np.float32), (6, 1)), np.tile(["a", "b"], 6)
    for kind in ARRAYS:
        detector = detector_of(kind, X, y)
        here, away = detector.distances(X), detector.distances(np.zeros((1, 5), dtype=np.float32))
        assert np.ptp(here) == pytest.approx(0, abs=1e-3)
        assert np.isfinite(away).all()
        assert away > here.max()
    assert len(detector.distances(X[:0])) == 0


@pytest.mark.parametrize(
    "arrays",
    [
        {},
        {"knn.rows": np.ones(3, dtype=np.float32)},
        {"knn.rows": np.full((2, 3), np.nan, dtype=np.float32)},
        {"mahalanobis.means": np.ones((2, 3)), "mahalanobis.whitening": np.ones((3, 2))},
        {"mahalanobis.means": np.ones((2, 4)), "mahalanobis.whitening": np.ones((3, 3))},
        {"mahalanobis.means": np.ones((2, 3))},
        NEAR | {"near.scale": np.ones((2, 3))},
        NEAR | {"near.scale": np.array([[0.0, 0.0], [1.0, 0.0]])},
        NEAR | {"near.middle": np.ones(4)},
        NEAR | {"near.rows": np.ones((5, 4))},
        NEAR | {"near.means": np.full((2, 3), np.inf)},
        {name: array for name, array in NEAR.items() if name != "near.middle"},
    ],
)
def test_damaged_arrays_are_refused(arrays):
    with pytest.raises(BundleError, match="arrays of one detector"):
        Detector.from_arrays(arrays)


def test_accuracy_rises_as_the_strange_are_put_aside():
    distances = np.arange(100.0)
    correct = distances < 60
    points = coverage_curve(distances, correct, np.arange(100), n_resamples=50)
    assert points[0].coverage == 1
    assert points[0].accuracy.value == pytest.approx(0.6)
    assert [point.coverage for point in points] == pytest.approx([1 - i / 20 for i in range(20)], abs=0.011)
    assert points[-1].accuracy.value == 1
    assert np.all(np.diff([point.accuracy.value for point in points]) >= 0)


def test_of_many_pictures_a_sample_is_looked_at_and_a_note_says_so(monkeypatch):
    X, y, groups = clusters(per_label=60, far=12.0)
    whole = learn_unknown(make_table(X, y, groups), n_resamples=20)
    monkeypatch.setattr(measure, "MOST_ROWS", len(y) // 3)
    found = learn_unknown(make_table(X, y, groups), n_resamples=20)
    looked_at = found.known.rows
    assert len(y) / 3 <= len(looked_at) < len(y) / 2
    assert {str(label) for label in y[looked_at]} == {str(label) for label in y}
    inside = np.isin(groups, groups[looked_at])
    assert inside.sum() == len(looked_at), "groups are taken whole"
    said = f"strangers were told from {len(looked_at)} of {len(y)} pictures, groups drawn at random"
    assert found.notes[0].startswith(said)
    assert len(unknown_gate(found).known) == len(looked_at)
    # The detector that is shipped has learned from all: it is that of the whole, in units of those looked at.
    kept = found.detector.arrays, whole.detector.arrays
    assert all(np.array_equal(kept[0][name], kept[1][name]) for name in kept[0] if name != "scale")
    assert abs(found.false_alarms.value - 0.05) < 0.04
    again = learn_unknown(make_table(X, y, groups), n_resamples=20, n_jobs=2)
    assert (again.hidden, again.known.rows.tolist()) == (found.hidden, looked_at.tolist())


def test_of_many_labels_some_are_hidden_and_a_note_says_so():
    X, y, groups = clusters(n_labels=20, per_label=6, dim=24, far=12.0)
    found = learn_unknown(make_table(X, y, groups), n_resamples=20)
    labels = [hidden.label for hidden in found.hidden]
    assert len(labels) == HIDDEN_LABELS == len(set(labels))
    assert labels == sorted(labels)
    assert found.notes[0].startswith("12 of 20 labels were hidden in turn, drawn at random")
    again = learn_unknown(make_table(X, y, groups), n_resamples=20, n_jobs=2)
    assert again.hidden == found.hidden
    assert unknown_gate(again).threshold == unknown_gate(found).threshold
    other = learn_unknown(make_table(X, y, groups), n_resamples=20, seed=1)
    assert [hidden.label for hidden in other.hidden] != labels
    # The threshold and its false alarms are those of all labels.
    assert len(found.known.rows) == len(y)


def test_labels_are_drawn_evenly():
    labels = [f"l{number}" for number in range(6)]
    assert drawn_labels(labels, 6, 0) == labels
    assert drawn_labels(labels, 9, 0) == labels
    counts = Counter(label for seed in range(600) for label in drawn_labels(labels, 2, seed))
    assert all(count == pytest.approx(200, abs=50) for count in counts.values())
    assert len(counts) == 6


def test_labels_of_one_picture_are_no_fault():
    X, y, groups = clusters(n_labels=5, per_label=8)
    y = y.copy()
    y[[0, 10, 20]] = ["lone 1", "lone 2", "lone 3"]
    found = learn_unknown(make_table(X, y, groups), n_resamples=20)
    assert len(found.hidden) == 8
    assert all(0 <= hidden.auroc.value <= 1 for hidden in found.hidden)


@pytest.mark.parametrize("n", [5, 12, 200])
def test_the_covariance_is_shrunk_as_scikit_learn_does(n):
    rows = np.random.default_rng(n).normal(size=(n, 12)) * np.linspace(0.1, 3, 12)
    expected, _ = ledoit_wolf(rows, assume_centered=True)
    np.testing.assert_allclose(distances._shrunk_covariance(rows), expected, rtol=1e-10, atol=1e-12)
    assert not distances._shrunk_covariance(np.zeros((n, 3))).any()
