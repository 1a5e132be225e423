"""The graph of a model computes what the model does, whatever its head, its map and its detector."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from bundle_cases import LABELS, OPTIONS, SPACE, bundle, vectors
from shipped_cases import EVERY, MAPS, voting_bundle

from styleid import load_model, make_head
from styleid.errors import BundleError
from styleid.model.bundle import save_bundle
from styleid.model.contents import Bundle
from styleid.model.file.scorer import TEMPERATURES
from styleid.model.make import make_bundle
from styleid.model.trust import Trust

pytest.importorskip("onnx", reason="the extra export is not installed")
pytest.importorskip("onnxruntime", reason="the extra export is not installed")


def compute(made: Bundle, folder: Path, rows: np.ndarray) -> dict[str, np.ndarray]:
    """Draw the model without its network, and let onnxruntime compute it."""
    from styleid.model.export.onnx import _run, draw_model

    save_bundle(folder / "model", made)
    return _run(draw_model(load_model(folder / "model")), {"rows": rows.astype(np.float32)})


def further(X: np.ndarray) -> np.ndarray:
    """Rows it learned from, one of zeros, and one far out."""
    return np.vstack([X, 0 * X[:1], 1e3 * X[:1]]).astype(np.float32)


@pytest.mark.parametrize("n_labels", [2, 3])
@pytest.mark.parametrize(("head", "params"), EVERY)
def test_scores_are_the_models(tmp_path: Path, head: str, params: dict[str, Any], n_labels: int) -> None:
    X, y = vectors()
    mine = np.isin(y, LABELS[:n_labels])
    labels = LABELS[:n_labels][::-1]  # in another order than the head's classes
    made = make_bundle(head, labels, make_head(head, **params).fit(X[mine], y[mine]), SPACE, X[mine], OPTIONS)
    made = replace(made, trust=Trust(MAPS["temperature"]))
    made = replace(made, golden_scores=made.scores(made.golden_vectors))
    rows = further(X)
    expected = made.scores(rows)
    assert np.ptp(expected) > 0.1
    np.testing.assert_allclose(compute(made, tmp_path, rows)["scores"], expected, rtol=0, atol=1e-6)


@pytest.mark.parametrize("name", MAPS)
@pytest.mark.parametrize("head", ["lda", "mlp"])
def test_one_model_a_label_and_each_map(tmp_path: Path, head: str, name: str) -> None:
    if name == "temperature":
        pytest.skip("a temperature is of all labels together")
    made = replace(bundle(head, one_vs_rest=True), trust=Trust(MAPS[name]))
    made = replace(made, golden_scores=made.scores(made.golden_vectors))
    rows = further(vectors()[0])
    np.testing.assert_allclose(compute(made, tmp_path, rows)["scores"], made.scores(rows), rtol=0, atol=1e-6)


@pytest.mark.parametrize("kind", ["near", "mahalanobis", "knn"])
def test_distances_and_votes(tmp_path: Path, kind: str) -> None:
    X, y = vectors()  # 16 numbers are two views of 8
    made = voting_bundle(kind, X, y)
    rows = X + np.random.default_rng(2).normal(0, 1, X.shape).astype(np.float32)
    computed = compute(made, tmp_path, rows)
    np.testing.assert_allclose(computed["scores"], made.scores(rows), rtol=0, atol=1e-6)
    seen = rows.reshape(-1, 2, 8).mean(axis=1)
    np.testing.assert_allclose(
        computed["distance"][:, 0], made.trust.unknown.detector.distances(seen), rtol=2e-6, atol=2e-6
    )
    np.testing.assert_allclose(computed["vector"], seen, rtol=1e-6)


def test_the_same_model_gives_the_same_bytes(tmp_path: Path) -> None:
    from styleid.model.export.onnx import draw_model

    save_bundle(tmp_path / "model", bundle("lda"))
    assert draw_model(load_model(tmp_path / "model")) == draw_model(load_model(tmp_path / "model"))


def test_a_head_without_a_graph_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(TEMPERATURES, "LDAHead")
    with pytest.raises(BundleError, match="a LDAHead has no graph; export a model of another head"):
        compute(bundle("lda"), tmp_path, vectors()[0])


def test_views_at_random_have_no_recipe() -> None:
    from styleid.model.export.recipe import Preset, view_recipes

    with pytest.raises(BundleError, match="found augment/0, which is changed at random"):
        view_recipes(["center", "augment/0"], Preset())
