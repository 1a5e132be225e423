from __future__ import annotations

import numpy as np
import pytest

from styleid.evaluate import duplicates
from styleid.evaluate.duplicates import (
    hash_distance,
    rows_with_neighbours,
    similar_pairs,
)


def made(n: int = 60, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n, 8)).astype(np.float32), rng.integers(0, 256, (n, 3, 32)).astype(np.uint8)


def test_both_must_agree():
    X, hashes = made()
    X[1], X[3] = 7 * X[0], X[2]  # the length of a vector does not matter
    hashes[1], hashes[5] = hashes[0], hashes[4]
    assert similar_pairs(X, hashes).rows.tolist() == [[0, 1]]
    assert similar_pairs(X, hashes, max_bits=256, min_cosine=0.999).rows.tolist() == [[0, 1], [2, 3]]


def test_against_all_pairs_in_blocks_of_any_size(monkeypatch):
    X, hashes = made()
    hashes = hashes[:, :, :1]  # 8 bits: many agree
    known = np.arange(60) % 7 != 0
    unit = X / np.linalg.norm(X, axis=1, keepdims=True)
    expected = [
        (i, j)
        for i in range(60)
        for j in range(i + 1, 60)
        if known[i] and known[j] and unit[i] @ unit[j] >= 0.4
        and hash_distance(hashes[[i]], hashes[[j]])[0] <= 2
    ]  # fmt: skip
    assert len(expected) > 20
    for block in (1, 7, 10_000):
        monkeypatch.setattr(duplicates, "_BLOCK", block)
        found = similar_pairs(X, hashes, known, min_cosine=0.4, max_bits=2)
        assert [tuple(pair) for pair in found.rows.tolist()] == expected
    np.testing.assert_allclose(found.cosine, [unit[i] @ unit[j] for i, j in expected], atol=1e-6)


def test_a_crop_is_matched_with_the_whole_only():
    hashes = np.array([[[0], [255]], [[255], [15]], [[3], [15]]], dtype=np.uint8)
    assert hash_distance(hashes[[0]], hashes[[1]]).tolist() == [0]  # 0's crop is 1's whole
    assert hash_distance(hashes[[1]], hashes[[2]]).tolist() == [2]  # 15 and 3: not 0, crop against crop
    assert hash_distance(hashes[[1]], hashes[[0]]).tolist() == [0]


def test_none_known():
    X, hashes = made(5)
    assert similar_pairs(X, hashes, np.zeros(5, dtype=bool)).rows.shape == (0, 2)
    assert similar_pairs(X, hashes).rows.shape == (0, 2)
    assert similar_pairs(X[:0], hashes[:0]).rows.shape == (0, 2)


@pytest.mark.parametrize("block", [1, 7, 10_000])
def test_rows_that_may_be_in_a_pair_across_groups(monkeypatch, block):
    monkeypatch.setattr(duplicates, "_BLOCK", block)
    X = np.pad(made()[0], ((0, 0), (0, 1)))
    X[3:5] = np.eye(9)[8]  # near each other, of one group, and to nothing else
    groups = np.arange(60) // 3
    unit = X / np.linalg.norm(X, axis=1, keepdims=True)
    near = unit @ unit.T >= 0.8
    found = rows_with_neighbours(X, groups, min_cosine=0.8)
    assert (found == (near & (groups[:, None] != groups)).any(axis=1)).all()
    assert 5 < found.sum() < 55
    any_kind = rows_with_neighbours(X, np.arange(60), min_cosine=0.8)
    assert (any_kind == (near & ~np.eye(60, dtype=bool)).any(axis=1)).all()
    assert any_kind.sum() > found.sum()
    assert not rows_with_neighbours(X, np.zeros(60), min_cosine=0.8).any()
    assert rows_with_neighbours(X[:0], groups[:0]).shape == (0,)


def test_single_precision_looks_and_double_decides():
    """A cosine on either side of the threshold by less than single precision can tell."""
    angle = np.arccos(0.95)
    for turn, expected in ((-1e-7, [[0, 1]]), (1e-7, [])):
        X = np.array([[1.0, 0.0], [np.cos(angle + turn), np.sin(angle + turn)]])
        assert similar_pairs(X, np.zeros((2, 1, 32), dtype=np.uint8)).rows.tolist() == expected
        assert rows_with_neighbours(X, [0, 1]).all()
