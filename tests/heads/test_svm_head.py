from __future__ import annotations

import numpy as np
import pytest
from heads_cases import rows
from scipy.special import softmax
from sklearn.multiclass import OneVsRestClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from styleid.errors import InputError
from styleid.heads import one_vs_rest_svc
from styleid.heads.one_vs_rest_svc import OneVsRestSVC
from styleid.heads.svm import SVMHead


@pytest.mark.parametrize("k", [2, 4])
@pytest.mark.parametrize("kernel", ["linear", "rbf"])
def test_scores_are_a_softmax_of_the_values_of_scikit_learn(k: int, kernel: str) -> None:
    X, y, _ = rows(n=120, k=k, distance=0.4)
    head = SVMHead(kernel=kernel, C=0.5, relative_gamma=1.0).fit(X, y)
    svc = SVC(C=0.5, kernel=kernel, gamma="scale")
    # `gamma="scale"` sees the float64 rows here, as in the head.
    oracle = make_pipeline(StandardScaler(), OneVsRestClassifier(svc) if k > 2 else svc)
    values = oracle.fit(X.astype(np.float64), y).decision_function(X.astype(np.float64))
    if k == 2:
        values = np.column_stack([-values, values])
    np.testing.assert_allclose(head.predict_proba(X), softmax(values, axis=1), rtol=0, atol=2e-3)


def test_relative_gamma_is_a_multiple_of_scale_whatever_the_columns() -> None:
    X, y, _ = rows(n=60, dim=10)
    X[:, 3] = 1.0  # "scale" counts columns that vary
    head = SVMHead(kernel="rbf", relative_gamma=0.5).fit(X, y)
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
        SVMHead(kernel="poly").fit(*rows()[:2])
