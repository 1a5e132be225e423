from __future__ import annotations

import warnings

import numpy as np
import pytest
from sklearn import metrics as oracle

from styleid import metrics_with_intervals
from styleid.evaluate import resample
from styleid.evaluate.bootstrap import bootstrap_intervals, resampled_metrics
from styleid.evaluate.crossval import Predictions
from styleid.evaluate.metrics import BY_LABEL, OVERALL, point_metrics
from styleid.evaluate.resample import component_counts


def predictions(n=60, k=3, seed=0, decimals=1):
    rng = np.random.default_rng(seed)
    true = rng.integers(k, size=n)
    scores = rng.random((n, k))
    scores[np.arange(n), true] += 0.4
    scores = (scores / scores.sum(axis=1, keepdims=True)).round(decimals)  # ties
    return true, scores.argmax(axis=1), scores


def test_every_resample_equals_scikit_learn_with_its_weights():
    true, predicted, scores = predictions(n=45)
    component = np.arange(45) // 3
    overall, by_label = resampled_metrics(true, predicted, scores, component, 30, seed=4)
    (counts,) = component_counts(15, 30, seed=4, chunk=30)
    assert np.all(counts.sum(axis=1) == 15)
    for b in range(30):
        weight = counts[b][component]
        on = weight > 0
        args, w = (true[on], predicted[on]), weight[on]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            expected = {
                "accuracy": oracle.accuracy_score(*args, sample_weight=w),
                "balanced_accuracy": oracle.balanced_accuracy_score(*args, sample_weight=w),
            }
            macro = oracle.precision_recall_fscore_support(
                *args, sample_weight=w, average="macro", zero_division=0
            )
            each = oracle.precision_recall_fscore_support(
                *args, sample_weight=w, labels=range(3), zero_division=0
            )
        expected |= dict(zip(("macro_precision", "macro_recall", "macro_f1"), macro, strict=False))
        single = dict(zip(("precision", "recall", "f1"), each, strict=False))
        single["roc_auc"] = [
            oracle.roc_auc_score(true[on] == j, scores[on, j], sample_weight=w) for j in range(3)
        ]
        single["average_precision"] = [
            oracle.average_precision_score(true[on] == j, scores[on, j], sample_weight=w) for j in range(3)
        ]
        expected["roc_auc"] = np.mean(single["roc_auc"])
        expected["average_precision"] = np.mean(single["average_precision"])
        assert set(expected) == set(OVERALL)
        assert set(single) == set(BY_LABEL)
        for name, value in expected.items():
            assert overall[name][b] == pytest.approx(value), name
        for name, values in single.items():
            assert by_label[name][b] == pytest.approx(values), name


def test_intervals_are_the_percentiles_around_the_point():
    true, predicted, scores = predictions()
    groups = np.arange(60)
    found = bootstrap_intervals(true, predicted, scores, groups, seed=1)
    overall, _ = resampled_metrics(true, predicted, scores, groups, 1000, seed=1)
    point = point_metrics(true, predicted, scores)
    for name in OVERALL:
        interval = found.overall[name]
        assert interval.value == point.overall[name]
        assert (interval.low, interval.high) == pytest.approx(np.percentile(overall[name], [2.5, 97.5]))
        assert interval.low < point.overall[name] < interval.high
        assert (interval.n, interval.n_components) == (60, 60)


def test_components_are_resampled_not_rows():
    # Ten copies of every picture tell nothing new: the interval must not shrink.
    true, predicted, scores = predictions(n=40)
    alone = bootstrap_intervals(true, predicted, scores, np.arange(40), seed=2)
    tenfold = [np.repeat(part, 10, axis=0) for part in (true, predicted, scores)]
    copies = bootstrap_intervals(*tenfold, np.repeat(np.arange(40), 10), seed=2)
    naive = bootstrap_intervals(*tenfold, np.arange(400), seed=2)
    for name in OVERALL:
        assert copies.overall[name][1:3] == pytest.approx(alone.overall[name][1:3]), name
    width = [found.overall["accuracy"].high - found.overall["accuracy"].low for found in (copies, naive)]
    assert width[0] > 2.5 * width[1]


def test_a_perfect_score_of_ten_pictures_does_not_claim_certainty():
    true = np.array([0, 1] * 5)
    scores = np.eye(2)[true]
    found = bootstrap_intervals(true, true, scores, np.arange(10))
    for name in OVERALL:
        interval = found.overall[name]
        assert interval.high == 1.0
        assert interval.low < 0.75, name
    assert found.overall["accuracy"].low == pytest.approx(0.7225, abs=1e-4)  # Wilson, 10 of 10
    assert found.by_label["recall"][0].low == pytest.approx(0.5655, abs=1e-4)  # Wilson, 5 of 5


