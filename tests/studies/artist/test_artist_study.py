"""The whole study at a tiny size: its folder, its repetition, its page, its refusals."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from artist_cases import ArtistSet
from drawing import draw
from PIL import Image
from typer.testing import CliRunner

from styleid import EmbedOptions, FitOptions, Run, cross_validate, embed, grouped_folds, make_table
from styleid.cli.app import app
from styleid.data.manifest.table import read_manifest
from styleid.errors import InputError, StoreError
from styleid.evaluate.calibration import calibrated_folds, in_row_order
from styleid.evaluate.crossval import evaluate_holdout
from styleid.evaluate.metrics import point_metrics
from styleid.heads.base import get_head
from styleid.report.numbers import write_points, write_points_interval
from styleid.rows.training_set import TrainingSet, training_set
from styleid.runs.folder import run_target
from styleid.runs.listing import finished_audits, finished_runs
from styleid.studies.artist import answer as artist_answer
from styleid.studies.artist.divisions import versions
from styleid.studies.artist.page import render_artist_study
from styleid.studies.artist.record import quick_options
from styleid.studies.artist.run import study_artist
from styleid.studies.artist.words import write_artist_headline
from styleid.vectors.store.space import find_space
from styleid.vectors.store.store import SpaceStore

PLOTS = ("routes.png", "paired.png", "orders.png")
OPTIONS = replace(quick_options("ann"), side=32, epochs=1, heads=("logreg", "centroid"))


def run(made: ArtistSet, n_jobs: int = 1, **change: Any) -> Run:
    return study_artist(replace(OPTIONS, **change), made.manifest, made.vectors, made.out, n_jobs)


def training_data(made: ArtistSet) -> TrainingSet:
    store = SpaceStore(made.vectors, find_space(made.vectors, None))
    return training_set(read_manifest(made.manifest), store, FitOptions(target="ann"), 1)


def lasting(result: Any) -> Any:
    """Leave out what the clock says."""
    if isinstance(result, dict):
        gone = ("created", "timing_seconds", "cpu_seconds", "cpu_seconds_a_picture")
        return {key: lasting(value) for key, value in result.items() if key not in gone}
    return [lasting(value) for value in result] if isinstance(result, list) else result


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> ArtistSet:
    return ArtistSet(tmp_path_factory.mktemp("artist"), views=3)


@pytest.fixture(scope="module")
def study(made: ArtistSet) -> Run:
    stages: list[str] = []
    done = study_artist(
        OPTIONS, made.manifest, made.vectors, made.out, 1, lambda stage, *rest: stages.append(stage)
    )
    assert list(dict.fromkeys(stages))[:3] == ["pictures", "trainings", "head logreg"]
    return done


def test_the_folder_holds_everything_and_nothing_else(study: Run) -> None:
    assert sorted(path.name for path in study.folder.iterdir()) == [
        "orders.png",
        "paired.png",
        "result.json",
        "routes.png",
        "study.html",
    ]
    assert study.folder.name == "study-artist"
    result = json.loads((study.folder / "result.json").read_text())
    assert result == json.loads(json.dumps(study.result))
    assert result["versions_of_data"] == {"v1": 40, "v2": 60}
    assert [(of["step"], of["split"]) for of in result["steps"]] == [
        (step, split)
        for step in ("trainable", "frozen", "refined", "frozen, normalised", "refined, normalised")
        for split in ("per picture", "grouped")
    ]
    for of in result["steps"]:
        assert of["n_train"] + of["n_validation"] + of["n_test"] == (40 if of["version"] == "v1" else 60)
        assert np.sum(of["confusion"]) == of["n_test"]
        assert (of["n_test_seen"] == 0) == (of["split"] == "grouped")
        assert of["majority_accuracy"] >= 0.5
    assert [of["head"] for of in result["answer"]["heads"]] == ["logreg", "logreg + views", "centroid"]
    theirs = result["theirs"]
    assert (theirs["accuracy_before"], theirs["accuracy_after"]) == (0.6612, 0.7043)
    assert (theirs["broken_precision"], theirs["broken_recall_others"]) == ([0.53, 0.48], 0.24)
    assert theirs["printed_precision"] == [0.52, 0.51]


def test_the_answer_is_what_a_fit_would_score(made: ArtistSet, study: Run) -> None:
    data = training_data(made)
    head, table = get_head("logreg"), (data.X, data.y, data.components)
    folds, _ = grouped_folds(data.y, data.components, 5, 0)
    found = cross_validate(head, make_table(*table, data.labels), folds)
    scores = in_row_order(calibrated_folds(head, make_table(*table), folds, found))[1]
    counts = np.zeros((2, 2), dtype=int)
    np.add.at(counts, (found.true, scores.argmax(axis=1)), 1)
    assert study.result["answer"]["heads"][0]["confusion"] == counts.tolist()


def test_the_dense_head_is_searched_as_it_was_when_the_study_was_made(
    made: ArtistSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    searched: list[dict[str, Any]] = []

    def spy(head: Any, *rest: Any) -> Any:
        searched.append(dict(head.grid))
        raise InterruptedError("searched")

    monkeypatch.setattr(artist_answer, "_plain", spy)
    with pytest.raises(InterruptedError, match="searched"):
        run(made, heads=("mlp",), augmented=())
    assert searched == [{"standardize": [False, True], "l2": [0.01, 0.001]}]


def test_it_equals_itself_on_repetition_and_on_two_cores(made: ArtistSet, study: Run) -> None:
    again = run(made, n_jobs=2)
    assert lasting(again.result) == lasting(study.result)
    for name in ("routes.png", "paired.png", "orders.png"):
        with Image.open(again.folder / name) as image:
            assert image.size[0] >= 1200


def test_the_page_is_one_file_without_scripts_and_holds_the_numbers(study: Run) -> None:
    html = (study.folder / "study.html").read_text(encoding="utf-8")
    assert "default-src 'none'; img-src data:; style-src 'unsafe-inline'" in html
    assert "<script" not in html
    assert "http" not in html.replace("http-equiv", "")
    for of in study.result["steps"]:
        assert f"{of['metrics']['balanced_accuracy']['value']:.3f}" in html
    for of in study.result["trained_less_heads"]:
        points = write_points(of["balanced_accuracy"]["value"], signed=True)
        interval = write_points_interval(of["balanced_accuracy"], named=False).strip(" ()")
        beside = f'<span class="interval">{interval}</span>' if interval else ""
        assert f'<span class="value">{points}</span>{beside}' in html
    assert html.count("</figure>") == 3
    for text in (
        "66.12",
        "70.43",
        "53 / 48",
        "52 / 51",
        "24\u00a0%".replace("\u00a0", "&nbsp;"),
        "This was a quick run",
    ):
        assert text in html, text


def test_hostile_names_stay_text(study: Run) -> None:
    bad = "<script>x</script>\u202e"
    text = json.dumps(study.result).replace('"ann"', json.dumps(bad))
    html = render_artist_study(json.loads(text), dict.fromkeys(PLOTS, b""))
    assert "<script" not in html
    assert "\u202e" not in html


def test_the_misalignment_is_shown_on_the_best_model(study: Run) -> None:
    scores = {
        f"{of['step']}, {of['version']}": of["metrics"]["balanced_accuracy"]["value"]
        for of in study.result["steps"]
        if of["split"] == "grouped"
    }
    scores |= {
        f"{of['head']}, {on['version']}": on["metrics"]["balanced_accuracy"]["value"]
        for of in study.result["answer"]["heads"]
        for on in of["divisions"]
        if on["split"] == "grouped"
    }
    assert len(scores) == 5 + 2 * 3
    of = study.result["misalignment"]
    assert of["aligned"]["balanced_accuracy"] == pytest.approx(max(scores.values()))
    assert scores[of["model"]] == pytest.approx(max(scores.values()))


def test_differences_are_of_the_same_pictures(study: Run) -> None:
    steps = {(of["step"], of["split"]): of for of in study.result["steps"]}
    for of in study.result["normalisation"]:
        after, before = (
            steps[name, of["split"]]["metrics"] for name in (of["step"] + ", normalised", of["step"])
        )
        for metric in ("accuracy", "balanced_accuracy", "roc_auc"):
            expected = after[metric]["value"] - before[metric]["value"]
            assert of[metric]["value"] == pytest.approx(expected)
            assert of[metric]["low"] is None or of[metric]["low"] <= of[metric]["value"] + 1e-9
    heads = {
        (of["head"], on["version"], on["split"]): on
        for of in study.result["answer"]["heads"]
        for on in of["divisions"]
    }
    assert len(heads) == 3 * 4
    assert len(study.result["trained_less_heads"]) == len(steps) * 3
    for of in study.result["trained_less_heads"]:
        step, head = steps[of["step"], of["split"]], heads[of["head"], of["version"], of["split"]]
        assert of["version"] == step["version"]
        assert np.sum(head["confusion"], axis=1).tolist() == np.sum(step["confusion"], axis=1).tolist()
        for metric in ("accuracy", "balanced_accuracy", "roc_auc"):
            expected = step["metrics"][metric]["value"] - head["metrics"][metric]["value"]
            assert of[metric]["value"] == pytest.approx(expected)


def test_heads_on_a_division_are_those_of_a_holdout(made: ArtistSet, study: Run) -> None:
    data = training_data(made)
    head = get_head("logreg")
    for version, part in versions(data, OPTIONS.seed).items():
        fold = part.folds["grouped"]
        found = evaluate_holdout(head, make_table(data.X, data.y, data.components, data.labels), fold)
        (own,) = [
            on
            for on in study.result["answer"]["heads"][0]["divisions"]
            if (on["version"], on["split"]) == (version, "grouped")
        ]
        counts = np.zeros((2, 2), dtype=int)
        np.add.at(counts, (found.true, found.predicted), 1)
        assert own["confusion"] == counts.tolist()
        auc = point_metrics(found.true, found.predicted, found.scores).overall["roc_auc"]
        assert own["metrics"]["roc_auc"]["value"] == pytest.approx(auc)


def test_it_is_listed_and_no_run_takes_its_place(made: ArtistSet, study: Run) -> None:
    assert finished_runs(made.out) == []
    (listed,) = finished_audits(made.out)
    assert listed["says"] == study.result["headline"]
    assert study.result["headline"] == f"{write_artist_headline(study.result)}."
    with pytest.raises(InputError, match=r"study-artist is there .* holds no report.html"):
        run_target(made.out, "study-artist")


def test_the_command_says_what_was_found(study: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("styleid.studies.artist.run.study_artist", lambda *given: study)
    said = CliRunner().invoke(app, ["study", "artist", "--quick"])
    assert said.exit_code == 0
    assert study.result["headline"] in said.output.replace("\n", " ")
    (refined,) = [
        on
        for on in study.result["answer"]["heads"][2]["divisions"]
        if (on["version"], on["split"]) == ("v2", "grouped")
    ]
    (line,) = [line for line in said.output.splitlines() if line.strip().startswith("centroid, cached")]
    assert line.split()[-1] == f"{refined['cpu_seconds']:.1f}"
    assert str(study.page) in said.output.replace("\n", "")
    told = json.loads(CliRunner().invoke(app, ["study", "artist", "--json"]).output)
    assert (told["page"], told["headline"]) == (str(study.page), study.result["headline"])


def test_what_the_study_needs_is_embedded_and_a_fit_looks_at_what_it_did(tmp_path: Path) -> None:
    rows = ["file_name,group,version"]
    for k, label in enumerate(("ann", "bob")):
        for i in range(30):
            draw(tmp_path / "images" / label / f"{i}.png", seed=100 * k + i, style=k, size=(40, 40))
            rows.append(f"{label}/{i}.png,{i // 3},{'v1' if i < 20 else 'v2'}")
    (tmp_path / "images" / "metadata.csv").write_text("\n".join(rows))
    manifest, store = tmp_path / "m.csv", tmp_path / "v"
    embed(tmp_path / "images", manifest, store, EmbedOptions(backbone="resnet18-style"))
    done = study_artist(OPTIONS, manifest, store, tmp_path / "r", 1)
    assert (done.folder / "study.html").exists()
    assert list(json.loads((store / "current.json").read_text())["views"].values()) == ["square"]


def test_missing_views_name_the_command(made: ArtistSet) -> None:
    with pytest.raises(StoreError, match=r"run `styleid embed --views center\+augment:5`"):
        run(made, views=5)


def test_nothing_is_trained_before_the_place_is_known_to_be_free(
    made: ArtistSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("styleid.studies.artist.run.replay", lambda *a, **k: pytest.fail("trained"))
    (tmp_path / "study-artist").mkdir()
    (tmp_path / "study-artist/letter.txt").write_text("dear")
    with pytest.raises(InputError, match=r"holds no study.html"):
        study_artist(OPTIONS, made.manifest, made.vectors, tmp_path, 1)
    with pytest.raises(InputError, match=r"--target cy: expected one of at least two labels"):
        run(made, target="cy")


def test_a_study_that_fails_leaves_the_former_one(
    made: ArtistSet, study: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = {path.name: path.read_bytes() for path in study.folder.iterdir()}
    monkeypatch.setattr("styleid.studies.artist.run.replay", lambda *a, **k: 1 / 0)
    with pytest.raises(ZeroDivisionError, match="division by zero"):
        run(made)
    assert {path.name: path.read_bytes() for path in study.folder.iterdir()} == before


def test_the_views_stand_in_their_order(made: ArtistSet) -> None:
    data = training_data(made)
    store = SpaceStore(made.vectors, find_space(made.vectors, None))
    views = artist_answer.stack_views(store, data, 3)
    np.testing.assert_array_equal(views[0], data.X)
    for number in (1, 2, 3):
        np.testing.assert_allclose(views[number], data.X + 0.2 * number, atol=1e-5)
