from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fitted import Workspace

from styleid import CompareOptions, Run, compare
from styleid.errors import InputError
from styleid.runs.compare import repeats as repeats_module

HEADS = ("centroid", "knn")
#: What differs between two runs of the same.
OF_THE_MOMENT = ("created", "timing_seconds", "n_resumed")


def run(workspace: Workspace, name: str | None = None, n_jobs: int = 1, **options: Any) -> Run:
    chosen = CompareOptions(**({"heads": HEADS, "folds": 3, "repeats": 2} | options))
    return compare(chosen, workspace.manifest, workspace.vectors, workspace.out, name, n_jobs)


def lasting(result: Any) -> Any:
    """Leave out what the clock says."""
    kept = json.loads(json.dumps(result))
    for key in OF_THE_MOMENT:
        del kept[key]
    for of in kept["results"].values():
        del of["fold_seconds"], of["cpu_seconds"]
    words = kept["recommended"]["words"]
    kept["recommended"]["words"] = [word.split(" Searching and fitting take")[0] for word in words]
    return kept


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the heads whose tasks are done in this process."""
    ran: list[str] = []
    real = repeats_module.run_fold

    def count(head: Any, *rest: Any) -> Any:
        ran.append(head.name)
        return real(head, *rest)

    monkeypatch.setattr(repeats_module, "run_fold", count)
    return ran


@pytest.mark.usefixtures("painted")
def test_the_folder_of_a_comparison(workspace: Workspace) -> None:
    done = run(workspace)
    assert done.folder == workspace.out / "compare"
    assert sorted(path.name for path in done.folder.iterdir()) == [
        "compare.html",
        "compare.json",
        "predictions",
        "ranks.png",
    ]
    result = json.loads((done.folder / "compare.json").read_text())
    assert result == json.loads(json.dumps(done.result))
    assert (result["format_version"], result["n_images"], result["n_groups"]) == (1, 60, 30)
    assert set(result["heads"]) == set(result["results"]) == set(HEADS)
    for of in result["results"].values():
        assert [fold["repeat"] for fold in of["folds"]] == [1, 1, 1, 2, 2, 2]
        values = [fold["balanced_accuracy"] for fold in of["folds"]]
        assert of["metrics"]["balanced_accuracy"]["value"] == pytest.approx(np.mean(values))
        assert of["cpu_seconds"] > 0
    (pair,) = result["pairs"]
    assert pair["p_holm"] == pair["p"], "one pair needs no correction"
    assert result["recommended"]["words"][0].startswith(f"Take {result['recommended']['head']}: ")
    tables = {}
    for head in HEADS:
        with open(done.folder / "predictions" / f"{head}.csv", newline="", encoding="utf-8") as file:
            tables[head] = list(csv.DictReader(file))
        assert [row["image_id"] for row in tables[head]] == [row.image_id for row in workspace.rows]
    only = sum(
        a["predicted"] == a["label"] != b["predicted"]
        for a, b in zip(tables[pair["a"]], tables[pair["b"]], strict=True)
    )
    assert only == pair["mcnemar"]["only_a"], "the tables are those McNemar's test looked at"
    assert [path.name for path in workspace.out.iterdir()] == ["compare"], "no parts are left"


def test_one_core_or_two(workspace: Workspace) -> None:
    one = run(workspace, n_jobs=1).result
    two = run(workspace, n_jobs=2).result
    assert lasting(one) == lasting(two)


KILLED = """
import os, signal, sys
from pathlib import Path
from styleid.runs.compare.run import compare
from styleid.runs.compare.record import CompareOptions

def progress(done, total):
    if done == 5:
        os.kill(os.getpid(), signal.SIGKILL)

