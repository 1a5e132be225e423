from __future__ import annotations

import json
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as oracle

from styleid.errors import InputError
from styleid.evaluate.metrics import BY_LABEL, OVERALL, point_metrics, rank_rows, ranking_metrics
from styleid.evaluate.resample import plain


@st.composite
def tables(draw):
    n, k = draw(st.integers(1, 30)), draw(st.integers(2, 4))
    rng = np.random.default_rng(draw(st.integers(0, 10**6)))
    true = rng.integers(k, size=n)
    scores = rng.integers(0, draw(st.sampled_from([2, 5, 1000])), size=(n, k)) / 7.0  # few values: many ties
    return true, scores.argmax(axis=1), scores


def same(found, expected):
    assert found == pytest.approx(np.nan if expected is None else expected, abs=1e-12, nan_ok=True)


@settings(deadline=None, max_examples=60)
@given(tables())
def test_equals_scikit_learn(table):
    true, predicted, scores = table
    k = scores.shape[1]
    found = point_metrics(true, predicted, scores)
    assert tuple(found.overall) == OVERALL
    assert tuple(found.by_label) == BY_LABEL
    assert found.confusion.tolist() == oracle.confusion_matrix(true, predicted, labels=range(k)).tolist()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        same(found.overall["accuracy"], oracle.accuracy_score(true, predicted))
        same(found.overall["balanced_accuracy"], oracle.balanced_accuracy_score(true, predicted))
        macro = oracle.precision_recall_fscore_support(true, predicted, average="macro", zero_division=0)
        for name, value in zip(("macro_precision", "macro_recall", "macro_f1"), macro, strict=False):
            same(found.overall[name], value)
        each = oracle.precision_recall_fscore_support(true, predicted, labels=range(k), zero_division=0)
    occurs = np.union1d(true, predicted)
    for label in range(k):
        positive = true == label
        for name, values in zip(("precision", "recall", "f1"), each, strict=False):
            same(found.by_label[name][label], values[label] if label in occurs else None)
        both = positive.any() and not positive.all()
        auc = oracle.roc_auc_score(positive, scores[:, label]) if both else None
        same(found.by_label["roc_auc"][label], auc)
        mean = oracle.average_precision_score(positive, scores[:, label]) if positive.any() else None
        same(found.by_label["average_precision"][label], mean)


def test_macro_roc_auc_and_average_precision_equal_scikit_learn():
    rng = np.random.default_rng(0)
    true = rng.integers(4, size=80)
    scores = rng.dirichlet(np.ones(4), size=80).round(2)
    scores /= scores.sum(axis=1, keepdims=True)
    found = point_metrics(true, scores.argmax(axis=1), scores).overall
    assert found["roc_auc"] == pytest.approx(oracle.roc_auc_score(true, scores, multi_class="ovr"))
    one_hot = np.eye(4)[true]
    assert found["average_precision"] == pytest.approx(oracle.average_precision_score(one_hot, scores))


def test_with_two_labels_roc_auc_is_the_second_labels():
    true = np.array([0, 0, 1, 1])
    scores = np.array([[0.9, 0.8], [0.9, 0.1], [0.9, 0.7], [0.9, 0.6]])
    found = point_metrics(true, scores.argmax(axis=1), scores)
    assert found.overall["roc_auc"] == oracle.roc_auc_score(true, scores[:, 1]) == 0.5
    assert found.by_label["roc_auc"] == (0.5, 0.5)
    averages = [oracle.average_precision_score(true == j, scores[:, j]) for j in range(2)]
    assert found.overall["average_precision"] == pytest.approx(np.mean(averages))


def test_undefined_numbers_are_nan():
    true, scores = np.array([0, 0]), np.array([[0.5, 0.3, 0.2], [0.1, 0.8, 0.1]])
    found = point_metrics(true, scores.argmax(axis=1), scores)
    assert np.isnan(found.overall["roc_auc"])
    recall = found.by_label["recall"]  # second predicted though never true, third neither
    assert recall == pytest.approx((0.5, 0.0, np.nan), nan_ok=True)
    assert found.overall["balanced_accuracy"] == 0.5
    assert found.overall["macro_recall"] == 0.25
    assert "NaN" not in json.dumps(plain(found))


@settings(deadline=None, max_examples=50)
@given(tables(), st.integers(0, 10**6))
def test_weighted_ranking_equals_scikit_learn(table, seed):
    true, _, scores = table
    weights = np.random.default_rng(seed).integers(0, 4, size=(5, len(true))).astype(float)
    positive = true == 0
    auc, mean = ranking_metrics(rank_rows(positive, scores[:, 0]), weights)
    for b, weight in enumerate(weights):
        on = weight > 0
        if not positive[on].any():
            assert np.isnan(auc[b])
            assert np.isnan(mean[b])
            continue
        weighted = (positive[on], scores[on, 0])
        assert mean[b] == pytest.approx(oracle.average_precision_score(*weighted, sample_weight=weight[on]))
        if positive[on].all():
            assert np.isnan(auc[b])
        else:
            assert auc[b] == pytest.approx(oracle.roc_auc_score(*weighted, sample_weight=weight[on]))


@settings(deadline=None, max_examples=30)
@given(tables(), st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_nothing(table, random):
    true, predicted, scores = table
    order = random.sample(range(len(true)), len(true))
    one = point_metrics(true, predicted, scores)
    other = point_metrics(true[order], predicted[order], scores[order])
    assert one.overall == pytest.approx(other.overall, nan_ok=True)
    assert one.confusion.tolist() == other.confusion.tolist()


zero = np.zeros(2, dtype=np.int64)


@pytest.mark.parametrize(
    ("true", "predicted", "scores", "match"),
    [
        (zero, zero, np.zeros((3, 2)), "score the same rows"),
        (zero, zero[:1], np.zeros((2, 2)), "score the same rows"),
        (zero[:0], zero[:0], np.zeros((0, 2)), "score the same rows"),
        (zero + 2, zero, np.zeros((2, 2)), "label numbers below 2.*found 0 to 2"),
        (zero - 1, zero, np.zeros((2, 2)), "label numbers below 2.*found -1 to 0"),
        (zero, zero, np.array([[0.0, 1.0], [np.nan, 1.0]]), "finite scores, found 1 "),
    ],
)
def test_tables_that_cannot_be_scored_are_refused(true, predicted, scores, match):
    with pytest.raises(InputError, match=match):
        point_metrics(true, predicted, scores)
