"""Maps from scores to probabilities: what they do, what they may see, how they are kept."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from evaluate_cases import SEEN, SPY, drawn, drawn_table, until_scored
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import softmax
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.metrics import log_loss

from styleid import cross_validate, grouped_folds, make_table
from styleid.errors import BundleError
from styleid.evaluate.calibration import (
    HeldOut,
    calibrate,
    calibrated_folds,
    dealt_parts,
    held_out,
    in_row_order,
    learn_calibrator,
    plain_scores,
)
from styleid.evaluate.crossval import evaluate_holdout, fit_final
from styleid.evaluate.splits import holdout
from styleid.heads.base import REGISTRY, Head, get_head
from styleid.heads.one_vs_rest import one_vs_rest_head
from styleid.questions.calibration.measure import METRICS, calibration_metrics
from styleid.rules.calibrator import SIGMOID, Calibrator


def known(true, scores):
    return HeldOut(np.arange(len(true)), true, scores, np.arange(len(true)))


class Loud(ClassifierMixin, BaseEstimator):
    """The true probabilities found in the columns, sharpened."""

    def fit(self, X, y):
        self.classes_ = np.unique(y)
        return self

    def predict_proba(self, X):
        return softmax(4 * np.log(np.asarray(X, dtype=np.float64)), axis=1)


LOUD = Head("loud", "", lambda seed: Loud(), {})


@pytest.mark.parametrize("sharper", [0.5, 1.0, 4.0])
def test_the_temperature_undoes_a_known_one(sharper):
    scores, true = drawn()
    found, notes = learn_calibrator(known(true, softmax(sharper * np.log(scores), axis=1)))
    assert found.temperature == pytest.approx(sharper, rel=0.15)
    assert notes == ()


def test_an_overconfident_head_is_more_than_halved_in_its_error():
    scores, true = drawn(900)
    names = np.array(["a", "b", "c", "d"])
    y, groups = names[true], np.arange(900) // 2
    X = scores.astype(np.float32)
    folds, _ = grouped_folds(y, groups, 4, 0)
    before = cross_validate(LOUD, make_table(X, y, groups), folds)
    found = calibrated_folds(LOUD, make_table(X, y, groups), folds, before)
    rows, after = in_row_order(found)
    assert rows.tolist() == before.rows.tolist()
    assert np.array_equal(in_row_order(found, plain=True)[1], before.scores)
    first = calibration_metrics(before.true, before.scores, groups)
    second = calibration_metrics(before.true, after, groups)
    assert first.ece.value > 0.15
    for name in METRICS:
        value, after_it = getattr(first, name).value, getattr(second, name).value
        assert after_it < (value / 2 if name.startswith("ece") else value)
    assert np.array_equal(after.argmax(axis=1), before.predicted)


def test_a_temperature_keeps_the_order_and_the_sum():
    scores, _ = drawn()
    for temperature in (0.05, 0.7, 3.0, 50.0):
        mapped = Calibrator("temperature", temperature).apply(scores)
        assert np.array_equal(np.argsort(mapped, axis=1), np.argsort(scores, axis=1))
        np.testing.assert_allclose(mapped.sum(axis=1), 1)


def test_no_mistake_is_no_certainty():
    true = np.arange(60) % 3
    found, _ = learn_calibrator(known(true, softmax(np.eye(3)[true], axis=1)))
    top = found.apply(softmax(np.eye(3)[true], axis=1)).max(axis=1)
    # 60 pictures without a mistake speak for (60 + 1/2) / (60 + 1), not for 1.
    np.testing.assert_allclose(top, 60.5 / 61)


def test_a_score_of_zero_can_be_mapped():
    mapped = Calibrator("temperature", 2.0).apply(np.array([[0.0, 1.0], [0.5, 0.5]]))
    assert np.isfinite(mapped).all()
    odds = Calibrator("sigmoid", 1.0, (1.0, 1.0), (0.0, 0.0)).apply(np.array([[0.0, 1.0]]))
    assert np.isfinite(odds).all()


def test_columns_get_a_sigmoid_each_with_smoothed_targets():
    scores, true = drawn(400, 3)
    wrong = scores**3  # ranks alike, sums to anything
    found, _ = learn_calibrator(known(true, wrong), SIGMOID)
    assert found.method == "sigmoid"
    mapped = found.apply(wrong)
    for label in range(3):
        assert mapped[:, label].mean() == pytest.approx(np.mean(true == label), abs=0.02)
        order = np.argsort(wrong[:, label], kind="stable")
        assert (np.diff(mapped[order, label]) >= 0).all()
    # Three pictures each told apart without a mistake: Platt's targets are 4/5 and 1/5, not 1 and 0.
    pair = np.array([[0.9, 0.1], [0.1, 0.9]])
    found, _ = learn_calibrator(known(np.array([0, 1] * 3), np.tile(pair, (3, 1))), SIGMOID)
    np.testing.assert_allclose(found.apply(pair), [[4 / 5, 1 / 5], [1 / 5, 4 / 5]], atol=1e-3)


def test_a_column_that_ranks_backwards_keeps_its_order_all_the_same():
    scores, true = drawn(300, 2)
    found, _ = learn_calibrator(known(1 - true, scores), SIGMOID)
    assert min(found.slope) > 0


def test_too_few_groups_leave_the_scores_as_they_are():
    X, y, groups = drawn_table(n=30, k=3, per_group=10)
    found = held_out(SPY, {}, make_table(X, y, groups, tuple(np.unique(y))), np.arange(30), seed=0)
    calibrator, notes = learn_calibrator(found)
    assert calibrator == Calibrator()
    assert len(notes) == 1
    assert "at least 5 groups to learn from, found 0" in notes[0]
    scores = np.array([[0.2, 0.8]])
    assert calibrator.apply(scores) is scores


@pytest.mark.parametrize("one_vs_rest", [False, True])
def test_a_fold_learns_its_map_from_the_other_folds_and_fits_no_head_for_it(one_vs_rest):
    X, y, groups = drawn_table(n=180)
    folds, _ = grouped_folds(y, groups, 3, 0)
    head, table = one_vs_rest_head(SPY) if one_vs_rest else SPY, make_table(X, y, groups)
    predictions = cross_validate(head, table, folds)
    SEEN.clear()
    found = calibrated_folds(head, table, folds, predictions)
    assert SEEN == []
    for fold, one in zip(folds, found, strict=True):
        assert one.known.rows.tolist() == fold.train.tolist()
    # What the scores of a fold's own pictures are has no part in its map.
    scores = predictions.scores.copy()
    scores[folds[0].test] = np.random.default_rng(0).dirichlet(np.ones(3), len(folds[0].test))
    again = calibrated_folds(head, table, folds, predictions.with_scores(scores))
    assert again[0].calibrator == found[0].calibrator
    assert again[1].calibrator != found[1].calibrator


@pytest.mark.parametrize("one_vs_rest", [False, True])
def test_held_out_scores_are_by_heads_that_know_no_picture_of_the_component(one_vs_rest):
    X, y, groups = drawn_table(n=180)
    table, rows = make_table(X, y, groups), np.arange(0, 150)
    SEEN.clear()
    found = held_out(one_vs_rest_head(SPY) if one_vs_rest else SPY, {}, table, rows, seed=0)
    assert {event["event"] for event in SEEN} == {"fit", "score"}
    assert found.rows.tolist() == rows.tolist()
    assert set(np.concatenate([event["rows"] for event in SEEN])) == set(rows)
    for before, scored in until_scored(groups):
        for event in before:
            assert not set(groups[event["rows"]]) & set(groups[scored])


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 10**6), st.integers(2, 20), st.booleans())
def test_parts_leave_every_label_something_to_learn_from(seed, n_parts, subjects):
    rng = np.random.default_rng(seed)
    n, k = int(rng.integers(4, 60)), int(rng.integers(2, 6))
    y = rng.integers(0, k, n).astype(str)
    groups = rng.integers(0, int(rng.integers(1, n)), n)
    groups = (
        groups if subjects else np.unique(np.stack([groups, y.astype(int)]), axis=1, return_inverse=True)[1]
    )
    table, rows = (
        make_table(np.zeros((n, 1)), y, groups),
        np.sort(rng.choice(n, max(2, n - 3), replace=False)),
    )
    parts = dealt_parts(table, rows, n_parts, seed)
    assert len(parts) <= n_parts
    dealt = np.concatenate(parts) if parts else rows[:0]
    assert len(dealt) == len(set(dealt))
    assert set(dealt) <= set(rows)
    for part in parts:
        rest = np.setdiff1d(rows, part)
        assert set(y[part]) <= set(y[rest])
        assert not set(groups[part]) & set(groups[rest])
    if not subjects:  # without subjects that join labels, parts of a label differ by one component at most
        for label in set(y[rows].tolist()):
            of_label = [len(set(groups[part][y[part] == label].tolist())) for part in parts]
            n_components = len(set(groups[rows][y[rows] == label].tolist()))
            assert sum(of_label) == (n_components if n_components > 1 else 0)
            assert max(of_label, default=0) <= int(np.ceil(n_components / n_parts)) or n_components <= 1


def test_heads_that_score_on_other_scales_are_laid_side_by_side():
    scores, true = drawn(900)
    names = np.array(["a", "b", "c", "d"])
    y, groups = names[true], np.arange(900) // 2
    table = make_table(scores.astype(np.float32), y, groups)
    folds, _ = grouped_folds(y, groups, 4, 0)
    plain = cross_validate(LOUD, table, folds)
    even = calibrated_folds(LOUD, table, folds, plain)
    loud, runs = plain.scores.copy(), list(plain.runs)
    for number, power in enumerate((1, 2, 4, 8)):  # the same heads, had they chosen sharper parameters
        test = folds[number].test
        loud[test] = softmax(power * np.log(plain.scores[test]), axis=1)
        runs[number] = replace(runs[number], lead=(power * runs[number].lead[0],))
    found = calibrated_folds(LOUD, table, folds, replace(plain, scores=loud, runs=tuple(runs)))
    for number, (one, other) in enumerate(zip(even, found, strict=True)):
        assert other.calibrator.temperature == pytest.approx(2**number * one.calibrator.temperature, rel=1e-6)
        np.testing.assert_allclose(other.scores, one.scores, atol=1e-9)


def test_labels_heads_that_score_on_other_scales_are_laid_side_by_side_too():
    X, y, groups = drawn_table(n=180, spread=1.5)
    table, head = make_table(X[:, 1:], y, groups), one_vs_rest_head(replace(get_head("centroid"), grid={}))
    folds, _ = grouped_folds(y, groups, 3, 0)
    plain = cross_validate(head, table, folds)
    even = calibrated_folds(head, table, folds, plain)
    loud, runs = plain.scores.copy(), list(plain.runs)
    for number, power in enumerate((1, 2, 3)):
        test, powers = folds[number].test, np.array([power, 1, 1 / power])
        odds = powers * (np.log(plain.scores[test]) - np.log1p(-plain.scores[test]))
        loud[test] = 1 / (1 + np.exp(-odds))
        runs[number] = replace(runs[number], lead=tuple((powers * runs[number].lead).tolist()))
    found = calibrated_folds(head, table, folds, replace(plain, scores=loud, runs=tuple(runs)))
    assert even[0].calibrator.slope != found[1].calibrator.slope
    for one, other in zip(even, found, strict=True):
        np.testing.assert_allclose(other.scores, one.scores, atol=1e-4)


@pytest.mark.parametrize("name", REGISTRY)
def test_every_head_is_calibrated_once_and_from_outside(name):
    X, y, groups = drawn_table(n=150, spread=1.5)
    X = X[:, 1:]  # column 0 is the row number, which tells nothing
    folds, _ = grouped_folds(y, groups, 3, 0)
    head, table = replace(get_head(name), grid={}), make_table(X, y, groups)
    plain = cross_validate(head, table, folds)
    found = calibrated_folds(head, table, folds, plain)
    after = in_row_order(found)[1]
    # The map is learned from, and laid over, just what the head gives; a head that had learned one already
    # would leave it nothing to do, a temperature near 1.
    assert np.array_equal(in_row_order(found, plain=True)[1], plain.scores)
    assert np.array_equal(after.argmax(axis=1), plain.predicted)
    assert all(fold.calibrator.method == "temperature" for fold in found)
    again = np.concatenate([fold.calibrator.apply(fold.plain) for fold in found])
    assert np.array_equal(again, np.concatenate([fold.scores for fold in found]))
    assert log_loss(y, after) < log_loss(y, plain.scores) + 0.02
    if name in ("centroid", "svm"):
        assert min(abs(np.log(fold.calibrator.temperature)) for fold in found) > 0.1


def test_the_claims_of_an_svm_come_near_the_truth():
    X, y, groups = drawn_table(n=900, spread=1.5)
    table, head, params = make_table(X[:, 1:], y, groups), get_head("svm"), {"C": 0.001}
    train = np.flatnonzero(np.isin(groups, np.unique(groups)[:150]))
    test = np.setdiff1d(np.arange(900), train)
    known = replace(head, grid={name: [value] for name, value in params.items()})
    learned = table.take(train)
    final = fit_final(known, learned)
    calibrator = calibrate(known, final.params, learned)[0].in_units(final.lead)
    plain = plain_scores(head, params, table, train, test, seed=0)
    scores, right = calibrator.apply(plain), plain.argmax(axis=1) == table.numbers[test]
    assert 0.4 < right.mean() < 0.9
    assert abs(plain.max(axis=1).mean() - right.mean()) > 0.1
    assert abs(scores.max(axis=1).mean() - right.mean()) < 0.08


@pytest.mark.parametrize("name", ["svm", "lda", "centroid"])
def test_a_set_without_a_mistake_claims_no_certainty(name):
    X, y, groups = drawn_table(n=90, spread=0.01)
    table = make_table(X[:, 1:], y, groups)
    _, known, _ = calibrate(get_head(name), {}, table)
    assert (known.scores.argmax(axis=1) == known.true).all()
    assert known.scores.max(axis=1).mean() == pytest.approx(90.5 / 91, abs=1e-6)


def test_a_holdout_is_calibrated_by_its_training_part():
    X, y, groups = drawn_table(n=150)
    fold = holdout(y, groups, 0)
    predictions = evaluate_holdout(SPY, make_table(X, y, groups), fold)
    SEEN.clear()
    (found,) = calibrated_folds(SPY, make_table(X, y, groups), [fold], predictions)
    assert found.rows.tolist() == fold.test.tolist()
    assert set(np.concatenate([event["rows"] for event in SEEN])) == set(fold.train)


def test_the_shipped_map_is_learned_on_all_rows_and_does_not_depend_on_cores():
    X, y, groups = drawn_table(n=120)
    head, table = get_head("centroid"), make_table(X, y, groups)
    calibrator, found, notes = calibrate(head, {}, table, seed=1)
    assert calibrator.method == "temperature"
    assert found.rows.tolist() == list(range(120))
    assert notes == ()
    np.testing.assert_allclose(found.scores.sum(axis=1), 1)
    again, _, _ = calibrate(head, {}, table, seed=1, n_jobs=2)
    assert again == calibrator
    folds, _ = grouped_folds(y, groups, 3, 0)
    predictions = cross_validate(head, make_table(X, y, groups), folds)
    one, two = (
        calibrated_folds(head, make_table(X, y, groups), folds, predictions, n_jobs=n) for n in (1, 2)
    )
    assert [fold.calibrator for fold in one] == [fold.calibrator for fold in two]


@pytest.mark.parametrize(
    "calibrator",
    [
        Calibrator(),
        Calibrator("temperature", 1.25),
        Calibrator("sigmoid", 1.0, (1.0, 0.5), (0.0, -2.0)),
    ],
)
def test_a_map_comes_back_from_json(calibrator):
    assert Calibrator.from_dict(json.loads(json.dumps(calibrator.to_dict()))) == calibrator


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"method": "isotonic"},
        {"method": "temperature"},
        {"method": "temperature", "temperature": 0},
        {"method": "temperature", "temperature": float("nan")},
        {"method": "temperature", "temperature": "hot"},
        {"method": "sigmoid"},
        {"method": "sigmoid", "slope": [1.0], "intercept": [1.0, 2.0]},
        {"method": "sigmoid", "slope": [-1.0], "intercept": [1.0]},
    ],
)
def test_a_damaged_map_is_refused(values):
    with pytest.raises(BundleError, match="expected a calibration"):
        Calibrator.from_dict(values)
