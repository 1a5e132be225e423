from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from evaluate_cases import BACKWARDS, LOGREG, NOISY, SPY, drawn_table
from sklearn.linear_model import LogisticRegression

from styleid import cross_validate, grouped_folds, make_table
from styleid.errors import InputError
from styleid.evaluate.crossval import evaluate_holdout
from styleid.evaluate.splits import holdout
from styleid.evaluate.table import Fold
from styleid.heads.base import Head
from styleid.heads.one_vs_rest import one_vs_rest_head
from styleid.heads.scores import label_scores


def case(k=3, **options):
    X, y, groups = drawn_table(k=k, **options)
    X = X[:, 1:]
    folds, _ = grouped_folds(y, groups, 3, 0)
    return X, y, groups, folds


def test_every_row_is_scored_once_and_in_its_place():
    X, y, groups, folds = case()
    found = cross_validate(LOGREG, make_table(X, y, groups), folds)
    assert found.rows.tolist() == list(range(len(y)))
    assert found.labels == ("hand a", "hand b", "hand c")
    assert np.array(found.labels)[found.true].tolist() == y.tolist()
    assert found.predicted.tolist() == found.scores.argmax(axis=1).tolist()
    for fold, run in zip(folds, found.runs, strict=True):
        model = LogisticRegression(max_iter=500, **run.params).fit(X[fold.train], y[fold.train])
        np.testing.assert_allclose(found.scores[fold.test], model.predict_proba(X[fold.test]))
        assert set(found.folds[fold.test]) == {fold.name}
        assert (run.n_train, run.n_test) == (len(fold.train), len(fold.test))
        assert run.fit_seconds > 0 < run.predict_seconds


@pytest.mark.parametrize("one_vs_rest", [False, True])
@pytest.mark.parametrize("k", [2, 3])
def test_columns_follow_the_labels_given(k, one_vs_rest):
    X, y, groups, folds = case(k=k)
    plain = cross_validate(
        one_vs_rest_head(LOGREG) if one_vs_rest else LOGREG, make_table(X, y, groups), folds
    )
    turned = cross_validate(
        one_vs_rest_head(BACKWARDS) if one_vs_rest else BACKWARDS,
        make_table(X, y, groups, plain.labels[::-1]),
        folds,
    )
    np.testing.assert_allclose(turned.scores[:, ::-1], plain.scores, atol=1e-5)  # float32 inside
    assert np.mean(plain.true == plain.predicted) > 0.5
    assert [turned.labels[i] for i in turned.true] == [plain.labels[i] for i in plain.true]
    assert [turned.labels[i] for i in turned.predicted] == [plain.labels[i] for i in plain.predicted]


def test_rows_permuted_in_are_rows_permuted_out():
    X, y, groups, folds = case()
    order = np.random.default_rng(5).permutation(len(y))
    place = np.argsort(order)
    moved = [Fold(fold.name, np.sort(place[fold.train]), np.sort(place[fold.test])) for fold in folds]
    alone = dataclasses.replace(LOGREG, grid={})
    one = cross_validate(alone, make_table(X, y, groups), folds)
    other = cross_validate(alone, make_table(X[order], y[order], groups[order]), moved)
    np.testing.assert_allclose(other.scores, one.scores[order], atol=1e-4)
    assert other.true.tolist() == one.true[order].tolist()
    assert other.folds.tolist() == one.folds[order].tolist()


@pytest.mark.parametrize("one_vs_rest", [False, True])
def test_one_core_or_two_the_numbers_are_the_same(one_vs_rest):
    X, y, groups, folds = case()
    done = []
    runs = [
        cross_validate(
            one_vs_rest_head(NOISY) if one_vs_rest else NOISY,
            make_table(X, y, groups),
            folds,
            seed=7,
            n_jobs=n_jobs,
            progress=lambda *step: done.append(step),
        )
        for n_jobs in (1, 2)
    ]
    np.testing.assert_array_equal(runs[0].scores, runs[1].scores)
    assert [run.params for run in runs[0].runs] == [run.params for run in runs[1].runs]
    assert [run.name for run in runs[1].runs] == [fold.name for fold in folds]
    assert done == [(1, 3), (2, 3), (3, 3)] * 2


def test_the_seed_reaches_the_heads_and_differs_by_fold():
    X, y, groups, folds = case()
    one, again, other = (
        cross_validate(NOISY, make_table(X, y, groups), folds, seed=seed).scores for seed in (1, 1, 2)
    )
    assert np.array_equal(one, again)
    assert not np.array_equal(one, other)
    given = []
    spy = Head("spy", "", lambda seed: given.append(seed) or LogisticRegression(max_iter=500), {})
    cross_validate(spy, make_table(X, y, groups), folds, seed=1)
    assert len(set(given)) == 3


def test_one_vs_rest_is_one_two_class_problem_a_label():
    X, y, groups, folds = case()
    head = dataclasses.replace(LOGREG, grid={})
    found = cross_validate(one_vs_rest_head(head), make_table(X, y, groups), folds)
    for column, label in enumerate(found.labels):
        for fold in folds:
            model = LogisticRegression(max_iter=500).fit(X[fold.train], y[fold.train] == label)
            expected = model.predict_proba(X[fold.test])[:, 1]
            np.testing.assert_allclose(found.scores[fold.test, column], expected, rtol=1e-4)
    assert found.predicted.tolist() == found.scores.argmax(axis=1).tolist()
    assert list(found.runs[0].params) == list(found.labels)


