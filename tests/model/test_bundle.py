from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from bundle_cases import LABELS, OPTIONS, SPACE, bundle, vectors

from styleid import load_model, make_head
from styleid.errors import BundleError, OutputError
from styleid.heads.base import REGISTRY
from styleid.heads.scores import against_rest
from styleid.model.bundle import save_bundle
from styleid.model.make import make_bundle
from styleid.vectors.store.space import Space

every_head = pytest.mark.parametrize("head", REGISTRY)
both_kinds = pytest.mark.parametrize("one_vs_rest", [False, True])


@every_head
@both_kinds
def test_what_is_read_scores_as_what_was_written(tmp_path: Path, head: str, one_vs_rest: bool) -> None:
    made, path = bundle(head, one_vs_rest), tmp_path / "model.styleid"
    save_bundle(path, made)
    read = load_model(path)
    X, _ = vectors()
    assert np.array_equal(read.scores(X), made.scores(X))
    for name in ("kind", "head", "labels", "space", "options", "versions", "created", "dim", "space_id"):
        assert getattr(read, name) == getattr(made, name), name
    assert np.array_equal(read.golden_vectors, made.golden_vectors)
    assert np.array_equal(read.golden_scores, made.golden_scores)


def test_heads_are_told_by_their_labels_and_not_by_the_order_they_come_in() -> None:
    X, y = vectors()
    heads = {label: make_head("lda").fit(X, against_rest(y, label)) for label in reversed(LABELS)}
    made = make_bundle("lda", LABELS, heads, SPACE, X, OPTIONS)
    assert np.array_equal(made.scores(X), bundle("lda", one_vs_rest=True).scores(X))


@every_head
@both_kinds
def test_same_model_same_bytes_also_after_reading_it(tmp_path: Path, head: str, one_vs_rest: bool) -> None:
    one, other, third = tmp_path / "one", tmp_path / "other", tmp_path / "third"
    save_bundle(one, bundle(head, one_vs_rest))
    bundle.cache_clear()
    save_bundle(other, bundle(head, one_vs_rest))  # fitted anew: other objects at other addresses
    save_bundle(third, replace(load_model(one), stored=()))
    assert one.read_bytes() == other.read_bytes() == third.read_bytes()


def test_scores_are_equal_after_a_restart_and_without_torch(tmp_path: Path) -> None:
    X, _ = vectors()
    np.save(tmp_path / "X.npy", X)
    for head in REGISTRY:
        save_bundle(tmp_path / head, bundle(head))
        np.save(tmp_path / f"{head}.npy", bundle(head).scores(X))
    code = (
        "import sys, numpy\nfrom pathlib import Path\nfrom styleid.heads.base import REGISTRY\n"
        "from styleid.model.bundle import load_model\nfolder = Path(sys.argv[1])\n"
        "for head in REGISTRY:\n"
        "    scores = load_model(folder / head).scores(numpy.load(folder / 'X.npy'))\n"
        "    assert numpy.array_equal(scores, numpy.load(folder / f'{head}.npy')), head\n"
        "    assert 'torch' not in sys.modules, head\n"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=True)


def test_the_file_is_laid_out_as_documented(tmp_path: Path) -> None:
    save_bundle(tmp_path / "ovr", bundle("mlp", True))
    with zipfile.ZipFile(tmp_path / "ovr") as archive:
        infos = archive.infolist()
        manifest = json.loads(archive.read("manifest.json"))
    heads = [f"heads/{i:03d}{suffix}" for i in range(3) for suffix in (".skops", ".safetensors")]
    assert [info.filename for info in infos] == [
        "manifest.json",
        *heads,
        "trust.safetensors",
        "golden.safetensors",
    ]
    assert all(info.compress_type == zipfile.ZIP_STORED for info in infos)
    assert {info.date_time for info in infos} == {(1980, 1, 1, 0, 0, 0)}
    assert manifest["format_version"] == 2
    assert manifest["kind"] == "one-vs-rest"
    assert manifest["labels"] == list(LABELS)
    assert manifest["head"] == "mlp"
    assert manifest["space"] == SPACE
    assert manifest["space_id"] == Space(SPACE).id
    assert manifest["options"] == OPTIONS
    assert manifest["created"] == "2026-11-21T10:00:00+00:00"
    assert set(manifest["members"]) == {*heads, "trust.safetensors", "golden.safetensors"}
    assert {"styleid", "python", "numpy", "scikit-learn", "skops"} <= set(manifest["versions"])


