from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from styleid.errors import InputError
from styleid.evaluate.splits import given_split, holdout
from styleid.evaluate.table import check_folds


def sizes(fold):
    return len(fold.train), len(fold.validation), len(fold.test)


@pytest.mark.parametrize(
    ("counts", "expected"),
    [([200, 150, 160, 140, 180, 170, 150], (736, 184, 230)), ([325, 325], (416, 104, 130))],
)
def test_sizes_are_exact_for_rows_on_their_own(counts, expected):
    y = np.random.default_rng(0).permutation(np.repeat([f"l{i}" for i in range(len(counts))], counts))
    fold = holdout(y, np.arange(len(y)), 0)
    assert sizes(fold) == expected
    for label, count in zip(*np.unique(y, return_counts=True), strict=True):
        assert abs(np.sum(y[fold.test] == label) - 0.2 * count) <= 1
        assert abs(np.sum(y[fold.validation] == label) - 0.16 * count) <= 1
    assert fold.notes == ()


def test_groups_stay_together_and_sizes_stay_near():
    rng = np.random.default_rng(1)
    groups = np.repeat(np.arange(120), rng.integers(1, 8, 120))
    y = np.array(["a", "b", "c"])[groups % 3]
    fold = holdout(y, groups, 5)
    check_folds([fold], groups, cover=False)
    share = np.array(sizes(fold)) / len(y)
    assert share == pytest.approx([0.64, 0.16, 0.2], abs=0.02)


@settings(deadline=None, max_examples=40)
@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 12)), min_size=6, max_size=40))
def test_parts_never_share_a_group_and_training_has_every_label(pairs):
    y, groups = np.array([pair[0] for pair in pairs]), np.array([pair[1] for pair in pairs])
    assume(len(set(y)) > 1 and all(len(set(groups[y == label])) > 1 for label in set(y)))
    try:
        fold = holdout(y, groups, 0)
    except InputError as error:
        assert "no holdout" in error.message  # noqa: PT017
        return
    parts = [fold.train, fold.test] + ([] if fold.validation is None else [fold.validation])
    assert sorted(np.concatenate(parts).tolist()) == list(range(len(y)))
    assert set(y[fold.train]) == set(y)
    check_folds([fold], groups, cover=False)
    assert (fold.validation is None) == any("no validation part" in note for note in fold.notes)


def test_two_groups_a_label_leave_no_validation_part():
    fold = holdout(["a", "a", "b", "b"], [0, 1, 2, 3], 0)
    assert fold.validation is None
    assert fold.notes == ("no validation part: the labels have too few groups for a third part",)


def test_a_label_missing_from_the_test_part_is_told():
    y = ["a"] * 40 + ["b"] * 2 + ["c"] * 40
    fold = holdout(y, np.arange(82), 0)
    absent = [
        part for part in ("test", "validation") if any(f"the {part} part has no" in n for n in fold.notes)
    ]
    assert absent  # two pictures cannot be in three parts
    assert "b" in np.array(y)[fold.train]


def test_one_group_a_label_is_refused():
    with pytest.raises(InputError, match="at least 2 groups"):
        holdout(["a", "a", "b", "b"], [0, 0, 2, 3], 0)


def test_given_parts_are_used_as_they_are():
    split = ["train", "train", "val", "val", "test", "test"]
    fold = given_split(split, ["a", "b"] * 3, np.arange(6))
    assert fold.train.tolist() == [0, 1]
    assert fold.validation.tolist() == [2, 3]
    assert fold.test.tolist() == [4, 5]
    assert fold.notes == ()


def test_twins_across_given_parts_leave_the_lesser_part():
    split = ["train"] * 5 + ["val"] * 3 + ["test"] * 2
    y = ["a", "b", "a", "b", "a", "a", "b", "a", "a", "b"]
    #        row 2 twins a test row, row 4 a validation row, validation row 7 a test row
    groups = [0, 1, 9, 3, 5, 5, 6, 8, 9, 8]
    fold = given_split(split, y, groups)
    assert fold.train.tolist() == [0, 1, 3]
    assert fold.validation.tolist() == [5, 6]
    assert fold.test.tolist() == [8, 9]
    assert fold.notes == (
        "1 val pictures are left out: their group also occurs in test",
        "2 train pictures are left out: their group also occurs in test or val",
    )
    check_folds([fold], groups, cover=False)


def test_without_validation_a_fifth_of_training_is_drawn_by_groups():
    groups = np.arange(130) // 2
    y = np.array(["a", "b"])[groups % 2]
    split = np.array(["train"] * 100 + ["test"] * 30)
    fold = given_split(split, y, groups)
    assert len(fold.validation) == 20
    assert sorted([*fold.train, *fold.validation]) == list(range(100))
    check_folds([fold], groups, cover=False)


def test_rows_without_a_part_are_left_out_and_counted():
    fold = given_split(["train", "train", "test", "", ""], ["a", "b", "a", "a", "b"], np.arange(5))
    assert fold.notes[0] == "2 pictures have no part in the given split and are left out"
    assert any("the test part has no picture of 'b'" in note for note in fold.notes)
    assert {3, 4}.isdisjoint([*fold.train, *fold.test])


def test_other_words_are_refused():
    with pytest.raises(InputError, match="found 'Test', 'dev'"):
        given_split(["train", "dev", "Test"], ["a", "b", "a"], [0, 1, 2])


def test_a_label_never_learned_is_refused():
    with pytest.raises(InputError, match="training pictures of every label.*'c'"):
        given_split(["train", "train", "test"], ["a", "b", "c"], [0, 1, 2])


def test_a_label_whose_training_rows_are_all_twins_is_refused():
    with pytest.raises(InputError, match="training pictures of every label.*'b'"):
        given_split(["train", "train", "train", "test"], ["a", "c", "b", "b"], [0, 1, 2, 2])


@pytest.mark.parametrize("part", ["train", "test"])
def test_an_empty_part_is_refused(part):
    with pytest.raises(InputError, match="no usable"):
        given_split([part] * 4, ["a", "b"] * 2, np.arange(4))


def test_a_validation_part_that_is_lost_to_the_test_part_is_drawn_anew_with_a_note():
    y = np.array(["a", "b"] * 40)
    groups = np.arange(80)
    split = np.array(["train"] * 60 + ["val"] * 4 + ["test"] * 16)
    assert not any("no val picture" in note for note in given_split(split, y, groups).notes)
    groups[60:64] = groups[64:68]
    fold = given_split(split, y, groups)
    assert set(fold.validation.tolist()) <= set(range(60))
    assert "4 val pictures are left out: their group also occurs in test" in fold.notes
    assert "no val picture is left: training pictures are drawn for validation instead" in fold.notes
    drawn = given_split(np.where(split == "val", "", split), y, np.arange(80))
    assert not any("no val picture" in note for note in drawn.notes)
