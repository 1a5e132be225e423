from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from styleid.heads.validation_part import validation_part


@st.composite
def tables(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray | None]:
    k = draw(st.integers(2, 4))
    n = draw(st.integers(k, 40))
    codes = np.array(draw(st.lists(st.integers(0, k - 1), min_size=n, max_size=n)))
    codes[:k] = np.arange(k)  # every class is there
    groups = draw(st.none() | st.lists(st.integers(0, 12), min_size=n, max_size=n))
    return codes, None if groups is None else np.array(groups)


def _apart(groups: np.ndarray | None, one: np.ndarray, other: np.ndarray) -> bool:
    return groups is None or not set(groups[one]) & set(groups[other])


@settings(deadline=None, max_examples=150)
@given(tables(), st.integers(0, 5))
def test_validation_part_is_disjoint_and_leaves_every_class_in_training(table, seed) -> None:
    codes, groups = table
    part = validation_part(codes, groups, 0.2, seed)
    if part is not None:
        train, held = part
        assert sorted([*train, *held]) == list(range(len(codes)))
        assert len(held)
        assert set(codes[train]) == set(codes)
        assert _apart(groups, train, held)


def test_enough_rows_give_the_part_an_even_share_of_every_class() -> None:
    codes = np.repeat([0, 1, 2], [50, 30, 20])
    for groups in (None, np.arange(100), np.arange(100) // 2):
        part = validation_part(codes, groups, 0.2, 0)
        assert part is not None
        assert np.bincount(codes[part[1]]).tolist() == [10, 6, 4]


def test_a_class_of_one_group_stays_in_training() -> None:
    codes = np.repeat([0, 1, 2], [20, 20, 4])
    groups = np.concatenate([np.arange(40), [40] * 4])
    part = validation_part(codes, groups, 0.2, 0)
    assert part is not None
    assert 2 not in codes[part[1]]


def test_one_row_a_class_leaves_no_part() -> None:
    assert validation_part(np.arange(4), None, 0.2, 0) is None


def test_seed_moves_the_parts() -> None:
    codes = np.arange(60) % 3
    one, other = (validation_part(codes, None, 0.2, seed) for seed in (0, 1))
    assert one is not None
    assert other is not None
    assert one[1].tolist() != other[1].tolist()


@pytest.mark.parametrize(("fraction", "share"), [(0.4, 20), (0.2, 12), (2 / 9, 12), (0.5, 30)])
def test_the_part_is_the_nearest_there_is_to_the_fraction(fraction: float, share: int) -> None:
    part = validation_part(np.arange(60) % 3, None, fraction, 0)
    assert part is not None
    assert len(part[1]) == share
