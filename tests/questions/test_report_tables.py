from __future__ import annotations

import numpy as np
from report_cases import make_result
from trust_cases import metric

from styleid.questions.scores.confusion import AS_GIVEN, MOST_LABELS
from styleid.questions.scores.question import (
    tabulate_confusion,
    tabulate_labels,
    tabulate_metrics,
)
from styleid.report.numbers import read_metric, write_params


def test_readings():
    assert read_metric(metric(0.83456, 0.1)).value == "0.835"
    assert read_metric(metric(0.83456, 0.1)).interval == "0.735–0.935"
    assert (read_metric(metric(0.5, 0.1)).low, read_metric(metric(0.5, 0.1)).high) == (40.0, 60.0)
    assert read_metric(None) == read_metric(metric(None))
    assert read_metric(None).value == "–"
    assert read_metric({"value": 0.5, "low": None, "high": None}).interval == ""


def test_labels_are_listed_worst_first_undefined_last():
    like = make_result(["a", "b"], [[3, 1], [0, 4]], accuracy=0.8)["per_label"]["a"]
    result = {"per_label": {name: dict(like) for name in "abc"}}
    for name, recall in zip("abc", (None, 0.2, 0.9), strict=True):
        result["per_label"][name]["recall"] = metric(recall)
    assert [row["name"] for row in tabulate_labels(result)] == ["b", "c", "a"]


def test_tints_are_shares_of_the_row_not_of_the_column():
    table = tabulate_confusion({"labels": ["a", "b"], "confusion": [[3, 1], [0, 10]]})
    tints = [[cell["tint"] for cell in row["cells"]] for row in table["rows"]]
    assert tints == [[52, 35], [0, 70]]
    assert [row["total"] for row in table["rows"]] == [4, 10]


def test_params_as_words():
    assert write_params({"logreg__C": 10.0, "kernel": "rbf"}) == "C = 10, kernel = rbf"
    assert write_params({}) == ""


def matrix(k: int) -> dict[str, object]:
    """The last label is mistaken for the one before it, ever."""
    counts = np.diag([5] * k)
    counts[k - 1] = 0
    counts[k - 1, k - 2] = 5
    return tabulate_confusion({"labels": [f"n{i}" for i in range(k)], "confusion": counts.tolist()})


def test_many_labels_stand_with_the_most_confused_first():
    few, many = matrix(AS_GIVEN), matrix(AS_GIVEN + 1)
    assert [row["label"] for row in few["rows"]] == list(range(AS_GIVEN))
    assert (few["shown"], few["others"], many["others"]) == ("", False, False)
    assert "come first" in many["shown"]
    assert [row["label"] for row in many["rows"]][:3] == [AS_GIVEN - 1, AS_GIVEN, 0]
    assert [cell["count"] for cell in many["rows"][1]["cells"]][:2] == [5, 0]
    assert many["names"][:2] == [f"n{AS_GIVEN - 1}", f"n{AS_GIVEN}"]


def test_very_many_labels_show_a_part_and_say_what_lies_beyond():
    table = matrix(MOST_LABELS + 40)
    sizes = (len(table["rows"]), len(table["rows"][0]["cells"]), table["others"])
    assert sizes == (MOST_LABELS, MOST_LABELS + 1, True)
    for row in table["rows"]:
        assert sum(cell["count"] for cell in row["cells"]) == row["total"]


def test_metrics_that_are_one_number_share_a_row():
    result = make_result(["a", "b"], [[3, 1], [0, 4]], accuracy=0.8)
    for source in (result["metrics"], *result["baselines"].values()):
        for shift, name in enumerate(sorted(source)):
            source[name] = metric(0.3 + shift / 20)
        source["macro_recall"] = source["balanced_accuracy"] | {"high": 0.999}  # of resamples without a label
    names = [name for name, _ in tabulate_metrics(result)["rows"]]
    assert "balanced accuracy and macro recall" in names
    assert len(names) == 6
