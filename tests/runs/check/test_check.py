"""What is planted is caught, and a clean set is left in peace."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from checked import Checked
from sklearn.ensemble import RandomForestClassifier
from typer.testing import CliRunner

from styleid import CheckOptions, check
from styleid.cli.app import app
from styleid.errors import InputError
from styleid.questions.shortcuts import measure as shortcuts
from styleid.runs.check.run import Run


@pytest.fixture(autouse=True)
def _few_trees(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten trees do for sets this small, and take a fifth of the time."""
    few = replace(shortcuts.WITNESS, build=lambda seed: RandomForestClassifier(10, random_state=seed))
    monkeypatch.setattr(shortcuts, "WITNESS", few)


def run(made: Checked, **options: object) -> Run:
    made.write()
    return check(CheckOptions(**{"folds": 3} | options), made.manifest, made.vectors, made.out, 1)  # type: ignore[arg-type]


def kinds(found: Run, *severities: str) -> set[str]:
    return {of["kind"] for of in found.result["findings"] if of["severity"] in severities}


def test_labels_of_one_group_each_are_named(tmp_path):
    """Labels that are left out without being asked must not look as if there had been none."""
    made = Checked(tmp_path)
    made.rows = [replace(row, group=row.label) for row in made.rows]
    with pytest.raises(InputError, match="found none") as raised:
        run(made)
    assert "labels with fewer than 2 groups ('ann', 'bob', 'cy')" in str(raised.value)
    assert "add pictures or groups" in str(raised.value)


@pytest.mark.usefixtures("painted")
def test_a_clean_set_is_left_in_peace(tmp_path):
    found = run(Checked(tmp_path))
    assert kinds(found, "stop", "look") == set()
    assert found.result["verdict"].startswith("Nothing was found")
    assert found.result["duplicates"]["pairs"] == []
    assert found.result["scores"]["as_is"] == found.result["scores"]["together"]
    assert found.result["n_unread"] == 0
    names = {path.name for path in found.folder.iterdir()}
    assert names == {"check.json", "check.html", "pairs.png", "scores.png"}
    on_disk = json.loads((found.folder / "check.json").read_bytes())
    assert on_disk == json.loads(json.dumps(found.result))
    assert on_disk["format_version"] == 1

    again = run(Checked(tmp_path))  # the folder is replaced, and says the same
    for key in set(on_disk) - {"created", "timing_seconds"}:
        assert again.result[key] == found.result[key], key


def test_twins_under_two_labels_and_in_two_groups(tmp_path):
    made = Checked(tmp_path)
    made.twin(0, "bob")
    made.twin(5, "ann")
    made.twin(6, "ann", group=made.rows[6].group)
    n = len(made.rows)
    shutil.copy(made.root / made.rows[60].path, made.root / made.rows[30].path)  # bob's and cy's, same bytes
    found = run(made)
    result = found.result
    assert "conflicts" in kinds(found, "stop")
    assert "duplicates" in kinds(found, "look")
    assert result["verdict"].startswith("Do not believe")
    named = {tuple(pair["image_ids"]) for pair in result["duplicates"]["pairs"]}
    ids = [row.image_id for row in made.rows]
    assert named == {(ids[0], ids[n - 3]), (ids[5], ids[n - 2]), (ids[6], ids[n - 1])}
    assert [pair["same_group"] for pair in result["duplicates"]["pairs"]] == [False, False, True]
    assert result["duplicates"]["component_sizes"] == {"2": 3}
    conflicts = [(set(c["image_ids"]), c["same_bytes"]) for c in result["conflicts"]]
    assert conflicts == [({ids[30], ids[60]}, True), ({ids[0], ids[n - 3]}, False)]
    assert result["scores"]["together"]["n_groups"] == result["scores"]["as_is"]["n_groups"] - 2
    listed = {row["image_id"] for row in result["mislabels"]} | {ids[0], ids[n - 3]}
    assert result["scores"]["left_out"]["n_images"] == result["n_images"] - len(listed)


def test_both_pictures_of_a_conflict_are_left_out(tmp_path):
    """Also the one whose label nobody would doubt: it is the first, of another hand's look, that is wrong."""
    made = Checked(tmp_path)
    made.points[8] = made.points[30]
    made.twin(8, "bob")
    found = run(made)
    first, copy = made.rows[8].image_id, made.rows[-1].image_id
    assert [pair["image_ids"] for pair in found.result["duplicates"]["pairs"]] == [[first, copy]]
    doubted = {row["image_id"] for row in found.result["mislabels"]}
    assert copy not in doubted
    left = found.result["n_images"] - found.result["scores"]["left_out"]["n_images"]
    assert left == len(doubted | {first, copy})


