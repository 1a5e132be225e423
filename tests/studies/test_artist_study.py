"""The whole study at a tiny size: its folder, its repetition, its page, its refusals."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from artist_cases import ArtistSet
from PIL import Image

from styleid.errors import InputError, StoreError
from styleid.evaluate.calibrated_folds import calibrated_folds, in_row_order
from styleid.evaluate.crossval import cross_validate
from styleid.evaluate.splits import grouped_folds
from styleid.heads.base import get_head, plain_head
from styleid.report.study_artist_page import render_artist_study
from styleid.report.study_artist_words import write_artist_findings, write_artist_headline
from styleid.studies import artist_answer
from styleid.studies.artist import ArtistStudy, study_artist
from styleid.studies.artist_options import quick_options

OPTIONS = replace(quick_options("ann"), side=32, epochs=1, heads=("logreg", "centroid"))


def run(made: ArtistSet, n_jobs: int = 1, **change: Any) -> ArtistStudy:
    return study_artist(replace(OPTIONS, **change), made.manifest, made.vectors, made.out, n_jobs)


def lasting(result: Any) -> Any:
    """Leave out what the clock says."""
    if isinstance(result, dict):
        gone = ("created", "timing_seconds", "cpu_seconds", "refined_cpu_seconds", "cpu_seconds_a_picture")
        return {key: lasting(value) for key, value in result.items() if key not in gone}
    return [lasting(value) for value in result] if isinstance(result, list) else result


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> ArtistSet:
    return ArtistSet(tmp_path_factory.mktemp("artist"), views=3)


@pytest.fixture(scope="module")
def study(made: ArtistSet) -> ArtistStudy:
    stages: list[str] = []
    done = study_artist(
        OPTIONS, made.manifest, made.vectors, made.out, 1, lambda stage, *rest: stages.append(stage)
    )
    assert list(dict.fromkeys(stages))[:3] == ["pictures", "trainings", "head logreg"]
    return done


def test_the_folder_holds_everything_and_nothing_else(study: ArtistStudy) -> None:
    assert sorted(path.name for path in study.folder.iterdir()) == [
        "orders.png",
        "routes.png",
        "study.html",
        "study.json",
    ]
    assert study.folder.name == "study-artist"
    result = json.loads((study.folder / "study.json").read_text())
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


def test_the_answer_is_what_a_fit_would_score(made: ArtistSet, study: ArtistStudy) -> None:
    from styleid.data.manifest_file import read_manifest
    from styleid.runs.options import FitOptions
    from styleid.runs.training_set import training_set
    from styleid.vectors.spaces import find_space
    from styleid.vectors.store import SpaceStore

    store = SpaceStore(made.vectors, find_space(made.vectors, None))
    data = training_set(read_manifest(made.manifest), store, FitOptions(target="ann"), 1)
    head, table = plain_head(get_head("logreg")), (data.X, data.y, data.components)
    folds, _ = grouped_folds(data.y, data.components, 5, 0)
    found = cross_validate(head, *table, folds, labels=data.labels)
    scores = in_row_order(calibrated_folds(head, *table, folds, found))[1]
    counts = np.zeros((2, 2), dtype=int)
    np.add.at(counts, (found.true, scores.argmax(axis=1)), 1)
    assert study.result["answer"]["heads"][0]["confusion"] == counts.tolist()


def test_it_equals_itself_on_repetition_and_on_two_cores(made: ArtistSet, study: ArtistStudy) -> None:
    again = run(made, n_jobs=2)
    assert lasting(again.result) == lasting(study.result)
    for name in ("routes.png", "orders.png"):
        with Image.open(again.folder / name) as image:
            assert image.size[0] >= 1200


def test_the_page_is_one_file_without_scripts_and_holds_the_numbers(study: ArtistStudy) -> None:
    html = (study.folder / "study.html").read_text(encoding="utf-8")
    assert "default-src 'none'; img-src data:; style-src 'unsafe-inline'" in html
    assert "<script" not in html
    assert "http" not in html.replace("http-equiv", "")
    for of in study.result["steps"]:
        assert f"{of['metrics']['balanced_accuracy']['value']:.3f}" in html
    for text in (
        "66.12",
        "70.43",
        "53 / 48",
        "52 / 51",
        "24\u00a0%".replace("\u00a0", "&nbsp;"),
        "quick run",
    ):
        assert text in html, text


def test_hostile_names_stay_text(study: ArtistStudy) -> None:
    bad = "<script>x</script>\u202e"
    text = json.dumps(study.result).replace('"ann"', json.dumps(bad))
    html = render_artist_study(json.loads(text), {"routes.png": b"", "orders.png": b""})
    assert "<script" not in html
    assert "\u202e" not in html


def test_the_misalignment_is_shown_on_the_best_model(study: ArtistStudy) -> None:
    scores = {
        f"{of['step']}, {of['version']}": of["metrics"]["balanced_accuracy"]["value"]
        for of in study.result["steps"]
        if of["split"] == "grouped"
    }
    scores |= {
        of["head"]: of["same_split"]["metrics"]["balanced_accuracy"]["value"]
        for of in study.result["answer"]["heads"]
    }
    of = study.result["misalignment"]
    assert of["aligned"]["balanced_accuracy"] == pytest.approx(max(scores.values()))
    assert scores[of["model"]] == pytest.approx(max(scores.values()))


def test_a_training_that_beats_the_cached_vectors_is_told(study: ArtistStudy) -> None:
    result = json.loads(json.dumps(study.result))
    for of in result["answer"]["heads"]:
        of["metrics"]["balanced_accuracy"] = {"value": 0.7, "low": 0.65, "high": 0.75}
    best = {"value": 0.9, "low": 0.85, "high": 0.95}
    for of in result["steps"]:
        of["metrics"]["balanced_accuracy"] = best if of["step"] == "trainable" else {**best, "value": 0.86}
    told = " ".join(write_artist_findings(result))
    assert "did best: backbone left trainable by mistake (v1), balanced accuracy 90 %" in told
    assert "clearly above the best head on cached vectors" in told
    assert "trained end to end, “backbone left trainable by mistake” reaches 0.90" in write_artist_headline(
        result
    )
    best["low"] = 0.7
    assert "end to end" not in write_artist_headline(result)
    assert "not to be told from the best head" in " ".join(write_artist_findings(result))


def test_findings_state_their_intervals(study: ArtistStudy) -> None:
    findings = write_artist_findings(study.result)
    assert findings[0].startswith("This was a quick run")
    for finding in (findings[1], findings[2], findings[3], findings[5], findings[7], findings[8]):
        assert "95 % interval" in finding, finding
    assert "ann against all others: on cached vectors" in write_artist_headline(study.result)
    (refined,) = [of for of in study.result["steps"] if (of["step"], of["split"]) == ("refined", "grouped")]
    value = refined["metrics"]["balanced_accuracy"]["value"]
    assert f"balanced accuracy {100 * value:.0f} %" in findings[1]


def test_differences_are_of_the_same_pictures(study: ArtistStudy) -> None:
    steps = {(of["step"], of["split"]): of for of in study.result["steps"]}
    for of in study.result["normalisation"]:
        after, before = (
            steps[name, of["split"]]["metrics"] for name in (of["step"] + ", normalised", of["step"])
        )
        for metric in ("accuracy", "balanced_accuracy", "roc_auc"):
            expected = after[metric]["value"] - before[metric]["value"]
            assert of[metric]["value"] == pytest.approx(expected)
            assert of[metric]["low"] <= of[metric]["value"] + 1e-9
    heads = {of["head"]: of["same_split"]["metrics"] for of in study.result["answer"]["heads"]}
    refined = steps["refined", "grouped"]["metrics"]
    for of in study.result["refined_against"]:
        own = heads[of["head"]]["accuracy"]["value"]
        assert of["accuracy"]["value"] == pytest.approx(own - refined["accuracy"]["value"])


def test_missing_views_name_the_command(made: ArtistSet) -> None:
    with pytest.raises(StoreError, match=r"run `styleid embed --views center\+augment:5`"):
        run(made, views=5)


def test_nothing_is_trained_before_the_place_is_known_to_be_free(
    made: ArtistSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("styleid.studies.artist.replay", lambda *a, **k: pytest.fail("trained"))
    (tmp_path / "study-artist").mkdir()
    (tmp_path / "study-artist/letter.txt").write_text("dear")
    with pytest.raises(InputError, match=r"holds no study.json"):
        study_artist(OPTIONS, made.manifest, made.vectors, tmp_path, 1)
    with pytest.raises(InputError, match=r"--target cy: expected one of at least two labels"):
        run(made, target="cy")


def test_a_study_that_fails_leaves_the_former_one(
    made: ArtistSet, study: ArtistStudy, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = {path.name: path.read_bytes() for path in study.folder.iterdir()}
    monkeypatch.setattr("styleid.studies.artist.replay", lambda *a, **k: 1 / 0)
    with pytest.raises(ZeroDivisionError, match="division by zero"):
        run(made)
    assert {path.name: path.read_bytes() for path in study.folder.iterdir()} == before


def test_the_views_stand_in_their_order(made: ArtistSet) -> None:
    from styleid.data.manifest_file import read_manifest
    from styleid.runs.options import FitOptions
    from styleid.runs.training_set import training_set
    from styleid.vectors.spaces import find_space
    from styleid.vectors.store import SpaceStore

    store = SpaceStore(made.vectors, find_space(made.vectors, None))
    data = training_set(read_manifest(made.manifest), store, FitOptions(target="ann"), 1)
    views = artist_answer.stack_views(store, data, 3)
    np.testing.assert_array_equal(views[0], data.X)
    for number in (1, 2, 3):
        np.testing.assert_allclose(views[number], data.X + 0.2 * number, atol=1e-5)
