from __future__ import annotations

import copy

import numpy as np
import pytest
from report_cases import make_result
from trust_cases import metric

from styleid.questions.scores.words import find_cautions, write_findings, write_headline
from styleid.report.numbers import in_hundred


def cautions(result):
    return [caution.text for caution in find_cautions(result)]


@pytest.fixture
def result():
    """Three labels of 100: 90, 80 and 70 found."""
    return make_result(["ann", "ben", "cy"], [[90, 5, 5], [15, 80, 5], [28, 2, 70]], accuracy=0.80)


def test_headline_of_many_pictures(result):
    assert str(write_headline(result)) == (
        "The svm head names the right one of 3 labels for 80 of 100 pictures (95 % interval 76 to 84); "
        "always guessing the commonest label gives 33, the nearest centroid 60."
    )


def test_headline_of_few_pictures_counts_them():
    result = make_result(["ann", "ben"], [[9, 1], [3, 7]], accuracy=0.80)
    assert "labels for 16 of 20 pictures, 80 in 100 (95 % interval 76 to 84);" in str(write_headline(result))


def test_headline_of_one_label_against_the_others(result):
    result = make_result(["others", "ann"], [[90, 10], [20, 80]], accuracy=0.85) | {"target": "ann"}
    assert str(write_headline(result)).startswith(
        "The svm head tells rightly whether a picture is of “ann” for 85 of 100"
    )


def test_headline_of_the_centroid_is_not_compared_with_itself(result):
    assert "nearest centroid" not in str(write_headline(result | {"head": "centroid"}))


def test_headline_without_interval_or_baselines(result):
    result["metrics"]["accuracy"] = {"value": 0.8, "low": None, "high": None}
    assert str(write_headline(result | {"baselines": {}})) == (
        "The svm head names the right one of 3 labels for 80 of 100 pictures."
    )


def test_scored_pictures_are_counted_not_those_learned_from(result):
    small = make_result(["ann", "ben"], [[9, 1], [3, 7]], accuracy=0.80) | {
        "n_images": 500,
        "protocol": "holdout",
    }
    assert "16 of 20 pictures" in str(write_headline(small))
    assert any("Only 20 pictures" in line for line in cautions(small))


def test_a_clear_result_has_no_caution(result):
    assert cautions(result) == []


def paired(result, baseline, **differences):
    """Set how far the head is ahead of a baseline."""
    result["less_baselines"][baseline] |= differences
    return result


@pytest.mark.parametrize(
    ("name", "ahead", "words"),
    [
        (
            "centroid",
            metric(0.05, 0.06),
            "cannot be told apart from the nearest centroid: on the same pictures they differ by +5.0 "
            "points in acc",
        ),
        (
            "majority",
            metric(0.01, 0.02),
            "cannot be told apart from the commonest label: on the same pictures they differ by +1.0 "
            "points in acc",
        ),
        (
            "centroid",
            {"value": -0.15, "low": -0.2, "high": -0.1},
            "does worse than the nearest centroid: on the same",
        ),
    ],
)
def test_a_baseline_that_is_not_beaten(result, name, ahead, words):
    if ahead["value"] > 0:
        ahead["low"] = ahead["value"] - 0.06
    (caution,) = cautions(paired(result, name, accuracy=ahead))
    assert caution.startswith(f"The svm head {words}")


def test_intervals_may_overlap_where_the_difference_is_clear(result):
    """On the same pictures two heads may rise and fall together, and one be ahead all the time."""
    result["baselines"]["centroid"]["accuracy"] = metric(0.79)
    paired(result, "centroid", accuracy={"value": 0.01, "low": 0.004, "high": 0.016})
    assert cautions(result) == []


def test_balanced_accuracy_counts_too(result):
    """Most pictures of one label: guessing it looks good in accuracy only, and the other way round."""
    paired(result, "majority", balanced_accuracy={"value": 0.0, "low": -0.1, "high": 0.1})
    assert "they differ by 0.0 points in balanced accuracy" in cautions(result)[0]


