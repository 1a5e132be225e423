"""One head a label: calibration decides which label is named, and both sides of a comparison are one kind."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from command import here_in
from fitted import DIM, Workspace, run
from quick import Quick
from sklearn.metrics import balanced_accuracy_score

from styleid import Run, grouped_folds, make_head
from styleid.runs.fit import run as fit_module


@pytest.fixture(scope="module")
def uneven(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """Two labels of 20 pictures, and one of 6 that differs from both by what they have."""
    made = Workspace(tmp_path_factory.mktemp("uneven"), n=20)
    rng = np.random.default_rng(5)
    made.rows = [replace(row, source=f"s{i // 2 % 3}") for i, row in enumerate(made.rows[:46])]
    points = rng.normal(size=(46, DIM)).astype(np.float32)
    for i, row in enumerate(made.rows):
        points[i, :2] += {"ann": (3.0, 0.0), "bob": (0.0, 3.0), "cy": (0.0, 0.0)}[row.label]
    made.points = points
    made.write()
    return made


@pytest.fixture(scope="module")
def done(uneven: Workspace) -> Iterator[Run]:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(fit_module, "ProjectionHandle", Quick)
        yield run(uneven, one_vs_rest=True, folds=3)


def plainly(workspace: Workspace, done: Run) -> float:
    """Balanced accuracy by plain scores, on the folds of the run."""
    y = np.array([row.label for row in workspace.rows])
    said = np.empty_like(y)
    for fold in grouped_folds(y, [row.group for row in workspace.rows], 3)[0]:
        heads = {
            label: make_head("centroid").fit(workspace.points[fold.train], y[fold.train] == label)
            for label in ("ann", "bob", "cy")
        }
        scores = [head.predict_proba(workspace.points[fold.test])[:, 1] for head in heads.values()]
        said[fold.test] = np.array(list(heads))[np.argmax(scores, axis=0)]
    return float(balanced_accuracy_score(y, said))


def test_the_curve_is_of_plain_scores_at_every_point(uneven: Workspace, done: Run) -> None:
    curve = done.result["learning_curve"]
    plain = plainly(uneven, done)
    assert abs(plain - done.result["metrics"]["balanced_accuracy"]["value"]) > 0.03, (
        "or nothing is shown here"
    )
    assert curve["points"][-1]["score"] == pytest.approx(plain)
    assert any("before calibration" in note for note in done.result["notes"])
    for end in ("gain", "gain_low", "gain_high"):
        if curve[end] is not None:
            assert -curve["points"][-1]["score"] <= curve[end] <= 1 - curve["points"][-1]["score"]


def test_random_folds_and_sources_are_calibrated_as_the_headline_is(uneven: Workspace, done: Run) -> None:
    """Plain scores name others here; no random fold and no source does as much."""
    gap = done.result["leakage_gap"]
    headline = done.result["metrics"]["balanced_accuracy"]["value"]
    assert gap["grouped"] == headline
    assert abs(gap["gap"]) < 0.06
    unseen = done.result["held_out_sources"]["metrics"]["balanced_accuracy"]["value"]
    assert abs(unseen - headline) < 0.06


def test_the_terminal_and_the_page_show_the_head_and_the_baseline_of_its_name(
    uneven: Workspace, done: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The nearest centroid is a head and a baseline: the one once stood where the other belongs."""
    place = ["--manifest", str(uneven.manifest), "--store", str(uneven.vectors), "--out", str(uneven.out)]
    asked = ["fit", "--head", "centroid", "--one-vs-rest", "--folds", "3", "--jobs", "1", *place]
    shown = here_in(uneven.root, *asked)
    assert shown.returncode == 0, shown.stderr
    lines = {" ".join(line.split()[:2]): line for line in shown.stdout.splitlines()}
    own, baseline = done.result["metrics"], done.result["baselines"]["centroid"]
    assert own["accuracy"]["value"] != baseline["accuracy"]["value"], "or nothing is shown here"
    (head,) = [
        line for start, line in lines.items() if start.startswith("centroid 0") or start == "centroid 1.000"
    ]
    assert f"{own['accuracy']['value']:.3f}" in head
    assert f"{baseline['accuracy']['value']:.3f}" in lines["nearest centroid"]
    page = (Path(uneven.out) / "centroid-one-vs-rest" / "report.html").read_text(encoding="utf-8")
    assert "nearest centroid" in page


def test_the_head_itself_is_no_baseline(uneven: Workspace) -> None:
    place = ["--manifest", str(uneven.manifest), "--store", str(uneven.vectors), "--out", str(uneven.out)]
    shown = here_in(uneven.root, "fit", "--head", "centroid", "--folds", "3", "--jobs", "1", *place)
    assert "nearest centroid" not in shown.stdout
    assert "commonest label" in shown.stdout
