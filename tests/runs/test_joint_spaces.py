"""Two looks at one picture: a head of each space, scores averaged, one model that makes both vectors."""

from __future__ import annotations

import json
import zipfile
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from drawing import draw
from fitted import DIM, Workspace, predictions
from PIL import Image
from place import Place
from two_spaces import halves, look_at, second_space, vectors_of

from styleid import (
    CheckOptions,
    CompareOptions,
    EmbedOptions,
    FitOptions,
    Run,
    check,
    compare,
    embed,
    fit,
    load_model,
    make_head,
    predict,
)
from styleid.errors import BundleError, InputError, StoreError

BOTH = "toy-+second"


def run(workspace: Workspace, **options: Any) -> Run:
    chosen = FitOptions(**{"head": "lda", "folds": 3, **options})
    return fit(chosen, workspace.manifest, workspace.vectors, workspace.out, None, 1)


def balanced(done: Run) -> float:
    return float(done.result["metrics"]["balanced_accuracy"]["value"])


def test_of_spaces_that_each_know_half_of_the_hands_both_know_more(tmp_path: Path) -> None:
    made = halves(tmp_path)
    first, second, both = (run(made, space=name) for name in ("toy-", "second", BOTH))
    assert max(balanced(first), balanced(second)) < 0.7
    assert balanced(both) > max(balanced(first), balanced(second)) + 0.08
    assert both.folder.name == "lda-toy--second"
    assert both.result["backbone"] == "toy + second"
    assert both.result["n_images"] == len(made.rows)
    # The folds are those of the first space, so that the two compare picture by picture.
    assert [row["fold"] for row in predictions(both)] == [row["fold"] for row in predictions(first)]


def test_near_duplicates_are_those_of_the_first_space(tmp_path: Path) -> None:
    made = Workspace(tmp_path, ("ann", "bob"), n=8)
    copies = [0, 4]  # of two groups; a copy in another format is another content
    for row in copies:
        picture = made.root / made.rows[row].path
        with Image.open(draw(picture, seed=3, style=1)) as drawn:
            drawn.save(picture, "PNG", compress_level=row)
        made.rows[row] = replace(made.rows[row], sha256=sha256(picture.read_bytes()).hexdigest())
    made.points[4] = made.points[0]
    made.write()
    apart = np.random.default_rng(0).normal(0, 1, (len(made.rows), 5))
    second_space(made, 40 * apart)
    groups = [run(made, space=name, head="centroid").result["n_groups"] for name in ("toy-", "second", BOTH)]
    assert groups == [7, 8, 7], "what the first space calls a copy stays together, whatever the second says"


def test_the_model_scores_as_two_heads_averaged_do(tmp_path: Path) -> None:
    made = halves(tmp_path, n=12)
    model = load_model(run(made, space=BOTH, head="centroid").folder)
    X, _ = vectors_of(made.manifest, made.vectors, BOTH)
    assert X.shape == (48, DIM + 5)
    y = [row.label for row in made.rows]
    by_hand = [
        make_head("centroid", **model.options["params"]).fit(part, y).predict_proba(part)
        for part in (X[:, :DIM], X[:, DIM:])
    ]
    logs = np.log(by_hand).mean(axis=0) / model.trust.calibrator.temperature
    expected = np.exp(logs) / np.exp(logs).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(model.scores(X), expected, rtol=0, atol=1e-9)
    assert np.abs(expected - by_hand[0]).max() > 0.01, "the spaces agree"


def test_only_a_model_of_several_spaces_is_of_the_new_format(tmp_path: Path) -> None:
    made = halves(tmp_path, n=8)

    def version(done: Run) -> int:
        with zipfile.ZipFile(done.folder / "model.styleid") as model:
            return int(json.loads(model.read("manifest.json"))["format_version"])

    assert version(run(made, space="toy-", head="centroid")) == 2
    both = run(made, space=BOTH, head="centroid")
    assert version(both) == 3
    space = load_model(both.folder).space
    assert [part["backbone"] for part in space["spaces"]] == ["toy", "second"]


@pytest.mark.parametrize("extra", [{"one_vs_rest": True}, {"target": "cy"}, {"protocol": "holdout"}])
def test_other_kinds_of_a_fit_take_several_spaces(tmp_path: Path, extra: dict[str, Any]) -> None:
    made = halves(tmp_path)
    done = run(made, space=BOTH, head="centroid", **extra)
    model = load_model(done.folder)
    assert model.dim == DIM + 5
    assert model.trust.unknown is not None
    assert model.trust.unknown.detector.dim == DIM + 5


