"""Would more pictures help: on data where they do, and where nothing does."""

from __future__ import annotations

import numpy as np
import pytest
from evaluate_cases import LOGREG, SEEN, SPY, bare_table, drawn_table, until_scored
from sklearn.metrics import balanced_accuracy_score

from styleid import cross_validate, grouped_folds, make_table
from styleid.evaluate.resample import component_counts
from styleid.heads.base import get_head
from styleid.heads.one_vs_rest import one_vs_rest_head
from styleid.questions.more_pictures import measure as module
from styleid.questions.more_pictures.measure import (
    doubling_gains,
    learning_curve,
    point_scores,
    resampled_scores,
    thinned,
)


def noisy(signal, n=320, dim=60, seed=0):
    rng = np.random.default_rng(seed)
    label = np.arange(n) % 2
    X = rng.normal(size=(n, dim))
    X[:, :8] += signal * (2 * label[:, None] - 1)
    return X.astype(np.float32), np.array(["a", "b"])[label], np.arange(n) // 4


def curve(table, **kw):
    folds, _ = grouped_folds(table[1], table[2], 4, 0)
    return learning_curve(LOGREG, [{}] * len(folds), make_table(*table), folds, **kw)


def test_it_rises_where_there_is_something_to_learn():
    found = curve(noisy(0.3))
    scores = [point.score for point in found.points]
    assert scores[-1] > scores[0] + 0.1
    assert np.all(np.diff(scores) > -0.02)
    assert found.can_tell
    assert 0 < found.gain_low < found.gain < found.gain_high < 0.5
    assert f"about {100 * found.gain:.1f} points" in found.note
    pictures = [point.pictures for point in found.points]
    assert pictures == pytest.approx([15, 30, 60, 120], rel=0.15)
    for point in found.points:
        assert point.low <= point.score <= point.high


def test_it_is_flat_on_noise_and_cannot_tell():
    told = 0
    for seed in range(5):
        found = curve(noisy(0.0, seed=seed))
        assert max(abs(point.score - 0.5) for point in found.points) < 0.12
        assert abs(found.gain) < 0.08
        told += found.can_tell
    assert told <= 1
    assert "cannot be told" in curve(noisy(0.0)).note


def test_a_power_law_is_followed():
    pictures = np.array([5.0, 10.0, 20.0, 40.0])
    error = np.stack([0.8 * pictures**-0.5, np.full(4, 0.3), np.zeros(4)])
    gains = doubling_gains(pictures, 1 - error, 100)
    expected = 0.8 * (40**-0.5 - 80**-0.5)
    np.testing.assert_allclose(gains, [expected, 0, 0], atol=1e-12)


def test_no_score_leaves_zero_to_one():
    """From 1 to 2 to 4 pictures the score falls from .9 to .3: at eight it cannot fall below 0."""
    pictures = np.array([1.0, 2.0, 4.0])
    falling, top = np.array([[0.9, 0.6, 0.3]]), np.array([[0.5, 0.9, 1.0]])
    assert -0.3 <= doubling_gains(pictures, falling, 50)[0] < -0.29
    assert doubling_gains(pictures, top, 50)[0] == 0.0


def test_a_curve_at_the_top_has_nothing_left_to_gain():
    """Rounding once made a gain of 3e-17 a finding."""
    found = curve(noisy(9.0))
    assert [point.score for point in found.points[1:]] == [1.0] * 3
    assert not found.can_tell
    assert np.isnan([found.gain, found.gain_low, found.gain_high]).all()
    assert "nothing is left to gain" in found.note
    for point in found.points:
        assert point.low < 0.99, "80 groups, all right: as sure as Wilson is"


def test_a_curve_that_never_moves_tells_nothing():
    """A head that always gives one answer is right for one label of two, with however many pictures."""
    X, y, groups = noisy(0.0)
    X[:] = 0.0
    found = curve((X, y, groups))
    assert [point.score for point in found.points] == [0.5] * 4
    assert not found.can_tell
    assert np.isnan([found.gain_low, found.gain_high]).all()


