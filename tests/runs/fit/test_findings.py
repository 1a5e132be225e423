"""What the questions of a fit hand on: findings, notes."""

from __future__ import annotations

import hashlib
import html
import json
import re
from pathlib import Path

import numpy as np
from fitted import Workspace

from styleid import FitOptions, fit
from styleid.questions.base import FIT, find_all, load_questions


def test_a_fit_hands_on_the_notes_of_its_questions(tmp_path: Path) -> None:
    made = Workspace(tmp_path, labels=("ann", "bob"))
    result = fit(FitOptions(head="centroid", folds=3), made.manifest, made.vectors, made.out, n_jobs=1).result
    assert any("only two labels" in note for note in result["notes"])


def test_the_findings_of_a_fit_are_those_of_its_questions(tmp_path: Path) -> None:
    made = Workspace(tmp_path)
    result = fit(FitOptions(head="centroid", folds=3), made.manifest, made.vectors, made.out, n_jobs=1).result
    assert result["findings"] == [one._asdict() for one in find_all(load_questions(FIT), result)]
    assert result["findings"]
    assert {one["severity"] for one in result["findings"]} == {"look", "note"}


def test_cautions_stand_in_the_order_of_what_they_do_to_the_claim(tmp_path: Path) -> None:
    """What stops a score comes first, since the headline says so; what a fit sees to by itself, last."""
    made = Workspace(tmp_path)
    rng = np.random.default_rng(0)
    made.points = rng.normal(0, 1, made.points.shape).astype(np.float32)
    made.write()
    audit = [
        ("conflicts", "stop"),
        ("duplicates", "look"),
        ("mislabels", "look"),
        ("shortcut-colours", "look"),
    ]
    audit += [("shortcut-facts", "stop"), ("outliers", "note")]
    (made.out / "check").mkdir(parents=True)
    record = {
        "manifest_sha256": hashlib.sha256(made.manifest.read_bytes()).hexdigest(),
        "findings": [{"kind": k, "severity": s, "text": f"Of {k} there is something."} for k, s in audit],
    }
    (made.out / "check" / "check.json").write_text(json.dumps(record))
    done = fit(FitOptions(head="lda", folds=3), made.manifest, made.vectors, made.out, n_jobs=1)
    kinds = {one["text"]: one["kind"] for one in [*done.result["findings"], *done.result["audit"]]}
    box = done.page.read_text().partition("<h2>Do not believe this score yet")[2].partition("</ul>")[0]
    shown = [kinds[html.unescape(text).replace("\xa0", " ")] for text in re.findall("<li>(.*?)</li>", box)]
    assert shown[:5] == ["shortcut-facts", "conflicts", "guessing", "shortcut-colours", "mislabels"]
    assert shown[-1] == "duplicates"
    assert {"few-pictures", "strangers", "baseline"} <= {*shown[5:-1]}, "measured by the fit, between them"
    assert "outliers" not in shown, "a note is no caution"


def test_a_leakage_gap_is_a_caution(tmp_path: Path) -> None:
    """Pairs that are nearly one vector, each a group by itself in the eyes of random folds."""
    made = Workspace(tmp_path, n=40)
    rng = np.random.default_rng(1)
    made.points = np.repeat(rng.normal(0, 1, (60, made.points.shape[1])), 2, axis=0).astype(np.float32)
    made.points += rng.normal(0, 0.01, made.points.shape).astype(np.float32)
    made.write()
    result = fit(FitOptions(head="knn", folds=3), made.manifest, made.vectors, made.out, n_jobs=1).result
    assert result["leakage_gap"]["opened"]
    (leakage,) = (one for one in result["findings"] if one["kind"] == "leakage")
    assert leakage["severity"] == "look"


def test_the_faces_of_a_page_are_nearest_to_the_mean_of_their_label(tmp_path: Path) -> None:
    made = Workspace(tmp_path)
    made.points[:, 3] *= 1000  # a channel that is large says no more than the others
    made.write()
    done = fit(FitOptions(head="lda", folds=3), made.manifest, made.vectors, made.out, n_jobs=1)
    X = made.points / made.points.std(axis=0)
    labels = np.array([row.label for row in made.rows])
    expected = []
    for label in ("ann", "bob", "cy"):
        own = np.flatnonzero(labels == label)
        nearest = own[np.linalg.norm(X[own] - X[own].mean(axis=0), axis=1).argmin()]
        expected.append(made.rows[nearest].image_id)
    faces = done.page.read_text().partition('<ul class="faces"')[2].partition("</ul>")[0]
    assert re.findall(r'title="([^"]*)"', faces)[:3] == expected
