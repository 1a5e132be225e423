"""One label against the rest, compared with what a step-by-step computation gives."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.base import clone
from sklearn.metrics import balanced_accuracy_score

from styleid import make_table
from styleid.errors import InputError
from styleid.evaluate.calibration import HeldOut, learn_calibrator
from styleid.heads.base import Head, get_head
from styleid.heads.scores import against_rest
from styleid.rules.calibrator import SIGMOID, Calibrator
from styleid.runs.add import one_label as one_label_module
from styleid.runs.add.one_label import SIDES, LabelTask, fit_label, score_label

HEAD = get_head("logreg")


def table(n: int = 90, signal: float = 1.2, seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return vectors of three labels, three pictures in a group."""
    rng = np.random.default_rng(seed)
    codes = np.arange(n) // 3 % 3
    X = rng.normal(size=(n, 8)) + signal * np.eye(8)[codes]
    return X.astype(np.float32), np.array(["ann", "bob", "cy"])[codes], np.arange(n) // 3


def task(head: Head, arrays: tuple[Any, Any, Any], label: str, calibrate: bool = True) -> LabelTask:
    return LabelTask(head, make_table(*arrays), label, calibrate)


def test_each_row_is_scored_once_by_what_has_not_seen_its_group(monkeypatch: pytest.MonkeyPatch) -> None:
    X, y, groups = table()
    seen: list[Any] = []
    real = one_label_module.cross_validate

    def spy(*arguments: Any, **options: Any) -> Any:
        seen.append(arguments[2])
        return real(*arguments, **options)

    monkeypatch.setattr(one_label_module, "cross_validate", spy)
    found, notes = score_label(task(HEAD, (X, y, groups), "cy"), seed=2)
    assert found.labels == SIDES
    np.testing.assert_array_equal(found.rows, np.arange(len(y)))
    np.testing.assert_array_equal(found.true, (y == "cy").astype(int))
    np.testing.assert_allclose(found.scores.sum(axis=1), 1)
    np.testing.assert_array_equal(found.predicted, (found.scores[:, 1] > 0.5).astype(int))
    assert balanced_accuracy_score(found.true, found.predicted) > 0.6
    assert notes == ()
    for fold in seen[0]:
        assert not set(groups[fold.train]) & set(groups[fold.test])


def test_the_map_of_a_fold_is_learned_from_the_other_folds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Plain scores and calibrated ones differ by one sigmoid a fold, which its own scores did not teach."""
    X, y, groups = table()
    plain, _ = score_label(task(HEAD, (X, y, groups), "cy", False), seed=2)
    mapped, _ = score_label(task(HEAD, (X, y, groups), "cy"), seed=2)

    def sigmoid_of(before: Any, after: Any, name: str) -> NDArray[np.float64]:
        here = before.folds == name
        odds = [np.log(found.scores[here, 1] / found.scores[here, 0]) for found in (before, after)]
        line = np.polyfit(*odds, 1)
        np.testing.assert_allclose(odds[1], np.polyval(line, odds[0]), atol=1e-6)
        return line

    names = np.unique(plain.folds)
    lines = {name: sigmoid_of(plain, mapped, name) for name in names}
    assert len({round(float(slope), 9) for slope, _ in lines.values()}) == len(names)
    real = one_label_module.cross_validate

    def upside_down(*arguments: Any, **options: Any) -> Any:
        found = real(*arguments, **options)
        here = found.folds == names[0]
        return found.with_scores(np.where(here[:, None], found.scores[:, ::-1], found.scores))

    monkeypatch.setattr(one_label_module, "cross_validate", upside_down)
    turned, _ = score_label(task(HEAD, (X, y, groups), "cy", False), seed=2)
    moved, _ = score_label(task(HEAD, (X, y, groups), "cy"), seed=2)
    np.testing.assert_allclose(sigmoid_of(turned, moved, names[0]), lines[names[0]], atol=1e-6)
    assert not np.allclose(sigmoid_of(turned, moved, names[1]), lines[names[1]], atol=1e-3)


def test_the_head_is_that_of_all_rows_and_its_map_that_of_its_out_of_fold_scores() -> None:
    X, y, groups = table()
    learned = fit_label(task(HEAD, (X, y, groups), "bob"), seed=1)
    target = against_rest(y, "bob")
    oracle = clone(HEAD.build(0)).set_params(**learned.params).fit(X, target)
    np.testing.assert_allclose(learned.estimator.predict_proba(X), oracle.predict_proba(X), atol=1e-6)
    assert learned.known is not None
    assert learned.known.scores.shape == (90, 1)
    np.testing.assert_array_equal(learned.known.true == 0, y == "bob")
    np.testing.assert_array_equal(learned.known.components, groups)
    (slope,), (intercept,) = learned.calibrator.slope, learned.calibrator.intercept
    odds = np.log(learned.known.scores / (1 - learned.known.scores))
    plain = 1 / (1 + np.exp(-(odds - intercept) / slope))
    again, _ = learn_calibrator(HeldOut(learned.known.rows, learned.known.true, plain, groups), SIGMOID)
    assert again.slope == pytest.approx((slope,), rel=1e-3)
    own, rest = learned.known.scores[y == "bob", 0], learned.known.scores[y != "bob", 0]
    assert own.mean() > rest.mean() + 0.2
    in_sample = learned.calibrator.apply(oracle.predict_proba(X)[:, 1:])[:, 0]
    assert not np.allclose(in_sample, learned.known.scores[:, 0]), "learned from rows the head has not seen"


def test_without_a_map_the_scores_are_the_heads_own() -> None:
    X, y, groups = table()
    learned = fit_label(task(HEAD, (X, y, groups), "bob", False), seed=1)
    assert (learned.calibrator, learned.known) == (Calibrator(), None)


@pytest.mark.parametrize("name", ["svm", "knn", "centroid"])
def test_every_head_learns_a_label(name: str) -> None:
    X, y, groups = table(60, signal=3.0)
    head = get_head(name)
    learned = fit_label(task(head, (X, y, groups), "ann"), seed=1)
    assert sorted(learned.estimator.classes_) == ["rest", "this"]
    assert learned.calibrator.method == "sigmoid"
    own = learned.calibrator.apply(learned.estimator.predict_proba(X)[:, 1:])[:, 0]
    assert own[y == "ann"].mean() > own[y != "ann"].mean() + 0.3


def test_a_label_that_means_nothing_scores_like_chance() -> None:
    X, y, groups = table(180, signal=0.0)
    found, _ = score_label(task(HEAD, (X, y, groups), "ann"), seed=2)
    assert balanced_accuracy_score(found.true, found.predicted) < 0.6
    assert found.scores[:, 1].mean() == pytest.approx(1 / 3, abs=0.06)


def test_few_groups_are_told_by_the_label_s_name() -> None:
    X, y, groups = table(60)
    groups = np.where(y == "cy", 900 + groups % 2, groups)
    _, notes = score_label(task(HEAD, (X, y, groups), "cy"), seed=2)
    assert any("absent from some test parts: 'cy' (2)" in note for note in notes)
    with pytest.raises(InputError, match="found fewer for 'cy'"):
        score_label(task(HEAD, (X, y, np.where(y == "cy", 900, groups)), "cy"))