def test_groups_stay_whole_and_labels_present():
    _, y, groups = drawn_table(n=120, k=3, per_group=4)
    rows = np.flatnonzero(np.arange(120) % 5 != 0)
    smaller: set[int] = set()
    for fraction in (0.01, 0.25, 0.5, 1.0):
        kept = thinned(bare_table(y, groups), rows, fraction, 0)
        assert set(y[kept]) == set(y)
        for group in np.unique(groups[kept]):
            assert set(rows[groups[rows] == group]) <= set(kept.tolist())
        for label in np.unique(y):
            mine = len(np.unique(groups[kept][y[kept] == label]))
            assert mine == np.ceil(fraction * len(np.unique(groups[rows][y[rows] == label])))
        assert smaller <= set(kept.tolist())
        smaller = set(kept.tolist())
    assert np.array_equal(kept, rows)
    assert not np.array_equal(
        thinned(bare_table(y, groups), rows, 0.25, 0),
        thinned(bare_table(y, groups), rows, 0.25, 1),
    )


def test_a_subject_kept_is_kept_by_every_hand():
    y, groups = np.repeat(["a", "b"], 30), np.tile(np.arange(10), 6)
    kept = thinned(bare_table(y, groups), np.arange(60), 0.3, 0)
    assert len(np.unique(groups[kept])) == 3


def test_no_scored_component_is_learned_from():
    SEEN.clear()
    X, y, groups = drawn_table()
    folds, _ = grouped_folds(y, groups, 3, 0)
    learning_curve(SPY, [{}] * 3, make_table(X, y, groups), folds)
    scored = []
    for before, rows in until_scored(groups):
        scored.append(rows)
        assert [event["event"] for event in before] == ["fit"]
        assert not set(groups[before[0]["rows"]]) & set(groups[rows])
    assert len(scored) == 3 * (3 * 3 + 1)


def test_the_last_point_is_the_cross_validation_and_cores_do_not_matter(monkeypatch):
    table = noisy(0.4)
    one, two = curve(table, n_jobs=1), curve(table, n_jobs=2)
    assert one == two
    assert curve(table, seed=1).points[0] != one.points[0]
    head = get_head("centroid")
    folds, _ = grouped_folds(table[1], table[2], 4, 0)
    monkeypatch.setattr(module, "FRACTIONS", (1.0,))
    last = learning_curve(head, [{}] * 4, make_table(*table), folds)
    assert len(last.points) == 1
    assert "cannot tell" in last.note
    assert not last.can_tell


def test_one_division_is_scored_on_its_test_part_only(monkeypatch):
    X, y, groups = noisy(0.4)
    folds, _ = grouped_folds(y, groups, 4, 0)
    found = learning_curve(LOGREG, [{}], make_table(X, y, groups), folds[1:2])
    fold = folds[1]
    model = LOGREG.build(0).fit(X[fold.train], y[fold.train])
    assert found.points[-1].score == pytest.approx(
        balanced_accuracy_score(y[fold.test], model.predict(X[fold.test]))
    )
    assert [point.pictures for point in found.points] == pytest.approx([15, 30, 60, 120], rel=0.1)
    predicted = (np.arange(len(fold.test)) % 3 == 0).astype(np.int64)
    # Groups of the scored rows are resampled, not those of as many others.
    groups = np.where(np.isin(np.arange(len(y)), fold.test), groups, 1000 + np.arange(len(y)))
    with monkeypatch.context() as only_whole_parts:
        only_whole_parts.setattr(module, "FRACTIONS", (1.0,))
        given = learning_curve(LOGREG, [{}], make_table(X, y, groups), [fold], full=predicted, seed=4)
    true = (y[fold.test] == "b").astype(np.int64)
    drawn = resampled_scores(true, [predicted[None]], groups[fold.test], 2, 1000, 4)
    expected = np.quantile(drawn[:, 0], [0.025, 0.975])
    assert [given.points[0].low, given.points[0].high] == pytest.approx(expected)
    # A quarter of the groups tells less.
    whole = curve(noisy(0.4))
    assert found.points[-1].high - found.points[-1].low > 1.3 * (whole.points[-1].high - whole.points[-1].low)


