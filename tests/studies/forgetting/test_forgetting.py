"""The study from end to end, tiny: equal on one core and two, and after an interruption."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fitted import Workspace
from studied import studied
from typer.testing import CliRunner

from styleid import Run
from styleid.cli.app import app
from styleid.errors import InputError
from styleid.runs.finished import Finished
from styleid.runs.listing import finished_audits, finished_runs
from styleid.studies import pictures
from styleid.studies.forgetting import run as module
from styleid.studies.forgetting.record import ForgettingOptions
from styleid.studies.forgetting.run import study_forgetting

OPTIONS = ForgettingOptions(
    labels=("ann", "bob", "cy"), learner="both", seeds=2, orders=2, positives=10, epochs=1
)


def run(workspace: Workspace, options: ForgettingOptions = OPTIONS, **how: Any) -> Run:
    return study_forgetting(options, workspace.manifest, workspace.vectors, workspace.out, **how)


@pytest.fixture(autouse=True, scope="module")
def _small_pictures() -> Iterator[None]:
    """Let the network see pictures of 24 x 24: what it learns is tested elsewhere."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pictures, "GREY_SIDE", 24)
        yield


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> tuple[Workspace, Run]:
    workspace = studied(tmp_path_factory.mktemp("study"))
    return workspace, run(workspace, n_jobs=1)


def test_it_writes_numbers_plots_and_one_offline_page(done: tuple[Workspace, Run]) -> None:
    workspace, made = done
    files = {path.name for path in made.folder.iterdir()}
    assert files == {
        "result.json", "forgetting.html",
        "scores-dense.png", "scores-cnn.png", "order-dense.png", "order-cnn.png",
    }  # fmt: skip
    result = json.loads((made.folder / "result.json").read_text())
    assert result["seeds"] == {"dense": [42, 43], "cnn": [42, 43]}
    assert len(result["answers"]) == 2 * 3
    assert result["theirs"]["just_trained"] == [0.744, 0.689, 0.644]
    assert result["theirs"]["at_end"] == [0.644, 0.656, 0.644]
    matrix = result["learners"]["dense"]["sequential"]["matrix"]
    assert (len(matrix), len(matrix[0])) == (4, 3)
    page = made.page.read_text()
    assert "74.4 %" in page
    assert "default-src 'none'" in page
    assert "http" not in page.replace("http-equiv", "")
    assert not (workspace.out / ".study-forgetting.parts").exists()


def test_it_is_listed_among_what_concerns_all_heads(done: tuple[Workspace, Run]) -> None:
    workspace, made = done
    assert finished_runs(workspace.out) == []
    listed = finished_audits(workspace.out)
    assert [entry["says"] for entry in listed] == [made.result["headline"]]
    (workspace.out / "broken").mkdir()
    (workspace.out / "broken" / "result.json").write_text("{")
    assert ["error" in entry for entry in finished_runs(workspace.out)] == [True]
    assert len(finished_audits(workspace.out)) == 1