root = Path(sys.argv[1])
options = CompareOptions(heads=("centroid", "knn"), folds=3, repeats=2)
compare(options, root / "manifest.csv", root / "vectors", root / "reports", None, 1, progress)
"""


def test_a_killed_comparison_goes_on_where_it_was(workspace: Workspace, counted: list[str]) -> None:
    whole = run(workspace, "whole")
    assert len(counted) == 12
    killed = subprocess.run([sys.executable, "-c", KILLED, str(workspace.root)], env=os.environ, check=False)
    assert killed.returncode == -signal.SIGKILL
    assert not (workspace.out / "compare").exists()
    parts = sorted((workspace.out / ".compare.parts").iterdir())
    assert len(parts) == 5
    counted.clear()
    resumed = run(workspace)
    assert counted == ["knn"] + ["centroid"] * 6, "the five finished tasks of knn are not done again"
    assert resumed.result["n_resumed"] == 5
    assert lasting(resumed.result) == lasting(whole.result | {"run": "compare"})
    for head in HEADS:
        own, other = (folder / "predictions" / f"{head}.csv" for folder in (resumed.folder, whole.folder))
        assert own.read_bytes() == other.read_bytes()
    assert not (workspace.out / ".compare.parts").exists()


class Stop(Exception):
    pass


def interrupted(workspace: Workspace, **options: Any) -> list[Path]:
    """Stop a comparison after four tasks; return its parts."""

    def progress(done: int, total: int) -> None:
        if done == 4:
            raise Stop("enough")

    chosen = CompareOptions(**({"heads": HEADS, "folds": 3, "repeats": 2} | options))
    with pytest.raises(Stop, match="enough"):
        compare(chosen, workspace.manifest, workspace.vectors, workspace.out, None, 1, progress)
    return sorted((workspace.out / ".compare.parts").iterdir())


def test_damaged_parts_are_done_again(workspace: Workspace, counted: list[str]) -> None:
    whole = lasting(run(workspace).result)
    first, second, third, _ = interrupted(workspace)
    first.write_bytes(first.read_bytes()[:-20])
    content = json.loads(second.read_text())
    second.write_text(json.dumps(content | {"scores": content["scores"][1:]}))
    third.write_text(json.dumps({"digest": "of another"}))
    counted.clear()
    again = run(workspace).result
    assert len(counted) == 12 - 1
    assert lasting(again) == whole


@pytest.mark.parametrize("change", ["seed", "vectors", "labels", "groups", "grid"])
def test_stale_parts_are_passed_over(
    workspace: Workspace, counted: list[str], change: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever decides the numbers makes the parts others."""
    import dataclasses

    from styleid.heads import knn

    interrupted(workspace)
    counted.clear()
    if change == "vectors":
        workspace.points[7, 3] += 1e-3
        workspace.rows = [
            dataclasses.replace(row, sha256=f"{i + 1000:064x}") for i, row in enumerate(workspace.rows)
        ]
        workspace.write()
    elif change == "labels":
        workspace.rows[0] = dataclasses.replace(workspace.rows[0], label="bob")
        workspace.write()
    elif change == "groups":
        workspace.rows[0] = dataclasses.replace(workspace.rows[0], group=workspace.rows[5].group)
        workspace.write()
    elif change == "grid":
        monkeypatch.setattr(knn, "HEAD", dataclasses.replace(knn.HEAD, grid={"n_neighbors": [3, 1]}))
    result = run(workspace, seed=int(change == "seed"), repeats=1).result
    assert result["n_resumed"] == 0
    assert len(counted) == 6
    assert not (workspace.out / ".compare.parts").exists(), "stale parts go too"


def test_a_comparison_on_the_same_parts_takes_other_heads_in(
    workspace: Workspace, counted: list[str]
) -> None:
    interrupted(workspace)
    counted.clear()
    run(workspace, heads=("centroid", "knn", "logreg"))
    assert counted.count("knn") == 2
    assert counted.count("logreg") == 6


def test_what_cannot_be_done_is_said_before_anything_is(workspace: Workspace, counted: list[str]) -> None:
    with pytest.raises(InputError, match="no head called 'svn'; choose one of: lda, cosine, logreg, svm"):
        run(workspace, heads=("svm", "svn"))
    for heads in (("knn",), ("knn", "knn")):
        with pytest.raises(InputError, match="at least two different heads"):
            run(workspace, heads=heads)
    with pytest.raises(InputError, match="plain name"):
        run(workspace, "../up")
    mine = workspace.out / "compare"
    mine.mkdir(parents=True)
    (mine / "letter.txt").write_text("dear")
    with pytest.raises(InputError, match=r"is no run of styleid \(it holds no compare.json\)"):
        run(workspace)
    assert counted == []


def test_one_label_against_the_others(workspace: Workspace) -> None:
    result = run(workspace, target="bob").result
    assert result["labels"] == ["others", "bob"]
    assert result["run"] == "compare-target-bob"