def test_strangers_are_looked_for_in_both_spaces(tmp_path: Path) -> None:
    """By the vectors as they are, only the second space would count, whose vectors are far longer."""
    made = halves(tmp_path)
    found = {}
    for name in ("second", BOTH):
        unknown = load_model(run(made, space=name, head="centroid").folder).trust.unknown
        assert unknown is not None
        found[name] = unknown.measured["auroc"]
    assert found[BOTH] > found["second"] + 0.05


def test_comparing_and_the_views_of_both(tmp_path: Path) -> None:
    made = halves(tmp_path, n=8)
    options = CompareOptions(heads=("centroid", "knn"), folds=2, repeats=1, space=BOTH)
    result = compare(options, made.manifest, made.vectors, made.out, None, 1).result
    alone = CompareOptions(heads=("centroid", "knn"), folds=2, repeats=1, space="second")
    other = compare(alone, made.manifest, made.vectors, made.out, None, 1).result
    centroid = [one["results"]["centroid"]["metrics"]["balanced_accuracy"] for one in (result, other)]
    assert centroid[0] != centroid[1]
    look_at(made, "toy-", "square+fit")
    with pytest.raises(
        InputError, match=r"same views of every space, found square\+fit of toy.*choose by --views"
    ):
        run(made, space=BOTH)
    assert run(made, space=BOTH, views="square", head="centroid").result["views"] == "square"


def test_what_cannot_be_joined_is_refused_in_a_line(tmp_path: Path) -> None:
    made = halves(tmp_path, n=8)
    with pytest.raises(InputError, match="expects different spaces"):
        run(made, space="toy-+toy-")
    with pytest.raises(InputError, match=r"--space third: 0 spaces .* there are: "):
        run(made, space="toy-+third")
    second_space(made, made.points, backbone="cut", decode_policy={"allow_truncated": True})
    with pytest.raises(InputError, match="decoded alike, found toy.*, cut.*embed again"):
        run(made, space="toy-+cut")
    with pytest.raises(InputError, match="expects one space here, found a.b; `styleid fit`"):
        check(CheckOptions(space="a+b"), made.manifest, made.vectors, made.out)
    made.points = made.points[:-1]
    made.rows.pop()
    lacking = second_space(made, made.points, backbone="lacking")
    assert len(lacking.known()) == len(made.rows)
    with pytest.raises(StoreError, match=r"1 of 32 .*lacking.*`styleid embed` with --backbone lacking "):
        run(made, space="toy-+lacking")


def test_new_pictures_get_both_vectors(
    pictures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From pictures to verdicts, a label added, and the list of runs, by the command line."""
    place = Place(tmp_path, monkeypatch)
    embed(pictures, "m.csv", "v", EmbedOptions("resnet18-style", descriptors=("style", "avgpool")))
    places = ("--manifest", "m.csv", "--store", "v")
    spaces = ("--space", "style", "--space", "avgpool")
    place.run("fit", "--head", "centroid", "--folds", "2", "--one-vs-rest", *places, *spaces)
    model = load_model("reports/centroid-one-vs-rest-style-avgpool")
    assert model.dim == 896 + 512
    assert "centroid" in place.run("info", "--store", "v")
    picture = sorted(pictures.rglob("*.png"))[3]
    verdict = predict(model, picture)[0]
    X, files = vectors_of(Path("m.csv"), Path("v"), "style+avgpool")
    row = files.index(picture.resolve())
    expected = model.scores(X[[row]])[0]
    found = [verdict.scores[label] for label in model.labels]
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-4)
    assert verdict.learned == "exact"
    with pytest.raises(BundleError, match="the model scores vectors of 1408 numbers"):
        model.scores(X[:, :896])
    new = tmp_path / "new"
    for i in range(6):
        draw(new / f"series{i // 2}" / f"{i}.png", seed=900 + i, style=i % 3)
    said = place.run("add", "more", str(new), "-m", "reports/centroid-one-vs-rest-style-avgpool", *places)
    assert "more" in said
    grown = load_model("reports/centroid-one-vs-rest-style-avgpool")
    assert grown.labels == (*model.labels, "more")
    assert grown.dim == model.dim
