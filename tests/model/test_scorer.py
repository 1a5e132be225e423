"""A model that was read scores without scikit-learn, to the last bit as the head that it was made from."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from bundle_cases import LABELS, SPACE, bundle, vectors
from numpy.testing import assert_array_equal
from shipped_cases import EVERY, HEADS

from styleid import load_model, make_head
from styleid.errors import InputError
from styleid.heads.voting import Voting
from styleid.model.bundle import save_bundle
from styleid.model.contents import Bundle
from styleid.model.file.scorer import TEMPERATURES
from styleid.model.make import make_bundle


def read_again(made: Bundle, folder: Path) -> Bundle:
    save_bundle(folder / "model", made)
    return load_model(folder / "model")


@pytest.mark.parametrize("n_labels", [2, 3])
@pytest.mark.parametrize(("head", "params"), EVERY)
def test_scores_are_those_of_the_estimator(tmp_path: Path, head: str, params: dict, n_labels: int) -> None:
    X, y = vectors()
    mine = np.isin(y, LABELS[:n_labels])
    fitted = make_head(head, **params).fit(X[mine], y[mine])
    made = make_bundle(head, LABELS[:n_labels], fitted, SPACE, X[mine], {})
    (read,) = read_again(made, tmp_path).estimators
    further = np.vstack([X, 0 * X[:1], 1e3 * X[:1]])
    assert_array_equal(read.predict_proba(further), fitted.predict_proba(further))
    assert_array_equal(read.real.predict_proba(further), fitted.predict_proba(further))
    assert type(read.real) is type(fitted)
    assert list(read.classes_) == list(fitted.classes_)


@pytest.mark.parametrize("head", ["lda", "knn"])
def test_views_vote_as_they_did(tmp_path: Path, head: str) -> None:
    X, y = vectors()
    fitted = Voting(make_head(head), n_views=2).fit(X, y)  # 16 numbers are two views of 8
    (read,) = read_again(make_bundle(head, LABELS, fitted, SPACE, X, {}), tmp_path).estimators
    assert_array_equal(read.predict_proba(X), fitted.predict_proba(X))
    assert read.n_views == 2


def test_numbers_that_are_none_are_refused(tmp_path: Path) -> None:
    read = read_again(bundle("lda"), tmp_path)
    X = vectors()[0].copy()
    X[3, 2] = np.nan
    with pytest.raises(InputError, match="expected vectors of finite numbers, found NaN or infinity"):
        read.scores(X)


def test_a_head_without_a_formula_here_scores_by_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    X, y = vectors()
    fitted = make_head("lda").fit(X, y)
    read = read_again(make_bundle("lda", LABELS, fitted, SPACE, X, {}), tmp_path).estimators[0]
    scores = read.predict_proba(X)
    monkeypatch.delitem(TEMPERATURES, "LDAHead")
    assert_array_equal(read.predict_proba(X), scores)


def test_temperatures_are_those_of_the_heads() -> None:
    kinds = [type(make_head(name)) for name in ("lda", "svm", "centroid", "cosine")]
    assert {kind.__name__: kind.temperature_ for kind in kinds} == TEMPERATURES


def test_a_model_made_of_one_that_was_read_is_saved_whole(tmp_path: Path) -> None:
    """What is read stands for its estimator, also where nothing is left of the bytes it came from."""
    read = read_again(bundle("mlp"), tmp_path)
    save_bundle(tmp_path / "again", replace(read, stored=()))
    assert_array_equal(load_model(tmp_path / "again").golden_scores, read.golden_scores)


def test_reading_and_scoring_load_neither_scikit_learn_nor_scipy_nor_skops(tmp_path: Path) -> None:
    for head in HEADS:
        save_bundle(tmp_path / head, bundle(head))
    code = (
        "import sys; from styleid import load_model; import numpy as np\n"
        f"for name in {HEADS}: load_model(f'{tmp_path}/' + name).scores(np.ones((2, 16)))\n"
        "heavy = 'sklearn', 'scipy', 'skops', 'numba', 'torch', 'matplotlib', 'pyarrow'\n"
        "print([name for name in heavy if name in sys.modules])"
    )
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "[]"
