"""The tasks: as many others as own, 70/30 by groups, and orders."""

from __future__ import annotations

import numpy as np
import pytest

from styleid.errors import InputError
from styleid.studies.forgetting.tasks import divide_groups, make_tasks, orders_of

LABELS = ("ann", "bob", "cy")


def many(n: int = 200, size: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Five labels of n pictures; a group holds `size` pictures of every label."""
    y = np.repeat(["ann", "bob", "cy", "dee", "eve"], n)
    return y, np.tile(np.arange(n) // size, 5)


def test_150_of_a_label_and_150_others_are_cut_70_to_30() -> None:
    y, groups = many()
    for task in make_tasks(y, groups, LABELS):
        assert len(task.train) == 2 * 105
        assert len(task.test) == 2 * 45
        for part in (task.train, task.test):
            assert (y[part] == task.label).mean() == 0.5
            assert len(np.unique(part)) == len(part)
        others = y[np.concatenate([task.train, task.test])]
        assert len(set(others)) == 5  # of all other labels


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("shared", [False, True])
def test_no_group_is_tested_by_one_task_and_trained_on_by_any(seed: int, shared: bool) -> None:
    y, groups = many(60, size=4)
    tasks = make_tasks(y, groups, LABELS, 40, seed, shared)
    tested = np.concatenate([task.test for task in tasks])
    trained = np.concatenate([task.train for task in tasks])
    assert not np.isin(groups[tested], groups[trained]).any()


@pytest.mark.parametrize("seed", range(5))
def test_a_division_is_near_to_30_percent_of_every_label(seed: int) -> None:
    y, groups = many(100, size=3)
    tested = divide_groups(y, groups, seed)
    for label in set(y):
        assert tested[y == label].mean() == pytest.approx(0.3, abs=0.05)


def test_fewer_are_taken_where_there_are_fewer_as_many_others() -> None:
    y = np.array(["ann"] * 20 + ["bob"] * 400)
    tasks = make_tasks(y, np.arange(420), ("ann", "bob"))
    for task in tasks:  # 20 others are all that bob has
        assert len(task.train) + len(task.test) == pytest.approx(40, abs=2)
        assert (y[task.train] == task.label).mean() == 0.5
        assert len(task.test) / (len(task.train) + len(task.test)) == pytest.approx(0.3, abs=0.06)


def test_a_seed_decides_division_and_pictures() -> None:
    y, groups = many()
    first, again, other = (make_tasks(y, groups, LABELS, seed=seed) for seed in (42, 42, 43))
    assert np.array_equal(first[1].train, again[1].train)
    assert not np.array_equal(first[1].train, other[1].train)
    assert make_tasks.__defaults__ == (150, 42, False)


def test_shared_others_are_the_same_for_all_and_of_no_label_studied() -> None:
    y, groups = many()
    others = [
        task.train[y[task.train] != task.label] for task in make_tasks(y, groups, LABELS, shared_others=True)
    ]
    assert np.array_equal(others[0], others[1])
    assert np.array_equal(others[0], others[2])
    assert set(y[others[0]]) == {"dee", "eve"}
    own = [task.train[y[task.train] != task.label] for task in make_tasks(y, groups, LABELS)]
    assert not np.array_equal(own[0], own[1])
    with pytest.raises(InputError, match="--shared-others"):
        make_tasks(y, groups, ("ann", "bob", "cy", "dee", "eve"), shared_others=True)


@pytest.mark.parametrize(
    ("labels", "fault"),
    [
        (("ann",), "expected at least two labels, found ann; there are: ann, bob"),
        (("ann", "ann", "bob"), "'ann' stands there twice; there are"),
        (("ann", "bob", "zoe"), "there is no 'zoe'; there are"),
    ],
)
def test_labels_that_make_no_study_are_refused(labels: tuple[str, ...], fault: str) -> None:
    with pytest.raises(InputError, match=f"--labels: {fault}"):
        make_tasks(*many(), labels)


def test_a_label_of_one_group_is_refused() -> None:
    y = np.array(["ann"] * 10 + ["bob"] * 10)
    with pytest.raises(InputError, match="70/30.*--skip-small"):
        make_tasks(y, np.array([0] * 10 + list(range(1, 11))), ("ann", "bob"))
    with pytest.raises(InputError, match=r"70/30.*add pictures or groups$"):
        make_tasks(np.repeat(["a", "b", "c"], 2), np.array([0, 1, 1, 2, 2, 0]), ("a", "b", "c"))


def test_all_orders_up_to_four_labels_then_a_draw_of_24() -> None:
    assert len(orders_of("abc")) == 6
    assert orders_of("abc")[0] == (0, 1, 2)
    assert len(set(orders_of("abcd"))) == 24
    drawn = orders_of("abcdef")
    assert len(set(drawn)) == 24
    assert drawn == orders_of("abcdef")
    assert drawn != orders_of("abcdef", seed=1)
    assert all(sorted(order) == list(range(6)) for order in drawn)
    # Over whole turns each label stands equally often at each place.
    assert all(sum(order[place] == label for order in drawn) == 4 for place in range(6) for label in range(6))
    assert orders_of("abc", 3) == [(0, 1, 2), (1, 2, 0), (2, 0, 1)]
    assert len(orders_of("abc", 100)) == 6


@pytest.mark.parametrize("wanted", [119, 120, 121, 200])
def test_no_more_orders_are_asked_for_than_there_are(wanted: int) -> None:
    drawn = orders_of("abcde", wanted)
    assert len(drawn) == len(set(drawn)) == min(wanted, 120)
    assert drawn[0] == (0, 1, 2, 3, 4)
    assert orders_of("ab", 7) == [(0, 1), (1, 0)]
