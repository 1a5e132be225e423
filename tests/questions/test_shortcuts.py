from __future__ import annotations

import numpy as np
import pytest

from styleid import grouped_folds, make_table
from styleid.questions.shortcuts.measure import judge_shortcut, score_shortcuts


def metric(value: float, width: float = 0.05) -> dict[str, float | None]:
    return {"value": value, "low": value - width, "high": value + width}


@pytest.mark.parametrize(
    ("head", "other", "verdict"),
    [
        (0.9, 0.92, "whole"),
        (0.9, 0.81, "whole"),
        (0.9, 0.6, "part"),
        (0.9, 0.36, "none"),
        (0.34, 0.34, "none"),
    ],
)
def test_the_verdict(head, other, verdict):
    assert judge_shortcut(metric(head), metric(other), 1 / 3) == verdict


def test_an_undefined_number_is_no_shortcut():
    nothing = {"value": None, "low": None, "high": None}
    assert judge_shortcut(metric(0.9), nothing, 0.5) == "none"
    assert judge_shortcut(nothing, metric(0.9), 0.5) == "none"


def test_a_threshold_in_one_column_is_learned_and_a_constant_is_not():
    rng = np.random.default_rng(0)
    y = np.repeat(["a", "b", "c"], 20)
    # b is in the middle: no slope tells it
    width = np.repeat([100, 200, 300], 20)
    X = rng.normal(size=(60, 4)).astype(np.float32)
    tables = {"size": width[:, None].astype(np.float32), "nothing": np.ones((60, 2), dtype=np.float32)}
    folds, _ = grouped_folds(y, np.arange(60), 4, 0)
    scored = score_shortcuts(make_table(X, y, np.arange(60)), tables, folds)
    assert list(scored) == ["logreg", "centroid", "majority", "size", "nothing"]
    right = {name: float((of.true == of.predicted).mean()) for name, of in scored.items()}
    assert right["size"] == 1.0
    assert right["nothing"] == right["majority"] == pytest.approx(1 / 3)
    again = score_shortcuts(make_table(X, y, np.arange(60)), tables, folds)
    assert all((again[name].scores == of.scores).all() for name, of in scored.items())
