"""The small network in the folds and the table of the heads."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fitted import Workspace
from studied import studied
from typer.testing import CliRunner

from styleid import Run, grouped_folds
from styleid.cli.app import app
from styleid.runs.finished import Finished
from styleid.runs.listing import finished_runs
from styleid.studies import pictures
from styleid.studies.small_cnn import run as module
from styleid.studies.small_cnn.record import BaselineOptions, heads_beside
from styleid.studies.small_cnn.run import baseline_small_cnn

OPTIONS = BaselineOptions(epochs=2, folds=3, seed=4)


def run(workspace: Workspace, **how: Any) -> Run:
    return baseline_small_cnn(OPTIONS, workspace.manifest, workspace.vectors, workspace.out, **how)


@pytest.fixture(autouse=True, scope="module")
def _small_pictures() -> Iterator[None]:
    """Let the network see pictures of 24 x 24: what it learns is tested elsewhere."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pictures, "GREY_SIDE", 24)
        yield


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> tuple[Workspace, Run]:
    workspace = studied(tmp_path_factory.mktemp("baseline"))
    return workspace, run(workspace, n_jobs=1)


def test_every_picture_is_scored_once_in_the_folds_of_a_fit(done: tuple[Workspace, Run]) -> None:
    workspace, made = done
    with (made.folder / "predictions.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["image_id"] for row in rows] == [row.image_id for row in workspace.rows]
    y = np.array([row.label for row in workspace.rows])
    groups = np.array([row.group for row in workspace.rows])
    folds, _ = grouped_folds(y, np.unique(groups, return_inverse=True)[1], 3, 4)
    for fold in folds:
        assert {rows[i]["fold"] for i in fold.test} == {fold.name}
    scores = np.array([[float(row[f"score:{label}"]) for label in ("ann", "bob", "cy")] for row in rows])
    assert np.allclose(scores.sum(axis=1), 1, atol=1e-4)
    accuracy = np.mean([row["label"] == row["predicted"] for row in rows])
    assert made.result["metrics"]["accuracy"]["value"] == pytest.approx(accuracy)


def test_the_result_has_the_keys_of_a_head_and_is_listed(done: tuple[Workspace, Run]) -> None:
    workspace, made = done
    result = json.loads((made.folder / "result.json").read_text())
    assert result["head"] == "small-cnn"
    assert result["head_params"]["epochs"] == 2
    assert result["metrics"].keys() == result["baselines"]["majority"].keys()
    assert np.sum(result["confusion"]) == len(workspace.rows)
    assert [fold["n_train"] + fold["n_test"] for fold in result["folds"]] == [48, 48, 48]
    assert [listed["head"] for listed in finished_runs(workspace.out)] == ["small-cnn"]
    page = (made.folder / "report.html").read_text()
    assert "default-src 'none'" in page
    assert "augmentation (rotation 30, shift 0.2, shear 15, zoom 0.7 to 1.4, horizontal flip yes" in page
    assert page.count('class="chosen"') == 1


def test_two_cores_and_an_interruption_give_the_same_numbers(
    done: tuple[Workspace, Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace, made = done
    save = Finished.save
    saved: list[str] = []

    def fail_late(self: Finished, *given: Any) -> None:
        if saved:
            raise KeyboardInterrupt("after one")
        saved.append(given[0])
        save(self, *given)

    with monkeypatch.context() as patch:
        patch.setattr(Finished, "save", fail_late)
        with pytest.raises(KeyboardInterrupt, match=r"^after one$"):
            run(workspace, name="again", n_jobs=1)
    again = run(workspace, name="again", n_jobs=2)
    assert again.result["n_resumed"] == 1
    for key in ("metrics", "per_label", "confusion"):
        assert again.result[key] == made.result[key]
    assert (again.folder / "predictions.csv").read_text() == (made.folder / "predictions.csv").read_text()


def test_only_runs_of_the_same_pictures_and_folds_stand_beside(tmp_path: Path) -> None:
    table = "image_id,label,predicted,fold\na.png,ann,bob,fold-1\nb.png,bob,bob,fold-2\n"
    metrics = {name: {"value": 0.5} for name in ("accuracy", "balanced_accuracy", "macro_f1", "roc_auc")}

    def made(name: str, predictions: str, head: str = "svm", value: float = 0.5) -> None:
        (tmp_path / name).mkdir()
        own = metrics | {"accuracy": {"value": value}}
        content = {"head": head, "metrics": own, "timing_seconds": {"total": 1}}
        (tmp_path / name / "result.json").write_text(json.dumps(content))
        (tmp_path / name / "predictions.csv").write_text(predictions)

    made("same", table.replace(",bob,fold-1", ",ann,fold-1"))
    made("better", table, value=0.9)
    made("other-folds", table.replace("fold-2", "fold-1"))
    made("fewer", "\n".join(table.splitlines()[:2]))
    made("itself", table, head="small-cnn")
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "result.json").write_text("{")
    assert [run["run"] for run in heads_beside(tmp_path, table)] == ["better", "same"]
    assert heads_beside(tmp_path / "none", table) == []


def test_with_a_target_the_scores_stand_in_the_order_of_the_labels(tmp_path: Path) -> None:
    workspace = studied(tmp_path, n=8)
    options = BaselineOptions(epochs=1, folds=2, target="bob")
    made = baseline_small_cnn(options, workspace.manifest, workspace.vectors, workspace.out, n_jobs=1)
    assert made.result["labels"] == ["others", "bob"]  # sorted they would be the other way round
    with (made.folder / "predictions.csv").open(newline="") as file:
        for row in csv.DictReader(file):
            assert row["predicted"] == max(("others", "bob"), key=lambda label: float(row[f"score:{label}"]))
    columns = []
    network = options.untrained(0)
    fold = grouped_folds(np.array(["bob", "others"] * 6), np.arange(12), 2)[0][0]
    X = np.random.default_rng(0).integers(0, 255, (12, 24, 24)).astype(np.uint8)
    y = np.array(["bob", "others"] * 6)
    for labels in (("bob", "others"), ("others", "bob")):
        columns.append(np.array(module._score_fold(network, X, y, labels, fold)["scores"]))
    assert np.array_equal(columns[0], columns[1][:, ::-1])


def test_the_command_translates(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: dict[str, Any] = {}
    metrics = dict.fromkeys(
        ("accuracy", "balanced_accuracy", "macro_f1"), {"value": 0.5, "low": 0.4, "high": 0.6}
    )
    result = {
        "notes": [], "head": "small-cnn", "run": "small-cnn", "n_images": 12, "labels": ["a", "b"],
        "n_groups": 5, "metrics": metrics, "beside": [{"run": "svm", "metrics": metrics}],
        "baselines": {"majority": metrics}, "timing_seconds": {"total": 2.0},
    }  # fmt: skip

    def baseline(options: BaselineOptions, *rest: Any) -> Run:
        asked.update(options=options, rest=rest[:-1])
        return Run(Path("reports/mine"), Path("reports/mine/page.html"), result)

    monkeypatch.setattr(module, "baseline_small_cnn", baseline)
    line = (
        "baseline small-cnn --epochs 7 --quick --manifest m.csv --store v --out r --name mine --folds 4 "
        "--target a --where version=v2 --skip-small --space toy --seed 9 --jobs 1"
    )
    said = CliRunner().invoke(app, line.split())
    assert said.exit_code == 0, said.output
    assert asked["options"] == BaselineOptions(
        epochs=7, quick=True, folds=4, target="a", where="version=v2", skip_small=True, space="toy", seed=9
    )
    assert asked["rest"] == (Path("m.csv"), Path("v"), Path("r"), "mine", 1)
    starts = zip(said.stdout.splitlines()[2:5], ["small-cnn", "svm", "commonest label"], strict=True)
    assert all(line.strip().startswith(name) for line, name in starts)