def test_holdout_learns_from_the_training_part_alone():
    X, y, groups, _ = case()
    fold = holdout(y, groups, 0)
    found = evaluate_holdout(LOGREG, make_table(X, y, groups), fold)
    (run,) = found.runs
    model = LogisticRegression(max_iter=500, **run.params).fit(X[fold.train], y[fold.train])
    np.testing.assert_allclose(found.scores, model.predict_proba(X[fold.test]))
    assert found.rows.tolist() == fold.test.tolist()
    # The choice is the one that is best on the validation part.
    right = {}
    for C in (0.1, 1.0):
        model = LogisticRegression(max_iter=500, C=C).fit(X[fold.train], y[fold.train])
        predicted = model.predict(X[fold.validation])
        truth = y[fold.validation]
        right[C] = np.mean([np.mean(predicted[truth == label] == label) for label in np.unique(truth)])
    assert right[run.params["C"]] == max(right.values())


def test_labels_not_learned_score_nothing():
    X, y, groups, folds = case()
    for one_vs_rest in (False, True):
        found = cross_validate(
            one_vs_rest_head(LOGREG) if one_vs_rest else LOGREG,
            make_table(X, y, groups, ["new", *np.unique(y)]),
            folds,
        )
        assert np.all(found.scores[:, 0] == 0)
        assert np.all(found.predicted > 0)


def test_curves_and_notes_carry_their_fold():
    class Epochs(LogisticRegression):
        def fit(self, X, y):
            super().fit(X, y)
            self.history_ = {name: [2, 1] for name in ("loss", "val_loss", "accuracy", "val_accuracy")}
            self.best_epoch_ = np.int64(2)
            return self

    X, y, groups, _ = case()
    folds, _ = grouped_folds(y, groups, 3, 0)
    folds = [dataclasses.replace(folds[0], notes=("few",)), *folds[1:]]
    found = cross_validate(
        Head("e", "", lambda seed: Epochs(max_iter=500), {}), make_table(X, y, groups), folds
    )
    assert found.curves[0] == {
        "name": "fold-1",
        "loss": [2.0, 1.0],
        "val_loss": [2.0, 1.0],
        "accuracy": [2.0, 1.0],
        "val_accuracy": [2.0, 1.0],
        "best_epoch": 2,
    }
    assert len(found.curves) == 3
    assert found.notes == ("fold-1: few",)
    assert cross_validate(LOGREG, make_table(X, y, groups), folds).curves == ()


def test_a_training_part_too_small_to_search_uses_defaults_and_says_so():
    y = np.array(["a", "b"] * 2)
    X = np.arange(8, dtype=np.float32).reshape(4, 2)
    folds, _ = grouped_folds(y, np.arange(4), 2, 0)
    found = cross_validate(LOGREG, make_table(X, y, np.arange(4)), folds)
    assert [run.params for run in found.runs] == [{}, {}]
    assert all("parameters were not searched, the defaults are used" in note for note in found.notes)
    assert len(found.notes) == 2
    assert (
        cross_validate(dataclasses.replace(LOGREG, grid={}), make_table(X, y, np.arange(4)), folds).notes
        == ()
    )


def test_folds_of_other_groups_are_refused():
    X, y, groups, folds = case()
    with pytest.raises(InputError, match="one group in two of its parts"):
        cross_validate(LOGREG, make_table(X, y, np.zeros(len(y))), folds)
    with pytest.raises(InputError, match="one group in two of its parts"):
        evaluate_holdout(LOGREG, make_table(X, y, np.zeros(len(y))), folds[0])


def test_folds_that_leave_rows_out_are_refused():
    X, y, groups, folds = case()
    with pytest.raises(InputError, match="rows never and 0 more than once"):
        cross_validate(LOGREG, make_table(X, y, groups), folds[:-1])


def test_tables_of_other_lengths_are_refused():
    X, y, groups, folds = case()
    with pytest.raises(InputError, match="a label and a group each"):
        cross_validate(LOGREG, make_table(X[:-1], y, groups), folds)


@pytest.mark.parametrize(
    ("labels", "match"),
    [(["hand a", "hand b"], "'hand c' left out"), (["hand a", "hand b", "hand c", "hand a"], "one twice")],
)
def test_labels_that_do_not_fit_are_refused(labels, match):
    X, y, groups, folds = case()
    with pytest.raises(InputError, match=match):
        cross_validate(LOGREG, make_table(X, y, groups, labels), folds)


def test_a_head_that_knows_more_labels_is_refused():
    model = LogisticRegression().fit([[0.0], [1.0]], ["a", "b"])
    with pytest.raises(InputError, match="a head that also knows 'b'"):
        label_scores(model, np.zeros((1, 1), dtype=np.float32), ["a"])


def test_spy_is_a_head_like_any_other():
    X, y, groups = drawn_table()
    folds, _ = grouped_folds(y, groups, 3, 0)
    found = cross_validate(SPY, make_table(X, y, groups), folds)
    assert np.mean(found.true == found.predicted) > 0.6