def test_two_cores_and_an_interruption_give_the_same_numbers(
    done: tuple[Workspace, Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace, made = done
    saved = []
    save = Finished.save

    def fail_late(self: Finished, *given: Any) -> None:
        if len(saved) == 16:
            raise KeyboardInterrupt("after 16")
        saved.append(given[0])
        save(self, *given)

    with monkeypatch.context() as patch:
        patch.setattr(Finished, "save", fail_late)
        with pytest.raises(KeyboardInterrupt, match=r"^after 16$"):
            run(workspace, name="again", n_jobs=1)
    assert not (workspace.out / "again").exists()
    assert len(list((workspace.out / ".again.parts").iterdir())) == 16
    again = run(workspace, name="again", n_jobs=2)
    assert again.result["n_resumed"] == 16
    assert made.result["n_resumed"] == 0
    assert again.result["learners"] == made.result["learners"]
    assert again.result["tasks"] == made.result["tasks"]


def test_what_decides_the_numbers_is_not_resumed() -> None:
    y = np.array(["ann", "bob"] * 20)
    X = np.zeros((40, 3))
    tasks = {42: module.make_tasks(y, np.arange(40), ("ann", "bob"), 10)}
    other = {42: module.make_tasks(y, np.arange(40) // 2, ("ann", "bob"), 10)}
    options = ForgettingOptions(labels=("ann", "bob"), learner="cnn", seeds=1, epochs=1)

    def digests(options: ForgettingOptions, X: np.ndarray, tasks: Any) -> set[str]:
        return {work.digest for work in module._tasks_of(options, "cnn", X, y, tasks).values()}

    first = digests(options, X, tasks)
    assert first == digests(options, X, tasks)
    assert len(first) == len(options.jobs("cnn"))
    more = ForgettingOptions(labels=("ann", "bob"), learner="cnn", seeds=1, epochs=2)
    for changed in (digests(more, X, tasks), digests(options, X + 1, tasks), digests(options, X, other)):
        assert not first & changed


def test_another_folder_in_the_way_is_left_alone(done: tuple[Workspace, Run]) -> None:
    workspace, _ = done
    (workspace.out / "mine").mkdir()
    (workspace.out / "mine" / "result.json").write_text("{}")
    with pytest.raises(InputError, match="no run of styleid"):
        run(workspace, name="mine")
    for name in ("a/b", "", ".."):
        with pytest.raises(InputError, match="--name expects a plain name"):
            run(workspace, name=name)
    with pytest.raises(InputError, match="--learner expects one of"):
        run(workspace, ForgettingOptions(labels=("ann", "bob"), learner="svm"))


def test_one_seed_has_no_interval_and_claims_nothing(tmp_path: Path) -> None:
    workspace = studied(tmp_path)
    options = ForgettingOptions(labels=("ann", "bob"), seeds=1, positives=10)
    result = run(workspace, options, n_jobs=1).result
    assert result["learners"]["dense"]["sequential"]["mean_at_end"]["low"] is None
    assert {answer["verdict"] for answer in result["answers"]} == {"cannot be told"}


def test_quick_has_fewer_of_everything() -> None:
    quick, full = (
        ForgettingOptions(labels=("a", "b", "c"), learner="both", quick=of) for of in (True, False)
    )
    assert (len(full.all_orders()), len(quick.all_orders())) == (6, 3)
    assert [len(full.seeds_of(of)) for of in ("dense", "cnn")] == [20, 3]
    assert [len(quick.seeds_of(of)) for of in ("dense", "cnn")] == [5, 2]
    assert (full.untrained("cnn", 0).epochs, quick.untrained("cnn", 0).epochs) == (60, 4)


def test_the_command_translates(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: dict[str, Any] = {}
    result = {
        "notes": [], "headline": "It forgets.", "timing_seconds": {"total": 3.0},
        "answers": [{"question": "Does it?", "learner": "dense", "verdict": "yes", "answer": "It does."}],
    }  # fmt: skip

    def study(options: ForgettingOptions, *rest: Any) -> Run:
        asked.update(options=options, rest=rest[:-1])
        return Run(Path("reports/mine"), Path("reports/mine/page.html"), result)

    monkeypatch.setattr(module, "study_forgetting", study)
    line = (
        "study forgetting --labels a,b,c --learner both --seeds 4 --orders 5 --positives 60 --epochs 7 "
        "--quick --shared-others --manifest m.csv --store v --out r --name mine --where version=v2 "
        "--skip-small --space toy --seed 9 --jobs 1"
    )
    said = CliRunner().invoke(app, line.split())
    assert said.exit_code == 0, said.output
    assert asked["options"] == ForgettingOptions(
        labels=("a", "b", "c"),
        learner="both",
        seeds=4,
        seed=9,
        orders=5,
        positives=60,
        epochs=7,
        quick=True,
        shared_others=True,
        where="version=v2",
        space="toy",
        skip_small=True,
    )
    assert asked["rest"] == (Path("m.csv"), Path("v"), Path("r"), "mine", 1)
    assert "It forgets.\nDoes it? (dense) yes\n  It does." in said.stdout
