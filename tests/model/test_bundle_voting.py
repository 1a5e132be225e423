"""Models whose views vote: saved, read, checked, and asked."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from bundle_cases import LABELS, OPTIONS, SPACE, vectors

from styleid import load_model
from styleid.errors import BundleError
from styleid.heads.base import REGISTRY, get_head
from styleid.heads.scores import against_rest
from styleid.heads.voting import voting_head
from styleid.model.bundle import save_bundle
from styleid.model.contents import Bundle
from styleid.model.make import make_bundle
from styleid.model.predict import views_of
from styleid.model.trust import Trust
from styleid.model.verdict import judge
from styleid.questions.strangers.distances import fit_detector
from styleid.rules.strangers import Unknown

V = 2
VOTING = OPTIONS | {"views": "center+fit", "pool": "vote"}
QUICK: dict[str, dict[str, Any]] = {"mlp": {"epochs": 2, "standardize": True}}


def rows() -> tuple[np.ndarray, np.ndarray]:
    X, y = vectors()
    other = np.random.default_rng(9).normal(0, 0.5, X.shape).astype(np.float32)
    return np.hstack([X, X + other]), y


def bundle(head: str = "centroid", one_vs_rest: bool = False, n_views: int = V, **options: Any) -> Bundle:
    X, y = rows()

    def fitted(target: np.ndarray) -> Any:
        return voting_head(get_head(head), n_views).build(0).set_params(**QUICK.get(head, {})).fit(X, target)

    estimator = {label: fitted(against_rest(y, label)) for label in LABELS} if one_vs_rest else fitted(y)
    return make_bundle(head, LABELS, estimator, SPACE, X, VOTING | options)


@pytest.mark.parametrize("one_vs_rest", [False, True])
@pytest.mark.parametrize("head", REGISTRY)
def test_a_model_read_back_scores_the_same(tmp_path: Path, head: str, one_vs_rest: bool) -> None:
    made = bundle(head, one_vs_rest)
    save_bundle(tmp_path / "model.styleid", made)
    read = load_model(tmp_path / "model.styleid")
    X, _ = rows()
    np.testing.assert_allclose(read.scores(X), made.scores(X), rtol=0, atol=1e-12)
    assert (read.dim, read.n_views, read.vector_dim) == (32, 2, 16)
    assert views_of(read) == (("center", "fit"), "vote")
    save_bundle(tmp_path / "again.styleid", read)
    assert (tmp_path / "again.styleid").read_bytes() == (tmp_path / "model.styleid").read_bytes()


def test_strangers_are_measured_by_the_mean_of_the_views() -> None:
    X, y = rows()
    mean = X.reshape(len(X), V, 16).mean(axis=1)
    detector = fit_detector(mean, y)
    known = np.sort(detector.distances(mean))
    made = replace(bundle(), trust=Trust(unknown=Unknown(detector, known, 0.05, {})))
    verdicts = judge(made, X[:7])
    expected = made.trust.unknown.nearer(detector.distances(mean[:7]))
    np.testing.assert_allclose([verdict.nearer for verdict in verdicts], expected)
    wrong = Trust(unknown=Unknown(fit_detector(X, y), known, 0.05, {}))
    with pytest.raises(BundleError, match="a detector of vectors of 16 numbers, found one of 32"):
        replace(made, trust=wrong)


def test_a_model_without_views_looks_at_the_centre() -> None:
    X, y = vectors()
    plain = make_bundle("centroid", LABELS, get_head("centroid").build(0).fit(X, y), SPACE, X, {})
    assert views_of(plain) == (("center",), "mean")
    assert (plain.n_views, plain.vector_dim) == (1, 16)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (
            {"views": "center+fit+grid:2@448"},
            r"heads of the views 'center\+fit\+grid:2@448' .* found some of 2",
        ),
        ({"pool": "mean"}, r"\(pool mean\), found some of 2 side by side"),
        ({"views": "spiral:9"}, "looks at the views 'spiral:9', which this styleid does not know"),
    ],
)
def test_views_that_do_not_belong_to_the_heads_are_refused(options: dict[str, str], says: str) -> None:
    with pytest.raises(BundleError, match=says):
        views_of(bundle(**options))


@pytest.mark.parametrize("n_views", [0, -2, 3, 2.0, "2"])
def test_a_number_of_views_that_cannot_be_is_damage(n_views: object) -> None:
    made = bundle()
    made.estimators[0].n_views = n_views
    with pytest.raises(BundleError, match=r"expected estimators of the same views side by side, found .* 32"):
        replace(made)


def test_heads_of_different_views_are_refused() -> None:
    made = bundle(one_vs_rest=True)
    made.estimators[1].n_views = 4
    with pytest.raises(BundleError, match="found 2, 4 views"):
        replace(made)
