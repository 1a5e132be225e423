"""The parts of the variance, and a test that finds what is there and nothing else."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest

from styleid.studies.forgetting.order_effect import order_effect

ORDERS = list(permutations(range(3)))


def noise(seed: int, n_seeds: int = 8) -> np.ndarray:
    """Scores that vary with label, seed and chance, not with the order."""
    rng = np.random.default_rng(seed)
    label, by_seed = rng.normal(0, 1, 3), rng.normal(0, 1, (n_seeds, 1, 1))
    return label + by_seed + rng.normal(0, 0.5, (n_seeds, len(ORDERS), 3))


def test_parts_add_up_and_a_pure_part_is_the_whole() -> None:
    parts = order_effect(noise(0), ORDERS, permutations=50)
    assert sum(part.share for part in parts.values()) == pytest.approx(1.0)
    ones = np.ones((4, 6, 3))
    pure = {
        "label": ones * np.arange(3),
        "seed": ones * np.arange(4)[:, None, None],
        "order": ones * np.arange(6)[:, None],
        "position": ones * np.argsort(ORDERS, axis=1),
    }
    for name, scores in pure.items():
        shares = {of: part.share for of, part in order_effect(scores, ORDERS, permutations=20).items()}
        assert shares[name] == pytest.approx(1.0)
    still = order_effect(ones, ORDERS)
    assert {part.share for part in still.values()} == {0.0}


def test_scores_that_vary_with_labels_only_raise_no_alarm_more_often_than_stated() -> None:
    alarms = np.zeros(2)
    for seed in range(200):
        parts = order_effect(noise(seed), ORDERS, seed, permutations=99)
        alarms += [parts["order"].p <= 0.05, parts["position"].p <= 0.05]
    # 10 of 200 are stated; more than 19 happen once in a thousand such tests.
    assert alarms.max() <= 19
    assert alarms.min() >= 2  # nor does it sleep


def test_what_chance_would_show_is_what_it_shows() -> None:
    found = [order_effect(noise(seed), ORDERS, seed, permutations=99)["order"] for seed in range(60)]
    assert np.mean([part.share for part in found]) == pytest.approx(
        np.mean([part.by_chance for part in found]), rel=0.25
    )


def test_a_planted_effect_of_the_order_is_found_and_named() -> None:
    planted = noise(1) + 0.5 * np.arange(6)[:, None]
    parts = order_effect(planted, ORDERS)
    assert parts["order"].p < 0.001
    assert parts["position"].p > 0.01


def test_a_planted_effect_of_the_place_is_found_and_named() -> None:
    planted = noise(2) + 0.5 * np.argsort(ORDERS, axis=1)
    parts = order_effect(planted, ORDERS)
    assert parts["position"].p < 0.001
    assert parts["position"].share > 3 * parts["position"].by_chance
    assert parts["order"].p > 0.01


def test_seeds_are_never_mixed() -> None:
    # Seeds far apart would drown the effect if their scores changed places.
    planted = noise(3) + 100 * np.arange(8)[:, None, None] + 0.5 * np.arange(6)[:, None]
    assert order_effect(planted, ORDERS)["order"].p < 0.001


def test_one_seed_or_one_order_is_not_tested() -> None:
    assert order_effect(noise(0)[:1], ORDERS)["order"].p is None
    assert order_effect(noise(0)[:, :1], ORDERS[:1])["position"].p is None


def test_the_seed_decides_the_permutations() -> None:
    first, again, other = (order_effect(noise(4), ORDERS, s, permutations=99)["order"] for s in (0, 0, 1))
    assert first == again
    assert first != other
