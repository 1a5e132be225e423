"""``styleid compare`` as a translator: what it asks for, what it says."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from styleid import CompareOptions, Run
from styleid.cli.app import app
from styleid.runs.compare import run as module
from styleid.runs.compare.record import DEFAULT_HEADS

ASKED: dict[str, Any] = {}


@pytest.fixture
def canned(monkeypatch: pytest.MonkeyPatch) -> None:
    """Put a made-up comparison in the place of a real one."""
    metrics = dict.fromkeys(
        ("balanced_accuracy", "accuracy", "macro_f1"), {"value": 0.5, "low": 0.4, "high": 0.6}
    )
    result = {
        "heads": ["knn", "svm"], "labels": ["a", "b"], "n_images": 1150, "n_groups": 49, "n_folds": 4,
        "n_repeats": 2, "notes": ["few\x1bgroups"], "timing_seconds": {"total": 3.2},
        "results": {head: {"metrics": metrics, "cpu_seconds": 12.3} for head in ("knn", "svm")},
        "recommended": {"words": ["Take knn: it does.", "So it is."]},
    }  # fmt: skip

    def compare(options: CompareOptions, *rest: Any) -> Run:
        ASKED.update(options=options, rest=rest[:-1])
        return module.Run(Path("reports/mine"), Path("reports/mine/compare.html"), result)

    monkeypatch.setattr(module, "compare", compare)


@pytest.mark.usefixtures("canned")
def test_every_option_arrives() -> None:
    line = (
        "compare --heads svm,knn --manifest m.csv --store v --out r --name mine --folds 4 --repeats 2 "
        "--target a --where version=v2 --skip-small --space toy --seed 7 --jobs 1"
    )
    said = CliRunner().invoke(app, line.split())
    assert said.exit_code == 0, said.output
    assert ASKED["options"] == CompareOptions(
        heads=("svm", "knn"),
        folds=4,
        repeats=2,
        target="a",
        where="version=v2",
        skip_small=True,
        space="toy",
        seed=7,
    )
    assert ASKED["rest"] == (Path("m.csv"), Path("v"), Path("r"), "mine", 1)
    assert "2 heads on 1,150 pictures, 2 labels, 49 groups; 4 folds x 2" in said.stdout
    assert "knn  0.500 (0.400 to 0.600)" in said.stdout
    assert "Take knn: it does.\nSo it is.\n" in said.stdout
    assert "page: reports/mine/compare.html" in said.stdout
    assert "few\\x1bgroups" in said.stderr


@pytest.mark.usefixtures("canned")
def test_json_is_one_value_and_defaults_are_those_of_the_options() -> None:
    said = CliRunner().invoke(app, ["compare", "--json"])
    assert json.loads(said.stdout)["page"] == "reports/mine/compare.html"
    assert ASKED["options"] == CompareOptions(heads=DEFAULT_HEADS)


def test_an_unknown_head_is_one_line_and_ends_with_2(tmp_path: Path) -> None:
    command = [sys.executable, "-W", "error", "-m", "styleid", "compare", "--heads", "knn,oracle"]
    said = subprocess.run(command, cwd=tmp_path, env=os.environ, capture_output=True, text=True, check=False)
    assert said.returncode == 2
    (line,) = said.stderr.strip().splitlines()
    assert "no head called 'oracle'; choose one of: lda, cosine, logreg, svm, mlp, knn, centroid" in line
    assert list(tmp_path.iterdir()) == []
