from __future__ import annotations

from report_cases import make_result
from trust_cases import metric

from styleid.questions.scores.question import tabulate_confusion, tabulate_labels
from styleid.report.numbers import read_metric, write_params


def test_readings():
    assert read_metric(metric(0.83456, 0.1)).value == "0.835"
    assert read_metric(metric(0.83456, 0.1)).interval == "0.735–0.935"
    assert (read_metric(metric(0.5, 0.1)).low, read_metric(metric(0.5, 0.1)).high) == (40.0, 60.0)
    assert read_metric(None) == read_metric(metric(None))
    assert read_metric(None).value == "–"
    assert read_metric({"value": 0.5, "low": None, "high": None}).interval == ""


def test_labels_are_listed_best_first_undefined_last():
    like = make_result(["a", "b"], [[3, 1], [0, 4]], accuracy=0.8)["per_label"]["a"]
    result = {"per_label": {name: dict(like) for name in "abc"}}
    for name, recall in zip("abc", (None, 0.2, 0.9), strict=True):
        result["per_label"][name]["recall"] = metric(recall)
    assert [row["name"] for row in tabulate_labels(result)] == ["c", "b", "a"]


def test_tints_are_shares_of_the_row_not_of_the_column():
    table = tabulate_confusion({"labels": ["a", "b"], "confusion": [[3, 1], [0, 10]]})
    tints = [[cell["tint"] for cell in row["cells"]] for row in table["rows"]]
    assert tints == [[75, 50], [0, 100]]
    assert [row["total"] for row in table["rows"]] == [4, 10]


def test_params_as_words():
    assert write_params({"logreg__C": 10.0, "kernel": "rbf"}) == "C = 10, kernel = rbf"
    assert write_params({}) == ""
