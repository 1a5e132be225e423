"""Augmented views are learned from in training parts, and nowhere else."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from styleid import cross_validate, grouped_folds, make_table
from styleid.evaluate.calibration import held_out
from styleid.evaluate.crossval import evaluate_holdout
from styleid.evaluate.splits import holdout
from styleid.heads.base import Head, get_head
from styleid.studies.artist.augmented import (
    WithViews,
    augmented_head,
    cross_validate_augmented,
    picture_numbers,
)

N, V = 60, 3
Y = np.array(["a", "b"] * (N // 2))
GROUPS = np.arange(N) // 4  # each holds both labels
#: View v of picture i is the vector (i, v): a spy can tell what it was shown.
VIEWS = np.stack([np.column_stack([np.arange(N), np.full(N, v)]) for v in range(V)]).astype(np.float32)


class Spy:
    """A classifier that remembers what it learned from and what it scored."""

    log: list[dict[str, Any]] = []
    validation_fraction = 0.2

    def set_params(self, **params: object) -> Spy:
        self.params = params
        return self

    def fit(self, X: Any, y: Any, groups: Any = None, validation: Any = None) -> Spy:
        self.classes_ = np.unique(y)
        self.seen = {"train": X, "y": y, "groups": groups, "validation": validation, "scored": []}
        Spy.log.append(self.seen)
        return self

    def predict_proba(self, X: Any) -> np.ndarray:
        learned, held = set(self.seen["train"][:, 0]), self.seen["validation"]
        part = learned if held is None else learned | set(held[0][:, 0])
        if set(X[:, 0]) not in (learned, part):  # a head's lead is read off its own training rows
            self.seen["scored"].append(X)
        return np.full((len(X), 2), 0.5)

    def predict(self, X: Any) -> np.ndarray:
        self.predict_proba(X)
        return np.full(len(X), "a")


def spy(**takes: bool) -> Head:
    Spy.log = []
    return Head("spy", "a spy", lambda seed: Spy(), {"depth": [1, 2]}, **takes)


def check_what_was_seen(log: list[dict[str, Any]]) -> None:
    assert log
    for seen in log:
        learned, views = seen["train"][:, 0].astype(int), seen["train"][:, 1].astype(int)
        np.testing.assert_array_equal(seen["y"], Y[learned], "a view has its picture's label")
        assert all(set(views[learned == i]) == set(range(V)) for i in set(learned)), "all views of each"
        others = [*seen["scored"], *([] if seen["validation"] is None else [seen["validation"][0]])]
        for rows in others:
            np.testing.assert_array_equal(rows[:, 1], 0, "what is scored is a centre view")
            held = set(GROUPS[rows[:, 0].astype(int)])
            assert not held & set(GROUPS[learned]), "no view of a held picture, nor of its group, was learned"
        if seen["groups"] is not None:
            np.testing.assert_array_equal(seen["groups"], GROUPS[learned])


@pytest.mark.parametrize(
    "takes", [{}, {"takes_groups": True}, {"takes_groups": True, "takes_validation": True}]
)
def test_no_augmented_view_of_a_held_picture_is_learned_from(takes: dict[str, bool]) -> None:
    head = spy(**takes)
    folds, _ = grouped_folds(Y, GROUPS, 3, 0)
    params = {fold.name: {"depth": 2} for fold in folds}
    table = make_table(picture_numbers(N), Y, GROUPS)
    found = cross_validate_augmented(augmented_head(head, VIEWS), table, folds, params)
    assert len(Spy.log) == 3
    assert [dict(run.params) for run in found.runs] == [{"depth": 2}] * 3
    np.testing.assert_array_equal(found.rows, np.arange(N))
    held_out(augmented_head(head, VIEWS), {}, table, np.arange(N), seed=0)
    assert len(Spy.log) > 3 + 3 * 4, "heads behind a map as well"
    check_what_was_seen(Spy.log)
    assert all((seen["validation"] is not None) == takes.get("takes_validation", False) for seen in Spy.log)


def test_a_holdout_validates_by_centre_views() -> None:
    head = spy(takes_validation=True)
    fold = holdout(Y, GROUPS, 0)
    evaluate_holdout(augmented_head(head, VIEWS), make_table(picture_numbers(N), Y, GROUPS), fold)
    check_what_was_seen(Spy.log)
    assert fold.validation is not None
    for seen in Spy.log:
        np.testing.assert_array_equal(seen["validation"][0], VIEWS[0, fold.validation])
        assert len(seen["train"]) == V * len(fold.train)


@pytest.mark.parametrize("name", ["logreg", "knn", "centroid"])
def test_one_view_alone_is_the_plain_head(name: str) -> None:
    rng = np.random.default_rng(0)
    X = (rng.normal(size=(N, 5)) + (Y == "a")[:, None]).astype(np.float32)
    head, (folds, _) = get_head(name), grouped_folds(Y, GROUPS, 3, 0)
    plain = cross_validate(head, make_table(X, Y, GROUPS), folds, seed=3)
    params = {run.name: run.params for run in plain.runs}
    table = make_table(picture_numbers(N), Y, GROUPS)
    same = cross_validate_augmented(augmented_head(head, X[None]), table, folds, params, seed=3)
    np.testing.assert_array_equal(same.scores, plain.scores)


def test_more_views_change_what_is_learned_and_the_order_of_the_classes_is_kept() -> None:
    rng = np.random.default_rng(0)
    X = (rng.normal(size=(V, N, 5)) + (Y == "a")[:, None]).astype(np.float32)
    fitted = WithViews(get_head("logreg"), X, 0).fit(picture_numbers(N), Y, GROUPS)
    alone = WithViews(get_head("logreg"), X[:1], 0).fit(picture_numbers(N), Y, GROUPS)
    assert fitted.classes_.tolist() == ["a", "b"]
    assert (
        np.abs(fitted.predict_proba(picture_numbers(N)) - alone.predict_proba(picture_numbers(N))).max()
        > 0.01
    )