def test_one_head_a_label_with_its_own_parameters(monkeypatch):
    X, y, groups = drawn_table(n=120, k=3, per_group=4)
    folds, _ = grouped_folds(y, groups, 3, 0)
    params = {"hand a": {"strength": 1.0}, "hand b": {"strength": 2.0}, "hand c": {"strength": 3.0}}
    SEEN.clear()
    monkeypatch.setattr(module, "FRACTIONS", (1.0,))
    found = learning_curve(one_vs_rest_head(SPY), [params] * 3, make_table(X, y, groups), folds)
    fits = [event for event in SEEN if event["event"] == "fit"]
    assert [event["strength"] for event in fits] == [1.0, 2.0, 3.0] * 3
    for event, label in zip(fits, sorted(params) * 3, strict=True):
        assert np.array_equal(event["y"] == "this", y[event["rows"]] == label)
    predicted = cross_validate(one_vs_rest_head(SPY), make_table(X, y, groups), folds)
    assert found.points[0].score == pytest.approx(
        balanced_accuracy_score(predicted.true, predicted.predicted)
    )


def test_parameters_by_fold_reach_their_fold(monkeypatch):
    X, y, groups = drawn_table(n=120, k=3, per_group=4)
    folds, _ = grouped_folds(y, groups, 3, 0)
    SEEN.clear()
    monkeypatch.setattr(module, "FRACTIONS", (0.5, 1.0))
    learning_curve(SPY, [{"strength": float(i)} for i in range(3)], make_table(X, y, groups), folds)
    for event in SEEN:
        if event["event"] == "fit":
            fold = folds[int(event["strength"])]
            assert set(event["rows"].tolist()) <= set(fold.train.tolist())


def test_the_last_point_may_be_what_was_cross_validated():
    X, y, groups = drawn_table(n=120, k=3, per_group=4)
    folds, _ = grouped_folds(y, groups, 3, 0)
    labels = ("hand c", "hand a", "hand b")
    predicted = cross_validate(SPY, make_table(X, y, groups, labels), folds)
    params = [run.params for run in predicted.runs]
    fitted = learning_curve(SPY, params, make_table(X, y, groups, labels), folds)
    SEEN.clear()
    given = learning_curve(SPY, params, make_table(X, y, groups, labels), folds, full=predicted.predicted)
    assert given == fitted
    assert sum(event["event"] == "fit" for event in SEEN) == 3 * 3 * 3
    assert given.points[-1].score == pytest.approx(
        balanced_accuracy_score(predicted.true, predicted.predicted)
    )
    test = folds[0].test
    part = learning_curve(
        SPY, params[:1], make_table(X, y, groups, labels), folds[:1], full=predicted.predicted[test]
    )
    assert part.points[-1].score == pytest.approx(
        balanced_accuracy_score(predicted.true[test], predicted.predicted[test])
    )


def test_resampled_scores_are_those_of_the_rows_drawn():
    rng = np.random.default_rng(0)
    groups, true = rng.integers(20, size=150), rng.integers(4, size=150)
    draws = [np.where(rng.random((1, 150)) < 0.6, true, rng.integers(4, size=150))]
    drawn = resampled_scores(true, draws, groups, 5, 30, 3)[:, 0]
    _, component = np.unique(groups, return_inverse=True)
    (counts,) = component_counts(component.max() + 1, 30, 3, 30)
    for score, weight in zip(drawn, counts[:, component], strict=True):
        rows = np.repeat(np.arange(150), weight.astype(int))
        assert score == pytest.approx(balanced_accuracy_score(true[rows], draws[0][0][rows]))
    assert point_scores(true, draws, 5) == pytest.approx([balanced_accuracy_score(true, draws[0][0])])


def test_few_groups_show_no_trend():
    found = curve(noisy(0.3, n=76))  # 19 groups; the trend itself is strong
    assert not found.can_tell
    assert np.isnan([found.gain, found.gain_low, found.gain_high]).all()
    assert "19 groups were scored, and fewer than 20 show no trend" in found.note
    assert len(found.points) == 4
    assert np.isfinite(curve(noisy(0.3, n=80)).gain)
