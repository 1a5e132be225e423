"""The nearest vectors, held against all cosines computed at once."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from styleid.vectors import similar
from styleid.vectors.similar import nearest


@pytest.fixture
def rows(monkeypatch: pytest.MonkeyPatch) -> np.ndarray:
    """Vectors that take several blocks, and queries several rounds, with few spare candidates."""
    for name, value in (("BLOCK", 7), ("QUERIES", 3), ("SPARE", 2)):
        monkeypatch.setattr(similar, name, value)
    return np.random.default_rng(0).normal(1.0, 0.5, (60, 9)).astype(np.float32)


def all_cosines(known: np.ndarray, queries: np.ndarray) -> np.ndarray:
    a, b = (
        x.astype(np.float64) / np.linalg.norm(x.astype(np.float64), axis=1)[:, None] for x in (queries, known)
    )
    return a @ b.T


def test_they_are_those_of_all_cosines(rows: np.ndarray) -> None:
    positions, queries = np.arange(50)[:, None], rows[45:]
    found, cosines = nearest(rows, positions, queries, 4)
    expected = all_cosines(rows[:50], queries)
    order = np.argsort(-expected, axis=1, kind="stable")[:, :4]
    assert found.tolist() == order.tolist()
    assert np.allclose(cosines, np.take_along_axis(expected, order, axis=1), rtol=0, atol=1e-12)
    assert found[0, 0] == 45
    assert cosines[0, 0] == pytest.approx(1, abs=1e-12)


def test_a_picture_is_where_its_position_says(rows: np.ndarray) -> None:
    shuffled = np.random.default_rng(1).permutation(60)
    found, _ = nearest(rows, shuffled[:, None], rows[:5], 1)
    assert shuffled[found[:, 0]].tolist() == [0, 1, 2, 3, 4]


def test_a_picture_is_the_mean_of_its_views(rows: np.ndarray) -> None:
    positions = np.arange(60).reshape(20, 3)
    means = rows.reshape(20, 3, 9).mean(axis=1)
    found, cosines = nearest(rows, positions, means[[4, 11]], 20)
    assert found[:, 0].tolist() == [4, 11]
    assert np.allclose(np.sort(cosines)[:, ::-1], -np.sort(-all_cosines(means, means[[4, 11]])), atol=1e-6)


def test_of_equal_cosines_the_first_row_comes_first(rows: np.ndarray) -> None:
    twins = np.repeat(rows[:10], 6, axis=0)
    found, _ = nearest(twins, np.arange(60)[:, None], rows[:10] * 3, 6)
    assert found.tolist() == [[*range(6 * i, 6 * i + 6)] for i in range(10)]


def test_there_are_no_more_than_there_are_pictures(rows: np.ndarray) -> None:
    found, _ = nearest(rows, np.arange(3)[:, None], rows[:2], 12)
    assert found.shape == (2, 3)
    assert nearest(rows, np.arange(3)[:, None], rows[:0], 12)[0].shape == (0, 3)


def test_vectors_of_zeros_are_at_a_right_angle_to_all(rows: np.ndarray) -> None:
    some = np.vstack([np.zeros((1, 9), np.float32), rows])
    found, cosines = nearest(some, np.arange(61)[:, None], rows[:1], 61)
    assert (found[0, -1], cosines[0, -1]) == (0, 0.0)


def test_an_index_gives_the_same_and_is_built_once(rows: np.ndarray, tmp_path: Path) -> None:
    pytest.importorskip("usearch", reason="the extra search is not installed")
    exact, index = nearest(rows, np.arange(60)[:, None], rows[:5], 4), tmp_path / "derived" / "near-a.usearch"
    other = index.with_name("near-b.usearch")
    for path in (other, index, index):
        by_index = nearest(rows, np.arange(60)[:, None], rows[:5], 4, path)
        assert by_index[0].tolist() == exact[0].tolist()
        assert np.array_equal(by_index[1], exact[1]), "the order is exact, in double precision"
    assert list(index.parent.iterdir()) == [index], "one of another content gives way"
