"""What a fit says of its own scores: recomputed from its files, and on planted faults."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from fitted import DIM, Workspace

from styleid import FitOptions, Run, fit, load_model, make_table
from styleid.errors import InputError
from styleid.heads.base import REGISTRY
from styleid.model.verdict import judge, set_rule
from styleid.questions.calibration.measure import calibration_metrics
from styleid.questions.strangers.measure import coverage_curve, learn_unknown


def run(workspace: Workspace, **options: object) -> Run:
    chosen = FitOptions(**{"head": "logreg", "folds": 3, **options})
    return fit(chosen, workspace.manifest, workspace.vectors, workspace.out, n_jobs=1)


def scores_of(done: Run) -> tuple[np.ndarray, np.ndarray]:
    with open(done.folder / "predictions.csv", newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    labels = done.result["labels"]
    true = np.array([labels.index(row["label"]) for row in rows])
    return true, np.array([[float(row[f"score:{label}"]) for label in labels] for row in rows])


@pytest.fixture
def hard(tmp_path: Path) -> Workspace:
    """Five hands that overlap, twenty groups of two each."""
    space = Workspace(tmp_path, labels=("ann", "bob", "cy", "dee", "eve"), n=40)
    rng = np.random.default_rng(5)
    space.points = (space.points * 0.5 + rng.normal(0, 0.8, space.points.shape)).astype(np.float32)
    space.write()
    return space


@pytest.mark.parametrize("head", REGISTRY)
def test_scores_are_calibrated_for_every_head(hard: Workspace, head: str) -> None:
    done = run(hard, head=head)
    true, scores = scores_of(done)
    calibration = done.result["calibration"]
    assert calibration["method"] == "temperature"
    after = calibration_metrics(true, scores, np.arange(len(true)) // 2, n_resamples=10)
    for name in ("ece", "brier", "log_loss"):
        assert calibration["after"][name]["value"] == pytest.approx(getattr(after, name).value, abs=1e-4), (
            name
        )
        low, high = calibration["after"][name]["low"], calibration["after"][name]["high"]
        assert low <= calibration["after"][name]["value"] <= high
    assert calibration["after"]["log_loss"]["value"] <= calibration["before"]["log_loss"]["value"] + 0.02
    assert calibration["before"]["log_loss"] != calibration["after"]["log_loss"]
    assert calibration["after"]["ece"]["value"] < calibration["after"]["ece_if_perfect"] + 0.1
    assert sum(point["n"] for point in calibration["after"]["curve"]) == len(true)
    bundle = load_model(done.folder / "model.styleid")
    assert bundle.calibrated
    # A second calibration on top of a head's own would leave nothing to do: a temperature near 1.
    if head == "svm":
        assert abs(np.log(bundle.trust.calibrator.temperature)) > 0.1


def test_sets_hold_what_they_promise_and_the_model_makes_the_same(hard: Workspace) -> None:
    done = run(hard)
    sets = done.result["label_sets"]
    assert (sets["level"], sets["method"]) == (0.9, "lac")
    assert 0.85 <= sets["coverage"]["value"] <= 1
    assert 1 <= sets["size"]["value"] <= 5
    assert set(sets["by_label"]) == set(done.result["labels"])
    bundle = load_model(done.folder / "model.styleid")
    assert bundle.trust.sets is not None
    assert bundle.trust.sets.measured["coverage"] == sets["coverage"]["value"]
    assert len(np.unique(bundle.trust.sets.components)) == done.result["n_groups"]
    rng = np.random.default_rng(77)
    # Pictures to come, made as those of the workspace.
    k = rng.integers(5, size=600)
    new = (0.5 * (rng.normal(0, 1, (600, DIM)) + 2 * np.eye(DIM)[k]) + rng.normal(0, 0.8, (600, DIM))).astype(
        "f4"
    )
    verdicts = judge(bundle, new, set_rule(bundle, 0.8)[0])
    held = np.mean([bundle.labels[own] in (v.label_set or ()) for own, v in zip(k, verdicts, strict=True)])
    assert held == pytest.approx(0.8, abs=0.06)
    assert np.mean([v.unknown for v in verdicts]) == pytest.approx(0.05, abs=0.04)


def test_a_hand_never_seen_is_unknown_where_it_stands_apart(workspace: Workspace) -> None:
    done = run(workspace, head="centroid", false_alarm=0.1)
    unknown = done.result["unknown"]
    assert unknown["false_alarm"] == 0.1
    assert [hidden["label"] for hidden in unknown["hidden"]] == ["ann", "bob", "cy"]
    assert unknown["auroc"] == pytest.approx(np.mean([h["auroc"]["value"] for h in unknown["hidden"]]))
    assert unknown["false_alarms"]["value"] == pytest.approx(0.1, abs=0.1)
    assert unknown["curve"][0]["coverage"] == 1.0
    assert unknown["curve"][0]["accuracy"]["value"] == done.result["metrics"]["accuracy"]["value"]
    bundle = load_model(done.folder / "model.styleid")
    assert bundle.trust.unknown is not None
    assert bundle.trust.unknown.false_alarm == 0.1
    assert bundle.trust.unknown.measured["auroc"] == unknown["auroc"]
    far = np.zeros((1, DIM), dtype=np.float32)
    far[0, DIM - 1] = 5.0
    (verdict,) = judge(bundle, far)
    assert verdict.verdict == "unknown"


def test_the_strangest_are_put_aside_with_their_own_mistakes(hard: Workspace) -> None:
    done = run(hard, head="centroid")
    X, y = hard.points, np.array([row.label for row in hard.rows])
    known = learn_unknown(make_table(X, y, np.arange(len(y)) // 2), n_resamples=10).known
    true, scores = scores_of(done)
    right = scores.argmax(axis=1) == true
    expected = coverage_curve(known.values, right, np.arange(len(y)) // 2, n_resamples=10)
    curve = done.result["unknown"]["curve"]
    assert [point["coverage"] for point in curve] == [point.coverage for point in expected]
    assert [point["accuracy"]["value"] for point in curve] == [point.accuracy.value for point in expected]


def test_strangers_called_the_target_are_counted_by_their_own_names(workspace: Workspace) -> None:
    done = run(workspace, head="centroid", target="bob")
    strangers = done.result["strangers"]
    assert [one["label"] for one in strangers] == ["ann", "cy"]
    assert all(one["n_images"] == 20 for one in strangers)
    # The detector hides hands, not "others".
    assert [hidden["label"] for hidden in done.result["unknown"]["hidden"]] == ["ann", "bob", "cy"]
    assert run(workspace, head="centroid").result["strangers"] is None


def test_the_learning_curve_rises_to_the_score(hard: Workspace) -> None:
    done = run(hard)
    curve = done.result["learning_curve"]
    pictures = [point["pictures"] for point in curve["points"]]
    assert pictures == sorted(pictures)
    assert curve["points"][-1]["score"] > curve["points"][0]["score"]
    assert curve["points"][-1]["score"] == pytest.approx(
        done.result["metrics"]["balanced_accuracy"]["value"], abs=1e-12
    )
    assert curve["note"]


def test_a_holdout_and_independent_models_tell_the_same(hard: Workspace) -> None:
    for options in ({"protocol": "holdout"}, {"one_vs_rest": True}):
        done = run(hard, **options)
        result = done.result
        true, scores = scores_of(done)
        assert sum(point["n"] for point in result["calibration"]["after"]["curve"]) == len(true)
        assert result["calibration"]["method"] == ("sigmoid" if "one_vs_rest" in options else "temperature")
        assert result["label_sets"]["coverage"]["value"] > 0.75
        last, score = result["learning_curve"]["points"][-1]["score"], result["metrics"]["balanced_accuracy"]
        ends_there = last == pytest.approx(score["value"], abs=1e-12)
        assert ends_there == ("one_vs_rest" not in options), "one sigmoid a label changes who is named"
        assert ends_there != any("before calibration" in note for note in result["notes"])
        assert len(load_model(done.folder / "model.styleid").estimators) == (
            5 if "one_vs_rest" in options else 1
        )


def test_labels_too_small_to_calibrate_are_told_and_nothing_is_called_a_probability(tmp_path: Path) -> None:
    space = Workspace(tmp_path, n=4)  # two groups a label: one to learn from, none to set aside
    done = run(space, folds=2)
    result = done.result
    assert result["calibration"]["method"] == "identity"
    assert result["calibration"]["before"] == result["calibration"]["after"]
    assert result["label_sets"] is None
    assert any("were not calibrated" in note for note in result["notes"])
    assert result["learning_curve"]["gain"] is None
    bundle = load_model(done.folder / "model.styleid")
    # All pictures together would be enough, but what that map is worth could not be measured.
    assert not bundle.calibrated
    assert bundle.trust.sets is None
    assert "score, not a probability" in (done.folder / "report.html").read_text(encoding="utf-8")


def test_labels_that_tell_nothing_keep_their_promises(hard: Workspace) -> None:
    rng = np.random.default_rng(3)
    groups = sorted({row.group for row in hard.rows})
    drawn = dict(zip(groups, rng.permutation([group.split("/")[0] for group in groups]), strict=True))
    hard.rows = [replace(row, label=drawn[row.group]) for row in hard.rows]
    hard.write()
    result = run(hard).result
    metric = result["metrics"]["accuracy"]
    assert metric["low"] <= 0.2 <= metric["high"] + 0.03
    # Sets still hold the true label: they are large instead.
    assert result["label_sets"]["coverage"]["high"] >= 0.9
    assert result["label_sets"]["size"]["value"] > 3.5
    # Probabilities near one fifth, not the sure ones of a head that learned its pictures by heart.
    assert result["calibration"]["after"]["ece"]["value"] < 0.15
    assert not result["learning_curve"]["can_tell"] or result["learning_curve"]["gain"] < 0.1


@pytest.mark.parametrize("rate", [0.0, 1.0, 5.0])
def test_a_false_alarm_rate_is_a_share(workspace: Workspace, rate: float) -> None:
    with pytest.raises(InputError, match=f"--false-alarm expects a rate between 0 and 1, found {rate}"):
        run(workspace, false_alarm=rate)


def test_the_page_and_the_json_hold_finite_numbers_only(hard: Workspace) -> None:
    done = run(hard, head="centroid")
    json.loads(
        (done.folder / "result.json").read_text(), parse_constant=lambda name: pytest.fail(f"found {name}")
    )
