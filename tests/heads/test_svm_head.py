from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from heads_cases import rows
from sklearn.calibration import CalibratedClassifierCV
from sklearn.multiclass import OneVsRestClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from styleid.errors import InputError
from styleid.heads import calibrated, one_vs_rest_svc
from styleid.heads.inner_folds import calibration_folds
from styleid.heads.one_vs_rest_svc import OneVsRestSVC
from styleid.heads.svm import SVMHead


def _fit(k: int = 3, **params: Any) -> tuple[SVMHead, np.ndarray, np.ndarray, np.ndarray]:
    X, y, groups = rows(n=120, k=k, distance=0.4)
    return SVMHead(random_state=0, **params).fit(X, y, groups=groups), X, y, groups


@pytest.mark.parametrize("k", [2, 4])
@pytest.mark.parametrize("kernel", ["linear", "rbf"])
def test_scores_are_those_of_scikit_learn_calibrated_on_grouped_folds(k: int, kernel: str) -> None:
    head, X, y, groups = _fit(k, kernel=kernel, C=0.5, relative_gamma=1.0)
    codes = np.unique(y, return_inverse=True)[1]
    seed = np.random.RandomState(0).randint(2**31)
    svc = SVC(C=0.5, kernel=kernel, gamma="scale")
    if k > 2:
        svc = OneVsRestClassifier(svc)
    # `gamma="scale"` sees the float64 rows here, as in the head.
    oracle = CalibratedClassifierCV(
        make_pipeline(StandardScaler(), svc),
        method="temperature",
        ensemble=False,
        cv=calibration_folds(codes, groups, 5, seed),
    ).fit(X.astype(np.float64), codes)
    assert head.calibrated_
    np.testing.assert_allclose(
        head.predict_proba(X), oracle.predict_proba(X.astype(np.float64)), rtol=0, atol=2e-3
    )


def test_inner_folds_keep_groups_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Any] = []

    class Spy(CalibratedClassifierCV):
        def fit(self, X: Any, y: Any) -> Any:
            seen.extend(self.cv)
            return super().fit(X, y)

    monkeypatch.setattr(calibrated, "CalibratedClassifierCV", Spy)
    _, _, _, groups = _fit()
    assert len(seen) == 5
    for train, test in seen:
        assert not set(groups[train]) & set(groups[test])


@pytest.mark.parametrize("k", [2, 4])
def test_leaving_calibration_out_changes_no_prediction(k: int) -> None:
    head, X, _, _ = _fit(k)
    plain, _, _, _ = _fit(k, probability=False)
    assert not plain.calibrated_
    assert (head.predict(X) == plain.predict(X)).all()
    assert not np.allclose(head.predict_proba(X), plain.predict_proba(X))


def test_a_class_with_one_group_is_scored_without_calibration() -> None:
    X, y, groups = rows(n=60, distance=2.0)
    groups[y == "anna"] = "one"
    head = SVMHead(random_state=0).fit(X, y, groups=groups)
    assert not head.calibrated_
    assert head.temperature_ == 1.0
    assert (head.predict(X) == y).mean() > 0.9


@pytest.mark.parametrize("k", [2, 3])
def test_a_set_without_a_mistake_claims_no_certainty(k: int) -> None:
    X, y, groups = rows(n=90, k=k, distance=20.0)
    head = SVMHead(random_state=0).fit(X, y, groups=groups)
    best = head.predict_proba(X).max(axis=1)
    assert (head.predict(X) == y).all()
    # 90 rows without a mistake speak for (90 + 1) / (90 + 2), not for 1.
    assert np.median(best) == pytest.approx(91 / 92, abs=1e-2 if k == 3 else 1e-6)


def test_calibration_brings_claims_near_the_truth() -> None:
    X, y, groups = rows(n=900, k=3, dim=8, distance=0.5, seed=1)
    head = SVMHead(C=100.0, kernel="rbf", relative_gamma=4.0, random_state=0)
    head.fit(X[:450], y[:450], groups=groups[:450])
    scores = head.predict_proba(X[450:])
    accuracy = (head.predict(X[450:]) == y[450:]).mean()
    assert 0.4 < accuracy < 0.9
    assert abs(scores.max(axis=1).mean() - accuracy) < 0.08


def test_relative_gamma_is_a_multiple_of_scale_whatever_the_columns() -> None:
    X, y, _ = rows(n=60, dim=10)
    X[:, 3] = 1.0  # "scale" counts columns that vary
    head = SVMHead(kernel="rbf", relative_gamma=0.5, probability=False).fit(X, y)
    assert head.model_[-1].gamma == pytest.approx(0.5 / 9)


@pytest.mark.parametrize("kernel", ["linear", "rbf"])
@pytest.mark.parametrize("k", [2, 4])
def test_many_rows_give_what_the_shared_kernel_gives(
    monkeypatch: pytest.MonkeyPatch, k: int, kernel: str
) -> None:
    X, y, _ = rows(n=90, k=k, distance=0.4)
    shared = OneVsRestSVC(kernel=kernel, gamma=0.1).fit(X, y)
    monkeypatch.setattr(one_vs_rest_svc, "MAX_SHARED", 0)
    apart = OneVsRestSVC(kernel=kernel, gamma=0.1).fit(X, y)
    np.testing.assert_allclose(shared.decision_function(X), apart.decision_function(X), atol=1e-2)
    assert (shared.predict(X) == apart.predict(X)).mean() > 0.97


def test_a_kernel_that_is_not_scored_is_refused() -> None:
    with pytest.raises(InputError, match="kernel must be 'linear' or 'rbf', not 'poly'"):
        _fit(kernel="poly")