def test_wilson_counts_components():
    true = np.repeat([0, 1], 50)
    found = bootstrap_intervals(true, true, np.eye(2)[true], np.arange(100) // 10)
    assert found.overall["accuracy"].low == pytest.approx(0.7225, abs=1e-4)


def seen_by_few(k, n=8):
    """60 pictures of one label and n of another, of which k are found and no other is taken for them."""
    true = np.repeat([0, 1], [60, n])
    predicted = np.repeat([0, 1, 0], [60, k, n - k])
    found = bootstrap_intervals(true, predicted, np.eye(2)[predicted] * 0.8 + 0.1, np.arange(60 + n))
    return {name: found.by_label[name][1] for name in BY_LABEL}


@pytest.mark.parametrize("name", ["precision", "recall"])
def test_a_perfect_share_is_never_surer_for_having_less_evidence(name):
    """A rare resample without any picture of the label once made 6 of 6 an interval from 1 to 1."""
    found = [seen_by_few(k, k if name == "recall" else 8)[name] for k in range(2, 9)]
    widths = [interval.high - interval.low for interval in found]
    assert all(interval.value == interval.high == 1.0 for interval in found)
    assert widths == sorted(widths, reverse=True)
    assert [found[k - 2].low for k in (6, 8)] == pytest.approx([0.610, 0.676], abs=1e-3)  # Wilson


@pytest.mark.parametrize(("share", "others"), [(0.75, 0.01), (0.5, 0.005), (0.6, 0.02)])
def test_intervals_of_a_small_label_hold_the_truth(share, others):
    """Of 150 sets drawn from one population nine in ten intervals hold its precision (once six in ten)."""
    rng, held = np.random.default_rng(0), 0
    true = np.repeat([0, 1], [60, 8])
    for _ in range(150):
        predicted = (rng.random(68) < np.where(true, share, others)).astype(np.int64)
        found = bootstrap_intervals(true, predicted, np.eye(2)[predicted], np.arange(68), n_resamples=200)
        interval = found.by_label["precision"][1]
        held += interval.low <= 8 * share / (8 * share + 60 * others) <= interval.high
    assert held > 0.9 * 150


def test_one_group_or_groups_that_are_alike_prove_nothing():
    """A label whose groups are all half right is half right in every resample."""
    true = np.repeat([0, 1], [40, 4])
    predicted = np.concatenate([np.arange(40) % 5 == 0, [0, 1, 0, 1]]).astype(np.int64)
    for groups in ([100] * 4, [100, 100, 101, 101]):
        component = np.concatenate([np.arange(40), groups])
        recall = bootstrap_intervals(true, predicted, np.eye(2)[predicted], component).by_label["recall"][1]
        assert recall.value == 0.5
        assert recall.high - recall.low > 0.6


def test_undefined_metrics_have_no_interval():
    true = np.array([0, 1] * 5)
    scores = np.zeros((10, 3))
    scores[:, 0] = np.linspace(0, 1, 10)
    found = bootstrap_intervals(true, np.zeros(10, dtype=np.int64), scores, np.arange(10))
    assert np.isnan(found.by_label["recall"][2][:3]).all()
    assert np.isnan(found.by_label["roc_auc"][2][:3]).all()
    assert np.isfinite(found.by_label["roc_auc"][0][:3]).all()


def test_the_seed_decides_and_chunks_do_not(monkeypatch):
    table = (*predictions(n=30), np.arange(30))
    one, again, other = (bootstrap_intervals(*table, seed=seed, n_resamples=101) for seed in (3, 3, 4))
    assert one.overall == again.overall
    assert one.overall != other.overall
    monkeypatch.setattr(resample, "CHUNK", 7 * 30)
    chunked = bootstrap_intervals(*table, seed=3, n_resamples=101)
    assert chunked.overall == one.overall
    assert chunked.by_label == one.by_label


def test_weights_held_at_a_time_are_bounded():
    sizes = [counts.shape for counts in component_counts(5000, 10, 0, chunk=4)]
    assert sizes == [(4, 5000), (4, 5000), (2, 5000)]


def test_a_constant_is_not_given_an_interval_it_does_not_have():
    """One answer for all has a balanced accuracy of 1 / k, whatever the pictures."""
    true = np.arange(40) % 4
    scores = np.tile([1.0, 0.0, 0.0, 0.0], (40, 1))
    found = bootstrap_intervals(true, np.zeros(40, dtype=np.int64), scores, np.arange(40) // 4)
    interval = found.overall["balanced_accuracy"]
    assert interval.low == interval.high == pytest.approx(0.25)


def test_one_answer_that_is_never_right_has_no_certainty_either():
    """Of ten pictures all misnamed alike nothing varies, and another set could hold one named rightly."""
    predicted, rows = np.zeros(10, dtype=np.int64), np.arange(10)
    scores = np.tile([0.9, 0.1], (10, 1))
    made = Predictions(("a", "b"), rows, 1 - predicted, predicted, scores, np.full(10, "holdout"), ())
    found = metrics_with_intervals(made, rows)
    for share in (found.metrics["accuracy"], found.per_label["b"].recall):
        assert share[:3] == pytest.approx((0.0, 0.0, 0.2775), abs=1e-4)  # Wilson, 0 of 10
