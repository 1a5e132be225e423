"""Sets of labels: the quantile by hand, coverage on simulated pictures, ties, few groups."""

from __future__ import annotations

import numpy as np
import pytest
from evaluate_cases import drawn

from styleid.errors import InputError
from styleid.evaluate.resample import mean_share
from styleid.questions.label_sets.measure import judge_sets
from styleid.rules.label_sets import (
    METHOD,
    ConformalSets,
    LabelSets,
    component_quantile,
    own_nonconformity,
)


def learn_sets(true, scores, components, level=0.9):
    return LabelSets(METHOD, own_nonconformity(true, scores), components).rule(level)


def grouped(n_groups, per_group, seed, k=4):
    """Scores of groups that are easy or hard as a whole, and labels drawn from them."""
    rng = np.random.default_rng(seed)
    group = np.repeat(np.arange(n_groups), per_group)
    ease = np.repeat(rng.gamma(2.0, size=n_groups), per_group)
    logits = ease[:, None] * rng.normal(size=(len(group), k))
    scores = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    true = (rng.random(len(group))[:, None] > scores.cumsum(axis=1)).sum(axis=1)
    return scores, np.minimum(true, k - 1), group


@pytest.mark.parametrize(("n", "level", "place"), [(9, 0.9, 9), (19, 0.9, 18), (99, 0.95, 95), (10, 0.5, 6)])
def test_the_quantile_is_the_next_of_n_plus_one(n, level, place):
    values = np.random.default_rng(0).permutation(np.arange(1.0, n + 1))
    assert component_quantile(values, np.arange(n), level) == place


def test_the_threshold_is_mapies_where_every_picture_is_its_own_group():
    # LACConformityScore.quantiles_ of mapie 1.6.0, SplitConformalClassifier(prefit=True), on these scores.
    for seed, theirs in enumerate([0.84328501, 0.90487117, 0.91301053, 0.86014793]):
        scores, true, group = grouped(60 + seed, 1, seed)
        assert learn_sets(true, scores, group)[0].threshold == pytest.approx(theirs, abs=1e-8)


def test_too_few_groups_promise_nothing_and_hold_everything():
    scores, true, _ = grouped(8, 1, 0)
    rule, notes = learn_sets(true, scores, np.arange(8), level=0.9)
    assert rule.threshold == np.inf
    assert rule.sets(scores).all()
    assert "at least 9 groups" in notes[0]
    assert "found 8" in notes[0]
    many = np.repeat(scores, 50, axis=0)  # more pictures of the same groups promise no more
    assert learn_sets(np.repeat(true, 50), many, np.repeat(np.arange(8), 50))[0].threshold == np.inf
    assert component_quantile(np.empty(0), np.empty(0), 0.9) == np.inf


def test_a_group_weighs_the_same_whatever_its_size():
    # One group of a hundred easy pictures beside nine groups of one hard picture each.
    values = np.append(np.zeros(100), np.arange(1.0, 10.0))
    groups = np.append(np.zeros(100), np.arange(1, 10))
    assert component_quantile(values, groups, 0.5) == 5.0  # 1 + 5 of 10, and one to come: 6 >= 5.5


@pytest.mark.parametrize("per_group", [1, 8])
def test_coverage_is_what_was_stated(per_group):
    covered = []
    for seed in range(40):
        scores, true, group = grouped(100, per_group, seed)
        rule, _ = learn_sets(true, scores, group, level=0.9)
        fresh, fresh_true, _ = grouped(200, 5, 1000 + seed)
        inside = rule.sets(fresh)
        covered.append(inside[np.arange(1000), fresh_true].mean())
    assert 0.9 - 0.01 <= np.mean(covered) <= 0.9 + 0.03


def test_nonconformity_by_hand():
    scores = np.array([[0.5, 0.2, 0.3], [0.4, 0.4, 0.2]])
    np.testing.assert_allclose(own_nonconformity(np.array([0, 2]), scores), [0.5, 0.8])


def test_equal_scores_are_in_or_out_together():
    scores = np.array([[0.5, 0.25, 0.25], [0.25, 0.5, 0.25]])
    for threshold in (0.4, 0.5, 0.75, 0.8, 1.0):
        inside = ConformalSets(0.9, threshold).sets(scores)
        assert inside[0, 1] == inside[0, 2]
        assert np.array_equal(inside[0], inside[1][[1, 0, 2]])
        assert inside[[0, 1], [0, 1]].all()  # never empty


def test_the_scores_that_made_the_threshold_are_within_it():
    scores, true, group = grouped(60, 1, 3)
    rule, _ = learn_sets(true, scores, group)
    assert rule.sets(scores)[np.arange(60), true].sum() >= 55  # the 55th of 60 is the threshold


def test_quality_is_measured_fold_by_fold():
    scores, true, group = grouped(100, 4, 0)
    halves = [group < 50, group >= 50]
    parts = []
    for learn, judge in (halves, halves[::-1]):
        rule, _ = learn_sets(true[learn], scores[learn], group[learn])
        parts.append((rule, true[judge], scores[judge], group[judge]))
    found = judge_sets(parts, list("abcd"), 0)
    by_hand = [rule.sets(s)[np.arange(len(t)), t] for rule, t, s, _ in parts]
    assert found.coverage.value == pytest.approx(np.mean(np.concatenate(by_hand)))
    assert found.coverage.low < 0.92 < found.coverage.high  # 0.9 * 51 / 50
    assert (found.coverage.n, found.coverage.n_components) == (400, 100)
    assert 1 < found.size.value < 4
    assert list(found.by_label) == list("abcd")
    assert found.single.value == pytest.approx(
        np.mean(np.concatenate([rule.sets(s).sum(axis=1) == 1 for rule, _, s, _ in parts]))
    )


def test_what_cannot_be_asked_is_refused():
    scores, true = drawn(10)
    with pytest.raises(InputError, match="between 0 and 1"):
        learn_sets(true, scores, np.arange(10), level=1.0)


def test_a_share_of_one_is_not_a_point():
    found = mean_share(np.ones(10, dtype=bool), np.repeat(np.arange(5), 2))
    assert found.low == pytest.approx(0.566, abs=1e-3)  # Wilson, 5 of 5, not 10 of 10
    assert (found.value, found.high, found.n, found.n_components) == (1.0, 1.0, 10, 5)
    assert np.isnan(mean_share(np.ones(4), np.arange(4))[1:3]).all(), "sets of one label: no interval"
    halves = mean_share(np.array([True, False] * 2), np.repeat([0, 1], 2))
    assert halves.low < 0.2, "two groups half right each: every resample is a half, which proves nothing"
    assert halves.high > 0.8