def test_undefined_intervals_are_not_compared(result):
    paired(result, "centroid", accuracy=metric(None), balanced_accuracy=metric(None))
    assert cautions(result) == []


NOTHING = {"value": 0.01, "low": -0.05, "high": 0.07}
SAME = {"value": 0.0, "low": None, "high": None}
BEHIND = {"value": -0.1, "low": -0.15, "high": -0.05}


@pytest.mark.parametrize(
    ("accuracy", "balanced", "begins", "better"),
    [
        (metric(0.4), metric(0.4), "The svm head names", True),
        (NOTHING, NOTHING, "The svm head is no better than guessing: it names the right one of 3", False),
        (BEHIND, NOTHING, "The svm head is no better than guessing: it names", False),
        (
            BEHIND,
            metric(0.2),
            "The svm head names",
            False,
        ),  # of unequal labels: told by a caution, without pride
        (metric(None), metric(None), "The svm head names", True),
        (SAME, SAME, "The svm head is no better than guessing", False),
        (
            NOTHING,
            metric(None),
            "The svm head is no better than guessing",
            False,
        ),  # by all that could be told
    ],
)
def test_a_headline_is_proud_only_above_guessing(result, accuracy, balanced, begins, better):
    headline = write_headline(paired(result, "majority", accuracy=accuracy, balanced_accuracy=balanced))
    assert (headline.before.startswith(begins), headline.better) == (True, better)


def test_small_labels_few_groups_and_wide_intervals_are_told(result):
    small = copy.deepcopy(result) | {"n_groups": 12}
    small["per_label"]["cy"]["n_images"] = 1
    small["metrics"]["accuracy"] = metric(0.8, 0.15)
    told = " ".join(cautions(small))
    assert "only 12 groups" in told
    assert "“cy” has only 1 picture:" in told
    assert "interval is wide" in told


def test_findings_name_the_best_the_least_and_the_commonest_mistake(result):
    assert write_findings(result) == [
        "Found best: “ann”, 90 of 100. Found least: “cy”, 70 of 100.",
        "The commonest mistake: “cy” taken for “ann”, 28 times.",
    ]


def test_ties_are_told():
    counts = np.diag([9] * 6)
    counts[4, 0] = counts[5, 1] = 1
    counts[2, 3] = counts[3, 2] = 4
    assert write_findings(make_result(list("abcdef"), counts.tolist(), accuracy=0.8)) == [
        "Found best: “a” and “b”, 9 of 9 each. Found least: “c” and “d”, 9 of 13 each.",
        "The commonest mistake: “c” taken for “d”, 4 times; 1 other mistake as often.",
    ]
    counts = np.diag([3, 4, 5, 6, 7])
    counts[4, 0] = 1
    assert write_findings(make_result(list("abcde"), counts.tolist(), accuracy=0.8)) == [
        "Found best: 4 labels tie, among them “a”, “b” and “c”, 100 in 100 each. Found least: “e”, 7 of 8."
    ]


def test_findings_of_a_perfect_result_are_none():
    assert write_findings(make_result(["a", "b"], [[9, 0], [0, 9]], accuracy=1.0)) == []


def test_findings_pass_over_a_label_without_pictures():
    assert write_findings(make_result(["a", "b", "c"], [[9, 1, 0], [0, 9, 0], [0, 0, 0]], accuracy=0.9)) == [
        "Found best: “b”, 9 of 9. Found least: “a”, 9 of 10."
    ]


@pytest.mark.parametrize(
    ("share", "words"),
    [
        (0.834, "83"),
        (1.0, "100"),
        (0.0, "0"),
        (0.999, "99.9"),
        (0.99999, "99.9"),
        (0.9957, "99.6"),
        (0.001, "0.1"),
        (1e-9, "0.1"),
        (None, "?"),
    ],
)
def test_all_and_none_are_never_rounded_to(share, words):
    assert in_hundred(share) == words
