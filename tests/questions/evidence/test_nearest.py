"""Nearest known pictures, where the truth is planted."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from styleid.questions.evidence.nearest import Neighbours
from styleid.questions.evidence.ranks import Ranks, unwhitened
from styleid.questions.strangers.distances import fit_detector

DIM, SERIES, EACH = 24, 20, 3
LABELS = ("ann", "bob", "cy")


def made_up(
    seed: int = 0, dim: int = DIM, noise: float = 0.6
) -> tuple[NDArray[np.float32], NDArray[np.int64], NDArray[np.int64]]:
    """Vectors of three hands: a hand's own direction, a series' own, and noise."""
    rng = np.random.default_rng(seed)
    X, y, components = [], [], []
    for label in range(len(LABELS)):
        for series in range(SERIES):
            middle = 2 * np.eye(dim)[label] + rng.normal(0, noise, dim)
            for _ in range(EACH):
                X.append(middle + rng.normal(0, noise / 2, dim))
                y.append(label)
                components.append(label * SERIES + series)
    return np.array(X, np.float32), np.array(y), np.array(components)


def neighbours(X: NDArray[np.float32], y: NDArray[np.int64], components: NDArray[np.int64]) -> Neighbours:
    return Neighbours(fit_detector(X, np.array(LABELS)[y]), y, components)


def test_a_planted_neighbour_comes_first_and_ones_own_series_does_not_count() -> None:
    X, y, components = made_up()
    known = neighbours(X, y, components)
    for row in (0, 70, 150):
        near = X[row] + np.float32(0.01)
        assert known.of_label(known.ask(near), int(y[row]), 4)[0] == row
        home = int(components[row])
        others = known.of_label(known.ask(near, home), int(y[row]), 4)
        assert len(others) == 4
        assert home not in components[others]
        assert set(y[others]) == {y[row]}
    assert known.of_label(known.ask(X[0]), 2, 1000) != [], "a label has at most the pictures there are"


def test_a_hub_that_is_near_to_everything_gives_way() -> None:
    X, y, components = made_up(0, 60, 0.4)
    hub = len(X)
    X = np.concatenate([X, X[y == 0].mean(axis=0, keepdims=True)])
    y, components = np.append(y, 0), np.append(components, components.max() + 1)
    known = neighbours(X, y, components)
    mine = np.flatnonzero(y == 0)
    rng = np.random.default_rng(1)
    first = {"cosine": 0, "corrected": 0}
    for _ in range(40):
        new = 2 * np.eye(60)[0] + rng.normal(0, 0.4, 60)
        cosine = known.cosines(new[None].astype(np.float32))[0]
        first["cosine"] += int(mine[cosine[mine].argmax()] == hub)
        query = known.ask(new.astype(np.float32))
        first["corrected"] += int(known.of_label(query, 0, 1)[0] == hub)
    assert first["cosine"] > 10, "without the correction it is the nearest of very many"
    assert first["corrected"] < first["cosine"] / 2


def test_the_vectors_that_were_whitened_come_back() -> None:
    X, y, components = made_up()
    back = unwhitened(neighbours(X, y, components).detector)
    np.testing.assert_allclose(back, X / np.linalg.norm(X, axis=1, keepdims=True), atol=2e-3)


def test_ranks_of_new_pictures_by_a_hand_are_spread_evenly_and_those_of_others_are_low() -> None:
    """A rank among pictures that were measured in sample would be near 0 for every new one."""
    X, y, components = made_up()
    known = neighbours(X, y, components)
    ranks = Ranks.among(known)
    new, hands, _ = made_up(seed=7)
    own, other = [], []
    for vector, hand in zip(new[::3], hands[::3].tolist(), strict=True):
        one, two = ranks.rank(vector, hand, None), ranks.rank(vector, (hand + 1) % 3, None)
        assert one is not None
        assert two is not None
        own.append(one)
        other.append(two)
    assert 0.35 < np.mean(own) < 0.65
    assert 0.05 < np.mean(np.array(own) < 0.25) < 0.5
    assert np.mean(other) < 0.05


def test_a_label_of_one_series_has_no_rank() -> None:
    X, y, components = made_up()
    keep = (y < 2) | (components == components.max())
    known = neighbours(X[keep], y[keep], components[keep])
    ranks = Ranks.among(known)
    assert ranks.rank(X[0], 2, None) is None
    assert ranks.rank(X[0], 0, int(components[0])) is not None


@pytest.mark.parametrize("spread", [0.0, 5.0])
def test_a_place_lies_amid_the_nearest_and_says_how_far_these_lie_apart(spread: float) -> None:
    X, y, components = made_up()
    known = neighbours(X, y, components)
    places = np.random.default_rng(0).normal(0, 1, (len(X), 2)).astype(np.float32)
    query = known.ask(X[5] + np.float32(0.01))
    nearest = np.argsort(-query.nearness)[:5]
    places[nearest] = [3.0, -2.0] + spread * np.random.default_rng(1).normal(0, 1, (5, 2))
    x, y_, apart = known.place(query, places)
    low, high = places[nearest].min(axis=0), places[nearest].max(axis=0)
    assert (low - 1e-5 <= (x, y_)).all()
    assert ((x, y_) <= high + 1e-5).all()
    assert (apart > 0.15) == bool(spread)