def test_a_label_told_by_the_size_of_its_files(tmp_path):
    made = Checked(tmp_path, signal=0.7)
    sizes = {"ann": (64, 64), "bob": (72, 56), "cy": (56, 72)}
    for i, row in enumerate(made.rows):
        made.picture(row.path, i, sizes[row.label])
    found = run(made)
    assert "shortcut-facts" in kinds(found, "stop")
    scored = found.result["shortcuts"]
    assert scored["size"]["balanced_accuracy"]["value"] == 1.0
    assert (scored["size"]["verdict"], scored["metadata"]["verdict"]) == ("ahead", "chance")
    text = next(of["text"] for of in found.result["findings"] if of["kind"] == "shortcut-facts")
    assert "all facts together; size alone: 1.000" in text
    # The head and its witnesses are on the folds of the score that keeps near-duplicates together.
    assert scored["logreg"]["accuracy"] == found.result["scores"]["together"]["accuracy"]


def test_swapped_labels(tmp_path):
    made = Checked(tmp_path, signal=4.5)
    swapped = {3: "bob", 29: "cy", 52: "ann"}
    for i, label in swapped.items():
        made.rows[i] = replace(made.rows[i], label=label, group="")
    found = run(made)
    assert "mislabels" in kinds(found, "look")
    listed = {of["image_id"]: of["suggested"] for of in found.result["mislabels"]}
    assert listed == {made.rows[i].image_id: made.rows[i].image_id.split("/")[0] for i in swapped}
    scores = found.result["scores"]
    assert scores["left_out"]["accuracy"]["value"] > scores["as_is"]["accuracy"]["value"]


def test_pictures_that_hold_nothing_small_labels_and_files_that_are_gone(tmp_path):
    from PIL import Image

    made = Checked(tmp_path, n=12, signal=8.0)
    Image.new("RGB", (64, 64), (9, 9, 9)).save(made.root / made.rows[0].path)
    made.picture(made.rows[1].path, 1, (20, 64))
    (made.root / made.rows[2].path).write_bytes(b"\xff\xd8\xff broken")
    (made.root / made.rows[3].path).unlink()
    made.points[20] = -40 * np.eye(12)[11]
    made.rows = [
        row if row.label != "cy" else replace(row, group=f"g{i % 3}") for i, row in enumerate(made.rows)
    ]
    made.rows[-1] = replace(made.rows[-1], label="dee")
    found = run(made, folds=5)
    result = found.result
    assert [(of["image_id"], of["why"]) for of in result["degenerate"]] == [
        ("ann/00.png", "one colour"),
        ("ann/01.png", "tiny: 20 x 64 pixels"),
    ]
    assert [of["image_id"] for of in result["outliers"]] == [made.rows[20].image_id]
    assert result["n_unread"] == 2
    lost = "2 files of pictures in the store cannot be read now (1 gone): hashes"
    assert any(lost in note for note in result["notes"])
    assert result["labels"]["cy"]["n_groups"] == 3
    assert {"degenerate", "small-labels", "labels-left-out"} <= kinds(found, "look")
    assert result["labels_left_out"] == ["dee"]


def test_files_that_cannot_be_read_at_all_leave_the_rest(tmp_path):
    made = Checked(tmp_path, n=8)
    for row in made.rows:
        (made.root / row.path).unlink()
    found = run(made)
    assert found.result["shortcuts"] is None
    assert found.result["scores"]["as_is"]["n_images"] == 24
    assert not (found.folder / "scores.png").exists()


def test_another_folder_is_not_replaced(tmp_path):
    made = Checked(tmp_path, n=8)
    (made.out / "check").mkdir(parents=True)
    (made.out / "check" / "mine.txt").write_text("mine")
    with pytest.raises(InputError, match="is there and is no run"):
        run(made)
    assert (made.out / "check" / "mine.txt").read_text() == "mine"


def test_the_command(tmp_path):
    made = Checked(tmp_path, n=8)
    made.twin(0, "bob")
    made.write()
    where = ["--manifest", str(made.manifest), "--store", str(made.vectors), "--out", str(made.out)]
    said = CliRunner().invoke(app, ["check", *where, "--folds", "3", "--seed", "2", "--jobs", "1"])
    assert said.exit_code == 0, said.output
    assert "stop: 1 picture under more than one label" in said.stdout
    assert str(Path("check") / "check.html") in said.stdout
    said = CliRunner().invoke(app, ["check", *where, "--where", "label=ann", "--json"])
    assert isinstance(said.exception, InputError)


def test_where_leaves_everything_else_out_of_an_audit(tmp_path):
    made = Checked(tmp_path, n=12)
    made.rows = [replace(row, extra={"version": f"v{1 + i // 2 % 2}"}) for i, row in enumerate(made.rows)]
    shutil.copy(made.root / made.rows[2].path, made.root / made.rows[14].path)  # ann's and bob's, both v2
    made.rows[-1] = replace(made.rows[-1], label="dee")  # v2 as well
    made.write()
    options = CheckOptions(where="version=v1", folds=3)
    result = check(options, made.manifest, made.vectors, made.out, 1).result
    assert (result["n_images"], result["conflicts"], result["labels_left_out"]) == (18, [], [])


def test_a_head_at_chance_calls_no_label_wrong(tmp_path):
    result = run(Checked(tmp_path, signal=0.0)).result
    assert result["mislabels"] == []
    assert any("no picture is listed as labelled wrong" in note for note in result["notes"]), (
        "there were some"
    )