def test_weights_of_an_mlp_are_in_the_safetensors_file_only(tmp_path: Path) -> None:
    made = bundle("mlp")
    save_bundle(tmp_path / "model", made)
    assert hasattr(made.estimators[0], "coefs_")  # the estimator itself is left alone
    with zipfile.ZipFile(tmp_path / "model") as archive:
        assert archive.getinfo("heads/000.skops").file_size < 60_000
        assert archive.getinfo("heads/000.safetensors").file_size > 4 * 16 * 512


def test_multiclass_scores_sum_to_one_and_follow_the_labels_given() -> None:
    X, y = vectors()
    head = make_head("logreg").fit(X, y)
    turned = ("Çağla", "anna", "bruno")
    made = make_bundle("logreg", turned, head, SPACE, X, {})
    scores = made.scores(X)
    np.testing.assert_allclose(scores.sum(axis=1), 1.0)
    assert (np.array(turned)[scores.argmax(axis=1)] == head.predict(X)).all()


def test_one_vs_rest_scores_are_each_labels_own_probability() -> None:
    X, y = vectors()
    heads = {label: make_head("logreg").fit(X, against_rest(y, label)) for label in LABELS}
    scores = make_bundle("logreg", LABELS, heads, SPACE, X, {}).scores(X)
    for column, label in enumerate(LABELS):
        own = heads[label].predict_proba(X)[:, heads[label].classes_ == "this"][:, 0]
        assert np.array_equal(scores[:, column], own)
        assert own[y == label].mean() > own[y != label].mean()
    assert not np.allclose(scores.sum(axis=1), 1.0)


def test_one_label_against_the_rest_is_a_bundle_too(tmp_path: Path) -> None:
    X, y = vectors()
    made = make_bundle(
        "knn", ("anna",), {"anna": make_head("knn").fit(X, against_rest(y, "anna"))}, SPACE, X, {}
    )
    save_bundle(tmp_path / "model", made)
    assert load_model(tmp_path / "model").scores(X).shape == (60, 1)


@every_head
def test_adding_a_label_leaves_the_bytes_of_the_others_alone(tmp_path: Path, head: str) -> None:
    X, y = vectors()
    save_bundle(tmp_path / "two", bundle(head, True, LABELS[:2]))
    quick = {"epochs": 1} if head == "mlp" else {}
    third = make_head(head, **quick).fit(X, against_rest(y, LABELS[2]))
    read = load_model(tmp_path / "two")
    # Even what dumping would now write otherwise (as under another scikit-learn) stays as it was.
    read.estimators[0].some_new_attribute = 1
    save_bundle(tmp_path / "three", read.with_label(LABELS[2], third))
    with zipfile.ZipFile(tmp_path / "two") as two, zipfile.ZipFile(tmp_path / "three") as three:
        old = [name for name in two.namelist() if name.startswith("heads/")]
        assert all(two.read(name) == three.read(name) for name in old)
        assert len(three.namelist()) == len(two.namelist()) + len(old) // 2
    grown = load_model(tmp_path / "three")
    assert grown.labels == LABELS
    assert np.array_equal(grown.scores(X)[:, :2], bundle(head, True, LABELS[:2]).scores(X))
    assert np.array_equal(
        grown.scores(X)[:, 2], third.predict_proba(X)[:, list(third.classes_).index("this")]
    )


