"""A head that writes down every row it is shown must never be shown a scored row's component."""

from __future__ import annotations

import numpy as np
import pytest
from evaluate_cases import NEAREST, SEEN, SPY, drawn_table, until_scored

from styleid import cross_validate, grouped_folds, make_table
from styleid.evaluate.bootstrap import bootstrap_intervals
from styleid.evaluate.crossval import evaluate_holdout, fit_final
from styleid.evaluate.metrics import point_metrics
from styleid.evaluate.splits import holdout
from styleid.heads.one_vs_rest import one_vs_rest_head


@pytest.fixture(autouse=True)
def forget():
    SEEN.clear()


@pytest.mark.parametrize("one_vs_rest", [False, True])
def test_cross_validation_shows_no_component_it_scores(one_vs_rest):
    X, y, groups = drawn_table()
    folds, _ = grouped_folds(y, groups, 4, 0)
    cross_validate(one_vs_rest_head(SPY) if one_vs_rest else SPY, make_table(X, y, groups), folds, seed=1)
    if one_vs_rest:  # three searches, three fits, three scores: search, fit and score of each label together
        order = [[*range(18 * i, 18 * i + 18), 54 + i, 57 + i] for i in range(3)]
        SEEN[:] = [SEEN[60 * f + e] for f in range(4) for label in order for e in label]
    scored = []
    for before, rows in until_scored(groups):
        scored.append(rows)
        fits = [event for event in before if event["event"] == "fit"]
        assert len(fits) == 3 * 3 + 1  # candidates x inner folds, and the fit that is scored
        for event in before:
            assert not set(groups[event["rows"]]) & set(groups[rows])
        for fit, predict in zip(before[:-1:2], before[1::2], strict=True):
            assert not set(groups[fit["rows"]]) & set(groups[predict["rows"]])
        for fit in fits:
            assert fit["groups"].tolist() == groups[fit["rows"]].tolist()  # what calibration keeps together
            assert fit["validation"] is None
        fold = next(fold for fold in folds if fold.test.tolist() == rows.tolist())
        assert sorted(fits[-1]["rows"]) == fold.train.tolist()
        for index in range(0, 18, 6):  # inner test parts of one candidate make up the training part
            inner = np.concatenate([event["rows"] for event in before[index + 1 : index + 6 : 2]])
            assert sorted(inner) == fold.train.tolist()
    assert sorted(np.concatenate(scored)) == sorted(np.tile(np.arange(90), 3 if one_vs_rest else 1))


def test_the_search_gives_every_candidate_the_same_parts():
    X, y, groups = drawn_table()
    folds, _ = grouped_folds(y, groups, 3, 0)
    cross_validate(SPY, make_table(X, y, groups), folds)
    for before, _ in until_scored(groups):
        fits = [event for event in before if event["event"] == "fit"]
        assert [fit["strength"] for fit in fits[:-1]] == [1.0] * 3 + [2.0] * 3 + [3.0] * 3
        same_parts = [[sorted(fit["rows"]) for fit in fits[start : start + 3]] for start in (0, 3, 6)]
        assert same_parts[0] == same_parts[1] == same_parts[2]


def test_a_holdout_is_chosen_on_validation_and_scored_on_test():
    X, y, groups = drawn_table()
    fold = holdout(y, groups, 0)
    found = evaluate_holdout(SPY, make_table(X, y, groups), fold)
    ((before, rows),) = until_scored(groups)
    assert rows.tolist() == found.rows.tolist() == fold.test.tolist()
    for event in before:
        assert not set(groups[event["rows"]]) & set(groups[rows])
        if event["event"] == "fit":
            assert event["rows"].tolist() == fold.train.tolist()
            assert event["validation"].tolist() == fold.validation.tolist()
        else:
            assert event["rows"].tolist() == fold.validation.tolist()
    assert len(before) == 2 * 3 + 1


def test_the_final_fit_searches_by_groups_and_sees_everything():
    X, y, groups = drawn_table()
    fit_final(SPY, make_table(X, y, groups))
    for fit, predict in zip(SEEN[:-1:2], SEEN[1::2], strict=True):
        assert not set(groups[fit["rows"]]) & set(groups[predict["rows"]])
        assert fit["groups"].tolist() == groups[fit["rows"]].tolist()
    assert SEEN[-1]["rows"].tolist() == list(range(90))
    assert SEEN[-1]["groups"].tolist() == groups.tolist()


def test_permuted_labels_give_chance():
    values, inside = [], 0
    for seed in range(12):
        X, y, groups = drawn_table(n=120, k=3, per_group=2, seed=seed)
        names, inverse = np.unique(groups, return_inverse=True)
        label_of_group = np.array([y[groups == name][0] for name in names])
        y = np.random.default_rng(1000 + seed).permutation(label_of_group)[inverse]
        folds, _ = grouped_folds(y, groups, 4, seed)
        found = cross_validate(SPY, make_table(X, y, groups), folds)
        table = (found.true, found.predicted, found.scores)
        values.append(point_metrics(*table).overall["balanced_accuracy"])
        interval = bootstrap_intervals(*table, groups, n_resamples=300).overall["balanced_accuracy"]
        inside += interval.low <= 1 / 3 <= interval.high
    # One permutation scatters by 0.065, and folds that share pictures make the interval a little
    # narrow: over 150 permutations the mean was 0.332 and chance was inside 83 times in 100.
    assert np.mean(values) == pytest.approx(1 / 3, abs=0.05)
    assert inside >= 9


def test_planted_duplicates_open_the_gap_between_naive_and_grouped_folds():
    # Labels are drawn by lot, but every picture is there four times.
    rng = np.random.default_rng(0)
    groups = np.repeat(np.arange(40), 4)
    X = np.repeat(rng.normal(size=(40, 8)), 4, axis=0).astype(np.float32)
    y = np.repeat(rng.permutation(np.repeat(["a", "b"], 20)), 4)
    score = {}
    for name, kept in (("naive", np.arange(160)), ("grouped", groups)):
        folds, _ = grouped_folds(y, kept, 4, 0)
        found = cross_validate(NEAREST, make_table(X, y, kept), folds)
        score[name] = point_metrics(found.true, found.predicted, found.scores).overall["accuracy"]
    assert score["naive"] > 0.95
    assert score["grouped"] < 0.7
