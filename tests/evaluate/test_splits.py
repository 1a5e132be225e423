from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from styleid import grouped_folds
from styleid.errors import InputError
from styleid.evaluate import splits
from styleid.evaluate.table import Fold, check_folds


@st.composite
def tables(draw):
    n = draw(st.integers(6, 40))
    y = draw(st.lists(st.sampled_from("abc"), min_size=n, max_size=n))
    groups = draw(st.lists(st.integers(0, draw(st.integers(3, 30))), min_size=n, max_size=n))
    return np.array(y), np.array(groups)


def enough(y, groups):
    return len(set(y)) > 1 and all(len(set(groups[y == label])) > 1 for label in set(y))


@settings(deadline=None, max_examples=60)
@given(tables(), st.integers(2, 6), st.integers(0, 5))
def test_folds_cover_keep_groups_together_and_teach_every_label(table, n_splits, seed):
    y, groups = table
    assume(enough(y, groups))
    try:
        folds, notes = grouped_folds(y, groups, n_splits, seed)
    except InputError as error:
        assert "no split" in error.message  # noqa: PT017  # groups that join labels may allow none
        return
    assert 2 <= len(folds) <= n_splits
    assert sorted(np.concatenate([fold.test for fold in folds]).tolist()) == list(range(len(y)))
    for fold in folds:
        assert len(fold.test) > 0
        assert sorted([*fold.train, *fold.test]) == list(range(len(y)))
        assert not set(groups[fold.train]) & set(groups[fold.test])
        assert set(y[fold.train]) == set(y)
    assert any("asked for" in note for note in notes) == (len(folds) < n_splits)
    assert len({fold.name for fold in folds}) == len(folds)
    check_folds(folds, groups)


@settings(deadline=None, max_examples=30)
@given(st.lists(st.integers(5, 30), min_size=2, max_size=4), st.integers(2, 5))
def test_rows_on_their_own_are_stratified_to_the_picture(sizes, n_splits):
    y = np.repeat([f"l{i}" for i in range(len(sizes))], sizes)
    folds, _ = grouped_folds(y, np.arange(len(y)), n_splits, 3)
    assert len(folds) == n_splits
    for label in set(y):
        counts = [int(np.sum(y[fold.test] == label)) for fold in folds]
        assert max(counts) - min(counts) <= 1


def test_groups_are_stratified_within_a_group():
    rng = np.random.default_rng(0)
    groups = np.repeat(np.arange(100), 4)
    y = np.repeat(rng.permutation(np.repeat(["a", "b"], [60, 40])), 4)
    folds, notes = grouped_folds(y, groups, 5, 0)
    assert [int(np.sum(y[fold.test] == "a")) for fold in folds] == [48] * 5
    assert notes == []


def test_the_seed_decides():
    y, groups = np.repeat(["a", "b"], 20), np.arange(40)
    tests = [grouped_folds(y, groups, 4, seed)[0][0].test.tolist() for seed in (1, 1, 2)]
    assert tests[0] == tests[1] != tests[2]


def test_few_groups_make_fewer_folds_and_a_note():
    y = np.repeat(["a", "b"], 12)
    groups = np.repeat(np.arange(6), 4)
    folds, notes = grouped_folds(y, groups, 10, 0)
    assert len(folds) == 3
    assert notes == ["asked for 10 folds, made 3: the labels have too few groups for more"]


def test_a_label_of_two_groups_is_in_every_training_part():
    y = np.array(["rare"] * 2 + ["many"] * 50)
    folds, _ = grouped_folds(y, np.arange(52), 5, 0)
    assert len(folds) == 5
    assert all("rare" in y[fold.train] for fold in folds)


def test_a_group_of_most_of_a_label_is_told():
    y = np.repeat(["a", "b"], 10)
    groups = np.concatenate([[0] * 7, [1, 2, 3], np.arange(10, 20)])
    _, notes = grouped_folds(y, groups, 3, 0)
    assert "one group holds 70% of the pictures of 'a': its numbers rest on few groups" in notes