def test_a_label_is_added_to_one_vs_rest_only_and_once() -> None:
    with pytest.raises(BundleError, match="without the label 'dora', found a multiclass bundle"):
        bundle().with_label("dora", None)
    with pytest.raises(
        BundleError, match="without the label 'anna', found a one-vs-rest bundle of anna, bruno, Ça"
    ):
        bundle("logreg", True).with_label("anna", None)


def test_golden_vectors_are_spread_over_the_rows() -> None:
    X, _ = vectors()
    made = bundle()
    assert made.golden_vectors.shape == (8, 16)
    assert np.array_equal(made.golden_vectors[[0, -1]], X[[0, -1]])
    assert np.array_equal(made.golden_scores, made.scores(made.golden_vectors))
    y = vectors()[1]
    few = make_bundle("logreg", LABELS, make_head("logreg").fit(X, y), SPACE, X[:3], {})
    assert few.golden_vectors.shape == (3, 16)


def test_vectors_of_another_width_are_refused() -> None:
    with pytest.raises(
        BundleError, match=r"scores vectors of 16 numbers, found an array of shape \(2, 17\); embed"
    ):
        bundle().scores(np.zeros((2, 17)))
    with pytest.raises(BundleError, match=r"shape \(16,\)"):
        bundle().scores(np.zeros(16))
    assert bundle().scores(np.zeros((0, 16))).shape == (0, 3)


def test_another_space_is_refused_with_both_identities_and_what_differs() -> None:
    bundle().require_space(dict(reversed(SPACE.items())))  # the same space, written in another order
    other = {**SPACE, "dim": 32, "layer": "layer3"}
    with pytest.raises(BundleError, match="made in the space") as caught:
        bundle().require_space(other)
    message = str(caught.value)
    assert Space(SPACE).id in message
    assert Space(other).id in message
    assert "dim: 16 here, 32 there" in message
    assert "layer: 'nothing' here, 'layer3' there" in message
    assert "backbone" not in message.replace("own backbone", "")
    assert "\n" not in message


def test_labels_and_estimators_must_belong_together() -> None:
    X, y = vectors()
    head = make_head("logreg").fit(X, y)
    with pytest.raises(
        BundleError, match="16 numbers with classes anna, bruno, found one of 16 with anna, bruno, Ça"
    ):
        make_bundle("logreg", LABELS[:2], head, SPACE, X, {})
    with pytest.raises(
        BundleError, match="one estimator for each of anna, bruno, Çağla, found them for anna"
    ):
        make_bundle("logreg", LABELS, {"anna": head}, SPACE, X, {})
    with pytest.raises(BundleError, match="classes rest, this, found one of 16 with anna"):
        make_bundle("logreg", LABELS, dict.fromkeys(LABELS, head), SPACE, X, {})
    with pytest.raises(BundleError, match="golden vectors of 16 numbers"):
        replace(bundle(), golden_vectors=np.zeros((9, 16), np.float32))
    with pytest.raises(BundleError, match="multiclass or one-vs-rest, found 'both'"):
        replace(bundle(), kind="both")


def test_a_failed_save_keeps_the_file_that_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "model"
    save_bundle(path, bundle())
    before = path.read_bytes()

    def refuse(*args: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("os.replace", refuse)
    with pytest.raises(OutputError, match="cannot write .*model: Permission denied"):
        save_bundle(path, bundle("knn"))
    assert path.read_bytes() == before
    assert [entry.name for entry in tmp_path.iterdir()] == ["model"]


def test_an_estimator_that_could_not_be_read_back_is_not_written(tmp_path: Path) -> None:
    from sklearn.ensemble import RandomForestClassifier

    X, y = vectors()
    forest = RandomForestClassifier(2).fit(X, y)
    made = make_bundle("forest", LABELS, forest, SPACE, X, {})
    with pytest.raises(BundleError, match=r"only the types of styleid's heads, found sklearn\.ensemble"):
        save_bundle(tmp_path / "model", made)
    assert not (tmp_path / "model").exists()
