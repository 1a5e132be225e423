from __future__ import annotations

from functools import partial

import numpy as np
import pytest

from styleid import cross_validate, grouped_folds, make_table
from styleid.questions.shortcuts.measure import judge_shortcut, score_shortcuts


def metric(value: float, width: float = 0.05) -> dict[str, float | None]:
    return {"value": value, "low": value - width, "high": value + width}


@pytest.mark.parametrize(
    ("ahead", "other", "verdict"),
    [
        (metric(-0.02), metric(0.92), "level"),
        (metric(0.04), metric(0.86), "level"),  # the difference may well be none
        (metric(0.05), metric(0.85), "level"),  # the interval ends at 0
        (metric(-0.05), metric(0.85), "level"),
        (metric(-0.06), metric(0.96), "ahead"),
        (metric(0.06), metric(0.84), "behind"),  # though both intervals overlap, the head is ahead
        (metric(0.54), metric(0.36), "chance"),
        (metric(0.0), metric(0.34), "chance"),
        (metric(-0.2), metric(0.34), "chance"),  # ahead of a head that is worse than chance
        ({"value": 0.0, "low": None, "high": None}, metric(0.95), "level"),  # both are always right
        ({"value": 0.1, "low": None, "high": None}, metric(0.85), "behind"),
        ({"value": -0.1, "low": None, "high": None}, metric(0.85), "ahead"),
    ],
)
def test_the_verdict(ahead, other, verdict):
    assert judge_shortcut(ahead, other, 1 / 3) == verdict


def test_an_undefined_number_is_no_shortcut():
    nothing = {"value": None, "low": None, "high": None}
    assert judge_shortcut(metric(0.0), nothing, 0.5) == "chance"
    assert judge_shortcut(nothing, metric(0.9), 0.5) == "chance"


def test_a_threshold_in_one_column_is_learned_and_a_constant_is_not():
    rng = np.random.default_rng(0)
    y = np.repeat(["a", "b", "c"], 20)
    # b is in the middle: no slope tells it
    width = np.repeat([100, 200, 300], 20)
    X = rng.normal(size=(60, 4)).astype(np.float32)
    tables = {"size": width[:, None].astype(np.float32), "nothing": np.ones((60, 2), dtype=np.float32)}
    folds, _ = grouped_folds(y, np.arange(60), 4, 0)
    score = partial(cross_validate, folds=folds)
    scored = score_shortcuts(make_table(X, y, np.arange(60)), tables, score)
    assert list(scored) == ["centroid", "majority", "size", "nothing"]
    right = {name: float((of.true == of.predicted).mean()) for name, of in scored.items()}
    assert right["size"] == 1.0
    assert right["nothing"] == right["majority"] == pytest.approx(1 / 3)
    again = score_shortcuts(make_table(X, y, np.arange(60)), tables, score)
    assert all((again[name].scores == of.scores).all() for name, of in scored.items())
