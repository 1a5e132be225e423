from __future__ import annotations

import numpy as np
import pytest

from styleid import join_groups
from styleid.evaluate.duplicates import join_duplicates


def test_a_chain_over_half_of_a_label_is_not_joined_but_copies_are():
    y = np.array(["a"] * 10 + ["b"] * 10)
    groups = np.arange(20)
    chain = np.array([[i, i + 1] for i in range(6)])  # 7 of a's 10 rows
    components, chains, _ = join_duplicates(groups, chain, y)
    assert (components == groups).all()
    assert [(c.label, c.size, c.share) for c in chains] == [("a", 7, 0.7)]
    assert chains[0].density == pytest.approx(6 / 21)
    clique = np.array([[i, j] for i in range(7) for j in range(i + 1, 7)])
    components, chains, _ = join_duplicates(groups, np.vstack([clique, [[12, 13]]]), y)
    assert not chains
    assert (components[:7] == 0).all()
    assert components[12] == components[13]
    assert len(np.unique(components)) == 13


def test_what_the_user_joined_is_not_called_a_chain():
    y = np.array(["a"] * 6 + ["b"] * 6)
    groups = np.array([0, 0, 0, 0, 0, 1, *range(2, 8)])
    pairs = np.array([[4, 5], [0, 5]])
    components, chains, _ = join_duplicates(groups, pairs, y)
    assert not chains
    assert (components == join_groups([str(g) for g in groups], pairs=pairs)).all()


def test_look_alikes_of_one_group_are_joined_already():
    """A single link swallows the label: it is not the look-alikes within the group that do."""
    y = np.array(["a"] * 12 + ["b"] * 12)
    groups = np.array([0] * 6 + list(range(1, 19)))
    inside = [[0, 1], [1, 2], [2, 3], [3, 4]]
    across = [[5, 6]]
    components, chains, swallowed = join_duplicates(groups, np.array(inside + across), y)
    assert not chains
    assert (components[:7] == 0).all()
    assert swallowed == ["a"]
    assert join_duplicates(components, np.array(inside + across), y).swallowed == [], "it was so before"
