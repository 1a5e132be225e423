"""Naive beside grouped folds, and sources left out."""

from __future__ import annotations

import numpy as np
import pytest
from evaluate_cases import LOGREG, NEAREST, bare_table, drawn_table

from styleid import cross_validate, grouped_folds, make_table
from styleid.errors import InputError
from styleid.evaluate.crossval import evaluate_holdout
from styleid.questions.leakage.measure import leakage_gap, naive_predictions, source_folds


def gap(head, X, y, groups, **kw):
    folds, _ = grouped_folds(y, groups, 4, 0)
    grouped = cross_validate(head, make_table(X, y, groups), folds)
    naive = naive_predictions(head, make_table(X, y, groups), n_splits=4, seed=0, n_jobs=1)
    return leakage_gap(naive, grouped, groups, n_resamples=300, **kw)


def test_planted_duplicates_open_the_gap():
    rng = np.random.default_rng(0)
    groups = np.repeat(np.arange(40), 4)
    X = np.repeat(rng.normal(size=(40, 8)), 4, axis=0).astype(np.float32)
    y = np.repeat(rng.permutation(np.repeat(["a", "b"], 20)), 4)
    found = gap(NEAREST, X, y, groups)
    assert found.naive > 0.95
    assert found.grouped < 0.7
    assert found.gap == pytest.approx(found.naive - found.grouped)
    assert found.opened
    assert 0.2 < found.low < found.gap < found.high


def test_a_clean_set_opens_none():
    opened = 0
    for seed in range(6):
        X, y, groups = drawn_table(n=160, k=2, per_group=4, seed=seed, spread=1.5)
        found = gap(LOGREG, X[:, 1:], y, groups)  # pictures of a group share nothing but its name
        assert abs(found.gap) < 0.08
        opened += found.opened
    assert opened <= 1


def test_the_interval_is_paired():
    # The same predictions twice: each resample differs by nothing, however unsure each score is.
    X, y, groups = drawn_table()
    folds, _ = grouped_folds(y, groups, 4, 0)
    grouped = cross_validate(LOGREG, make_table(X, y, groups), folds)
    found = leakage_gap(grouped, grouped, groups, n_resamples=100, metric="macro_f1")
    assert (found.gap, found.opened) == (0, False)
    assert np.isnan([found.low, found.high]).all()
    assert found.metric == "macro_f1"
    other = cross_validate(
        LOGREG, make_table(X[:60], y[:60], groups[:60]), grouped_folds(y[:60], groups[:60], 3, 0)[0]
    )
    with pytest.raises(InputError, match="same pictures"):
        leakage_gap(other, grouped, groups)


def test_each_source_is_left_out_once():
    X, y, groups = drawn_table(n=120, k=3, per_group=2)
    sources = np.array(["book", "web", "scan"])[np.arange(120) % 3]
    groups = np.arange(120)
    folds, notes = source_folds(bare_table(y, groups), sources)
    assert [fold.name for fold in folds] == ["book", "scan", "web"]
    assert notes == []
    for fold in folds:
        assert set(sources[fold.test]) == {fold.name}
        assert fold.name not in sources[fold.train]
        assert len(fold.train) + len(fold.test) == 120
        found = evaluate_holdout(LOGREG, make_table(X, y, groups), fold)
        assert found.rows.tolist() == fold.test.tolist()


def test_a_group_in_two_sources_is_learned_from_in_neither():
    y = np.tile(["a", "b"], 20)
    sources = np.repeat(["book", "web"], 20)
    groups = np.arange(40)
    groups[25] = groups[3]
    folds, _ = source_folds(bare_table(y, groups), sources)
    book, web = folds
    assert 25 not in book.train
    assert 3 not in web.train
    assert 25 in web.test
    assert len(book.train) == 19


def test_a_source_that_holds_a_label_alone_is_passed_over():
    y = np.array(["a"] * 10 + ["b"] * 10 + ["a"] * 10)
    sources = ["book"] * 10 + ["web"] * 10 + ["scan"] * 9 + [""]
    folds, notes = source_folds(bare_table(y, np.arange(30)), sources)
    assert [fold.name for fold in folds] == ["book", "scan"]
    assert notes[0] == "1 picture without a source, left out of the scores by source"
    assert notes[1] == "source 'web' cannot be left out: nothing to learn 'b' from would remain"
    assert all(29 not in fold.train and 29 not in fold.test for fold in folds)


def test_one_source_or_none():
    y = np.array(["a", "b"] * 5)
    assert source_folds(bare_table(y, np.arange(10)), [""] * 10) == ([], [])
    folds, notes = source_folds(bare_table(y, np.arange(10)), ["book"] * 10)
    assert folds == []
    assert "fewer than two sources" in notes[0]