def test_unsound_splits_are_tried_again_then_made_fewer(monkeypatch):
    y, groups = np.repeat(["a", "b"], 10), np.arange(20)
    real, asked = splits.split_rows, []

    def unlucky(label, group, count, seed):
        asked.append((count, seed))
        parts = list(real(label, group, count, seed))
        return parts if count <= 3 else [np.array([], dtype=np.int64), *parts[1:]]

    monkeypatch.setattr(splits, "split_rows", unlucky)
    folds, notes = grouped_folds(y, groups, 5, 0)
    assert len(folds) == 3
    assert any("made 3" in note for note in notes)
    assert [count for count, _ in asked] == [5] * splits.ATTEMPTS + [4] * splits.ATTEMPTS + [3]
    assert len({seed for _, seed in asked}) == len(asked)


def test_a_splitter_that_leaks_is_caught(monkeypatch):
    y, groups = np.repeat(["a", "b"], 10), np.arange(20) // 2
    real, calls = splits.split_rows, []

    def leaky_at_first(label, group, count, seed):
        calls.append(seed)
        return real(label, np.arange(20) if len(calls) == 1 else group, count, seed)

    monkeypatch.setattr(splits, "split_rows", leaky_at_first)
    folds, _ = grouped_folds(y, groups, 5, 0)
    assert len(calls) == 2
    check_folds(folds, groups)


def test_a_label_of_one_group_is_named_with_the_way_out():
    y = np.array(["a"] * 4 + ["b"] * 4 + ["c"] * 4 + ["d"] * 2)
    groups = np.array([0, 0, 0, 0, 1, 1, 1, 1, 2, 3, 4, 5, 6, 7])
    with pytest.raises(InputError, match=r"'a' \(1\), 'b' \(1\).*--skip-small") as caught:
        grouped_folds(y, groups, 5, 0)
    assert caught.value.facts["labels"] == {"a": 1, "b": 1}
    with pytest.raises(InputError, match=r"add pictures or groups$"):  # one label alone would be left
        grouped_folds(y[:12], groups[:12], 5, 0)


def test_one_label_is_refused():
    with pytest.raises(InputError, match=r"at least 2 labels, found 1 \(a\)"):
        grouped_folds(["a"] * 6, np.arange(6), 3, 0)


def test_no_rows_are_refused():
    with pytest.raises(InputError, match=r"at least 2 labels, found 0 \(none\)"):
        grouped_folds([], [], 3, 0)


def test_groups_that_join_everything_are_refused():
    # Two groups, each with both labels, fit; three rows that tie them together do not.
    with pytest.raises(InputError, match="no split into 2 or more parts"):
        grouped_folds(["a", "b", "a", "c", "b", "c"], [0, 0, 1, 1, 2, 2], 2, 0)


def test_one_fold_is_refused():
    with pytest.raises(InputError, match="at least 2 folds, found 1"):
        grouped_folds(["a", "b"] * 4, np.arange(8), 1, 0)


def test_lengths_that_differ_are_refused():
    with pytest.raises(InputError, match=r"one group for every label, found shapes \(3,\) and \(4,\)"):
        grouped_folds(["a", "b"] * 2, [0, 1, 2], 2, 0)


def rows(*numbers):
    return np.array(numbers, dtype=np.int64)


def test_check_finds_a_group_on_both_sides():
    folds = [Fold("one", rows(0, 1), rows(2, 3)), Fold("two", rows(2, 3), rows(0, 1))]
    check_folds(folds, [0, 1, 2, 3])
    with pytest.raises(InputError, match="one has pictures of one group in two of its parts"):
        check_folds(folds, [0, 1, 1, 3])


def test_check_finds_a_group_in_validation_and_test():
    fold = Fold("one", rows(0), rows(1), rows(2))
    with pytest.raises(InputError, match="in two of its parts"):
        check_folds([fold], [0, 1, 1], cover=False)
    check_folds([fold], [0, 1, 2], cover=False)


def test_check_counts_rows_scored_never_or_twice():
    folds = [Fold("one", rows(0, 1), rows(2, 3)), Fold("two", rows(0, 1), rows(2, 3))]
    with pytest.raises(InputError, match="2 rows never and 2 more than once"):
        check_folds(folds, np.arange(4))


def test_check_finds_an_empty_part():
    with pytest.raises(InputError, match="one has an empty part"):
        check_folds([Fold("one", rows(), rows(0))], [0])
