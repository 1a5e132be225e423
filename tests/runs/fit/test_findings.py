"""What the questions of a fit hand on: findings, notes."""

from __future__ import annotations

from pathlib import Path

from fitted import Workspace

from styleid import FitOptions, fit
from styleid.questions.base import FIT, find_all, load_questions


def test_a_fit_hands_on_the_notes_of_its_questions(tmp_path: Path) -> None:
    made = Workspace(tmp_path, labels=("ann", "bob"))
    result = fit(FitOptions(head="centroid", folds=3), made.manifest, made.vectors, made.out, n_jobs=1).result
    assert any("two labels only" in note for note in result["notes"])


def test_the_findings_of_a_fit_are_those_of_its_questions(tmp_path: Path) -> None:
    made = Workspace(tmp_path)
    result = fit(FitOptions(head="centroid", folds=3), made.manifest, made.vectors, made.out, n_jobs=1).result
    assert result["findings"] == [one._asdict() for one in find_all(load_questions(FIT), result)]
    assert result["findings"]
    assert {one["severity"] for one in result["findings"]} == {"look", "note"}
