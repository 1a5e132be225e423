from __future__ import annotations

import numpy as np
import pytest

from styleid import make_table
from styleid.evaluate.fitting import fit_head, fit_seed
from styleid.evaluate.seeds import FIT, child_seed
from styleid.heads.base import Head, get_head
from styleid.heads.one_vs_rest import one_vs_rest_head
from styleid.heads.scores import NEGATIVE, POSITIVE, label_scores

LABELS = ("cy", "ann", "probability", "bob")


def table():
    rng = np.random.default_rng(0)
    y = np.array(LABELS)[np.arange(48) % 4]
    return make_table(rng.normal(size=(48, 4)).astype(np.float32), y, np.arange(48) // 4, LABELS)


def test_each_label_has_its_own_seed_and_parameters_by_its_place_in_the_table() -> None:
    given: list[int] = []
    svm = get_head("svm")
    head = Head("spy", "", lambda seed: given.append(seed) or svm.build(seed), {})
    wrapped, data = one_vs_rest_head(head), table()
    rows = np.flatnonzero(data.y != "ann")  # nothing to learn it from
    params = {"cy": {"C": 3.0}, "probability": {"C": 5.0}}
    assert fit_seed(wrapped, 7) == 7
    assert fit_seed(head, 7) == child_seed(7, FIT, 0)
    fitted = fit_head(wrapped, params, data, rows, seed=7)
    assert given == [child_seed(7, FIT, number) for number in (0, 2, 3)]
    assert {label: one.C for label, one in fitted.estimators_.items()} == {
        "cy": 3.0,
        "probability": 5.0,
        "bob": 0.01,
    }
    scores = label_scores(fitted, data.X, LABELS)
    assert (scores[:, 1] == 0).all()
    own = label_scores(fitted.estimators_["bob"], data.X, (POSITIVE, NEGATIVE))[:, 0]
    np.testing.assert_array_equal(scores[:, 3], own)
    assert not np.allclose(scores.sum(axis=1), 1)
    assert fitted.predict(data.X).tolist() == np.array(LABELS)[scores.argmax(axis=1)].tolist()


def test_a_label_may_be_called_as_a_parameter_of_python() -> None:
    wrapped, data = one_vs_rest_head(get_head("svm")), table()
    fitted = fit_head(wrapped, {"self": {}, "cy": {"C": 2.0}}, data, np.arange(48), seed=0)
    assert fitted.estimators_["cy"].C == 2.0
    assert fitted.predict(data.X).shape == (48,)


@pytest.mark.parametrize("name", ["lda", "knn"])
def test_a_validation_part_is_that_of_the_label(name: str) -> None:
    seen: list[set[str]] = []

    class Spy:
        def __init__(self, seed: int) -> None:
            self.model = get_head(name).build(seed)

        def set_params(self, **params: object) -> Spy:
            return self

        def fit(self, X, y, validation=None):
            seen.append(set(validation[1].tolist()))
            return self.model.fit(X, y)

    head = one_vs_rest_head(Head("spy", "", Spy, {}, takes_validation=True))
    fit_head(head, {}, table(), np.arange(24), seed=0, validation=np.arange(24, 48))
    assert seen == [{POSITIVE, NEGATIVE}] * 4
