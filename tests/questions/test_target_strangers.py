"""Strangers to a "this hand against the others" head."""

from __future__ import annotations

import numpy as np
from evaluate_cases import LOGREG, SEEN, SPY, drawn_table

from styleid import grouped_folds, make_table
from styleid.evaluate.table import Fold
from styleid.questions.strangers import target as module
from styleid.questions.strangers.target import target_strangers


def test_a_stranger_like_the_target_is_called_the_target():
    rng = np.random.default_rng(0)
    label = np.repeat(np.arange(4), 40)
    # "twin" stands on the target's side of the two other hands; while known it can be told by column 2.
    centres = np.array([[4, 0, 2], [-4, 4, 0], [-4, -4, 0], [4, 0, -2]])
    X = (centres[label] + rng.normal(size=(160, 3))).astype(np.float32)
    y, groups = np.array(["target", "left", "right", "twin"])[label], np.arange(160) // 2
    folds, _ = grouped_folds(y, groups, 4, 0)
    one, two = (
        target_strangers(LOGREG, {}, make_table(X, y, groups), folds, "target", n_jobs=n) for n in (1, 2)
    )
    assert one == two
    assert one[1] == ()
    found = {stranger.label: stranger for stranger in one[0]}
    assert list(found) == ["left", "right", "twin"]
    assert found["twin"].called_target.value > 0.5
    assert found["twin"].called_target.low > 0.3
    assert found["twin"].when_known.value < 0.1
    assert found["left"].called_target.value < 0.2
    assert (found["left"].called_target.n, found["left"].called_target.n_components) == (40, 20)


def test_the_head_sees_neither_the_label_nor_the_group():
    SEEN.clear()
    X, y, _ = drawn_table(n=80, k=4, per_group=1)
    order = {label: np.flatnonzero(y == label) for label in np.unique(y)}
    groups = np.zeros(80, dtype=int)
    for rows in order.values():  # groups span labels
        groups[rows] = np.arange(20)
    folds, _ = grouped_folds(y, groups, 4, 0)
    target_strangers(SPY, {}, make_table(X, y, groups), folds, "hand a")
    left_out = [None, "hand b", "hand c", "hand d"]
    for number, (fit, score) in enumerate(zip(SEEN[::2], SEEN[1::2], strict=True)):
        assert not set(groups[fit["rows"]]) & set(groups[score["rows"]])
        label = left_out[number // 4]
        if label is not None:
            assert label not in y[fit["rows"]]
            assert set(y[score["rows"]]) == {label}


def test_with_one_other_label_nothing_would_be_left():
    X, y, groups = drawn_table(k=2)
    folds, _ = grouped_folds(y, groups, 3, 0)
    assert target_strangers(LOGREG, {}, make_table(X, y, groups), folds, "hand a") == ((), ())


def test_of_many_labels_some_are_drawn(monkeypatch):
    monkeypatch.setattr(module, "LEFT_OUT", 3)
    X, y, groups = drawn_table(n=180, k=6)
    folds, _ = grouped_folds(y, groups, 3, 0)
    drawn = set()
    for seed in range(4):
        found, notes = target_strangers(LOGREG, {}, make_table(X, y, groups), folds, "hand a", seed=seed)
        assert len(found) == 3
        assert notes == ("3 of 5 labels were left out in turn, drawn at random",)
        drawn.add(tuple(stranger.label for stranger in found))
    assert len(drawn) > 1
    assert "hand a" not in {label for labels in drawn for label in labels}


def test_one_division_scores_its_test_part_only():
    X, y, groups = drawn_table(n=120, k=3)
    folds, _ = grouped_folds(y, groups, 4, 0)
    found, notes = target_strangers(LOGREG, {}, make_table(X, y, groups), folds[:1], "hand a")
    assert notes == ()
    for stranger in found:
        assert stranger.called_target.n == stranger.when_known.n == np.sum(y[folds[0].test] == stranger.label)


def test_a_label_without_which_nothing_is_left_is_named():
    # Folds made for "target or others": the first leaves no picture of "b" in training.
    y = np.array(["a"] * 8 + ["b"] * 4 + ["t"] * 8)
    groups = np.arange(20)
    X = np.random.default_rng(0).normal(size=(20, 4)).astype(np.float32)
    test = np.array([0, 8, 9, 10, 11, 12])
    fold = Fold("one", np.setdiff1d(np.arange(20), test), test)
    found, notes = target_strangers(LOGREG, {}, make_table(X, y, groups), [fold], "t")
    assert [stranger.label for stranger in found] == ["b"]
    assert found[0].called_target.n == 4
    assert "1 label could not be left out" in notes[0]
    assert notes[0].endswith(": a")
