"""Models saved before the heads lost the calibration of their own still open and score the same.

The files in ``data/`` were made by the code of that time: a fit of three labels by each of three heads, and
an svm with a temperature of its own, as `make_head` built it then.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy.special import softmax

from styleid import load_model, make_head
from styleid.model.bundle import save_bundle
from styleid.model.words import explain

DATA = Path(__file__).parent / "data"

#: File -> the temperature that its head brings.
FORMER = {"svm": 1.0, "lda": 1.0, "centroid": 0.05, "svm-own-temperature": 0.38967385047377756}


@pytest.mark.parametrize("name", FORMER)
def test_a_former_model_scores_as_when_it_was_made(name: str) -> None:
    bundle = load_model(DATA / f"former-{name}.styleid")
    np.testing.assert_allclose(bundle.scores(bundle.golden_vectors), bundle.golden_scores, rtol=0, atol=1e-9)
    head = bundle.estimators[0].real
    assert head.temperature_ == FORMER[name]
    assert "temperature_" not in vars(type(head)(**head.get_params()))


def test_a_temperature_that_a_former_head_learned_is_the_one_it_scores_by() -> None:
    bundle = load_model(DATA / "former-svm-own-temperature.styleid")
    head = bundle.estimators[0].real
    values = head.model_.decision_function(bundle.golden_vectors.astype(np.float64))
    np.testing.assert_allclose(bundle.golden_scores, softmax(values / head.temperature_, axis=1), atol=1e-9)
    assert np.abs(bundle.golden_scores - softmax(values, axis=1)).max() > 0.05


@pytest.mark.parametrize("name", FORMER)
def test_a_former_model_is_saved_again_with_its_bytes(name: str, tmp_path: Path) -> None:
    file = DATA / f"former-{name}.styleid"
    save_bundle(tmp_path / "again.styleid", load_model(file))
    assert (tmp_path / "again.styleid").read_bytes() == file.read_bytes()


def test_a_former_model_says_that_it_cannot_tell_what_it_learned_from() -> None:
    bundle = load_model(DATA / "former-lda.styleid")
    assert bundle.learned is None
    assert any("made before models could tell what they learned from" in line for line in explain(bundle))


def test_heads_fitted_now_know_nothing_of_it() -> None:
    head = make_head("svm")
    assert set(head.get_params()) == {"C", "kernel", "relative_gamma"}
    assert "temperature_" not in vars(head.fit(np.eye(6), list("aabbcc")))
