from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from styleid import join_groups
from styleid.errors import InputError
from styleid.evaluate.table import largest_shares

values = st.sampled_from(["", None, "a", "b", "c", "d"])


def test_joins_through_a_chain_of_keys():
    digests = ["x", "x", "y", "z", "z", "w"]
    albums = ["1", "2", "2", "2", "", ""]
    assert join_groups(digests, albums).tolist() == [0, 0, 0, 0, 0, 1]


def test_the_same_word_in_two_keys_joins_nothing():
    assert join_groups(["a", ""], ["", "a"]).tolist() == [0, 1]


def test_no_value_stands_alone():
    assert join_groups(["", "", None, None]).tolist() == [0, 1, 2, 3]


def test_pairs_join_too():
    assert join_groups(["a", "b", "b", "c"], pairs=[(3, 0)]).tolist() == [0, 1, 1, 0]
    assert join_groups(["a", "b"], pairs=[]).tolist() == [0, 1]
    assert join_groups(["a", "b"], pairs=np.empty((0, 2), dtype=int)).tolist() == [0, 1]


def test_no_rows_is_no_component():
    assert join_groups([]).tolist() == []


@pytest.mark.parametrize("pairs", [[(0, 2)], [(-1, 0)], [(0, 1, 1)], [0, 1]])
def test_pairs_of_rows_that_do_not_exist_are_refused(pairs):
    with pytest.raises(InputError, match="pairs of row numbers from 0 to 1"):
        join_groups(["a", "b"], pairs=pairs)


@pytest.mark.parametrize("keys", [[], [["a"], ["a", "b"]]])
def test_keys_of_other_lengths_are_refused(keys):
    with pytest.raises(InputError, match="keys with a value for every row"):
        join_groups(*keys)


@settings(deadline=None, max_examples=40)
@given(
    st.integers(1, 14).flatmap(
        lambda n: st.tuples(
            st.lists(values, min_size=n, max_size=n),
            st.lists(values, min_size=n, max_size=n),
            st.lists(st.tuples(st.integers(0, n - 1), st.integers(0, n - 1)), max_size=3),
        )
    ),
    st.randoms(use_true_random=False),
)
def test_is_the_finest_partition_that_keeps_every_link(drawn, random):
    first, second, pairs = drawn
    found = join_groups(first, second, pairs=pairs)
    # Oracle: spread the smallest row number along links until nothing changes.
    n = len(first)
    mark = list(range(n))
    linked = [
        (i, j)
        for i in range(n)
        for j in range(n)
        if (first[i] and first[i] == first[j]) or (second[i] and second[i] == second[j])
    ] + list(pairs)
    for _ in range(n):
        for i, j in linked:
            mark[i] = mark[j] = min(mark[i], mark[j])
    assert [(a == b) for a in found for b in found] == [(a == b) for a in mark for b in mark]
    seen = list(dict.fromkeys(found.tolist()))
    assert seen == list(range(len(seen)))  # numbered by first appearance
    order = random.sample(range(n), n)
    back = {old: new for new, old in enumerate(order)}
    moved = join_groups(
        [first[i] for i in order],
        [second[i] for i in order],
        pairs=[(back[i], back[j]) for i, j in pairs],
    )
    assert [(a == b) for a in moved for b in moved] == [(found[i] == found[j]) for i in order for j in order]


def test_largest_share_is_within_the_label():
    groups, labels = [0, 0, 0, 1, 2, 3], ["a", "a", "b", "a", "b", "b"]
    assert largest_shares(groups, labels) == {"a": pytest.approx(2 / 3), "b": pytest.approx(1 / 3)}
