from __future__ import annotations

import csv
import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from fitted import DIM, Workspace, predictions, run
from sklearn.metrics import accuracy_score, confusion_matrix, f1_score

from styleid import FitOptions, load_model
from styleid.errors import InputError, OutputError, StoreError
from styleid.heads.base import REGISTRY
from styleid.runs.folder import MOST_BYTES
from styleid.runs.listing import finished_audits, finished_runs, stored_spaces

METRICS = {
    "accuracy",
    "balanced_accuracy",
    "macro_precision",
    "macro_recall",
    "macro_f1",
    "roc_auc",
    "average_precision",
}


@pytest.mark.usefixtures("painted")
@pytest.mark.parametrize("head", REGISTRY)
def test_every_head_makes_a_whole_run(workspace: Workspace, head: str) -> None:
    done = run(workspace, head=head, folds=3)
    result = json.loads((done.folder / "result.json").read_text())
    assert result == json.loads(json.dumps(done.result))
    documented = {"format_version", "head", "labels", "n_images", "n_groups", "space", "backbone"}
    documented |= {"weights_digest", "protocol", "seed", "metrics", "per_label", "confusion", "baselines"}
    assert documented | {"timing_seconds", "versions"} <= set(result)
    assert set(result["metrics"]) == METRICS
    assert set(result["baselines"]) == {"majority", "centroid"}
    for metric in [*result["metrics"].values(), *result["baselines"]["majority"].values()]:
        assert metric["low"] <= metric["value"] <= metric["high"]
    assert result["metrics"]["accuracy"]["value"] > 0.7
    names = {path.name for path in done.folder.iterdir()}
    assert {
        "result.json",
        "predictions.csv",
        "model.styleid",
        "report.html",
        "confusion.png",
        "projection.png",
    } <= names
    assert ("curves.json" in names) == ("curves.png" in names) == (head == "mlp")


def test_a_model_that_guesses_says_so_wherever_it_goes(workspace: Workspace) -> None:
    sound = load_model(run(workspace, name="sound").folder)
    assert not sound.options["no_better_than_guessing"]
    labels = np.random.default_rng(0).permutation([row.label for row in workspace.rows])
    workspace.rows = [
        replace(row, label=str(label), group="") for row, label in zip(workspace.rows, labels, strict=True)
    ]
    workspace.write()
    done = run(workspace, name="blind")
    assert "is no better than guessing" in (done.folder / "report.html").read_text()
    assert load_model(done.folder).options["no_better_than_guessing"]


def test_a_baseline_is_measured_as_the_head_of_its_name_is(workspace: Workspace) -> None:
    """Ranks across pictures depend on the calibration: the one calibrated and the other not, they differ."""
    result = run(workspace, head="centroid").result
    assert result["calibration"]["after"] is not None, "or nothing is shown here"
    assert result["baselines"]["centroid"] == result["metrics"]
    assert set(result["less_baselines"]["centroid"]["accuracy"].values()) == {0.0, None}


def test_what_is_to_be_said_of_a_holdout_is_said_once(workspace: Workspace) -> None:
    workspace.rows = [replace(row, group=f"{row.label}/{i % 2}") for i, row in enumerate(workspace.rows)]
    workspace.write()
    notes = run(workspace, protocol="holdout").result["notes"]
    assert sum("no validation part" in note for note in notes) == 1


def test_the_numbers_are_those_of_the_predictions(workspace: Workspace) -> None:
    done = run(workspace, folds=4)
    rows = predictions(done)
    assert [row["image_id"] for row in rows] == [row.image_id for row in workspace.rows]
    assert [row["label"] for row in rows] == [row.label for row in workspace.rows]
    true, predicted = [row["label"] for row in rows], [row["predicted"] for row in rows]
    result = done.result
    assert result["metrics"]["accuracy"]["value"] == pytest.approx(accuracy_score(true, predicted))
    assert result["metrics"]["macro_f1"]["value"] == pytest.approx(f1_score(true, predicted, average="macro"))
    assert result["confusion"] == confusion_matrix(true, predicted, labels=result["labels"]).tolist()
    for row in rows:
        scores = {label: float(row[f"score:{label}"]) for label in result["labels"]}
        assert max(scores, key=scores.__getitem__) == row["predicted"]
    folds: dict[str, set[str]] = {}
    for row, of in zip(rows, workspace.rows, strict=True):
        folds.setdefault(of.group, set()).add(row["fold"])
    assert all(len(of_group) == 1 for of_group in folds.values()), "a group never crosses a fold line"
    assert len({row["fold"] for row in rows}) == 4


def test_one_seed_one_result_on_one_core_or_two(workspace: Workspace) -> None:
    options = {"head": "logreg", "folds": 3, "seed": 5}
    one = run(workspace, "one", 1, **options)
    two = run(workspace, "two", 2, **options)
    assert (one.folder / "predictions.csv").read_text() == (two.folder / "predictions.csv").read_text()
    assert one.result["metrics"] == two.result["metrics"]
    other = run(workspace, "three", 1, **{**options, "seed": 6})
    assert (one.folder / "predictions.csv").read_text() != (other.folder / "predictions.csv").read_text()


def test_the_bundle_scores_like_the_final_head(workspace: Workspace) -> None:
    bundle = load_model(run(workspace, head="logreg").folder / "model.styleid")
    assert bundle.labels == ("ann", "bob", "cy")
    scores = bundle.scores(workspace.points)
    assert scores.shape == (60, 3)
    own = [row.label for row in workspace.rows]
    assert accuracy_score(own, [bundle.labels[i] for i in scores.argmax(axis=1)]) > 0.9
    assert bundle.space["backbone"] == "toy"


def test_holdout_scores_only_its_test_part(workspace: Workspace) -> None:
    done = run(workspace, protocol="holdout", head="mlp")
    rows = predictions(done)
    assert done.result["protocol"] == "holdout"
    assert done.result["n_scored"] == len(rows) == 12
    (fold,) = done.result["folds"]
    assert (fold["n_train"], fold["n_test"]) == (38, 12)
    assert done.folder.name == "mlp-holdout"
    assert set(done.result["baselines"]["majority"]) == METRICS
    (curve,) = json.loads((done.folder / "curves.json").read_text())
    assert len(curve["val_accuracy"]) == 20
    assert curve["val_accuracy"][curve["best_epoch"] - 1] == max(curve["val_accuracy"])


def test_the_manifests_own_split_is_used(workspace: Workspace) -> None:
    parts = {0: "test", 1: "val"}
    workspace.rows = [
        replace(r, split=parts.get(int(r.group.split("/")[1]) % 5, "train")) for r in workspace.rows
    ]
    workspace.write()
    tested = {row["image_id"] for row in predictions(run(workspace, protocol="holdout"))}
    assert tested == {row.image_id for row in workspace.rows if row.split == "test"}
    assert any("--protocol holdout" in note for note in run(workspace).result["notes"])


def test_a_target_against_all_others(workspace: Workspace) -> None:
    done = run(workspace, target="bob")
    assert done.result["labels"] == ["others", "bob"]
    assert done.folder.name == "centroid-target-bob"
    assert sum(row["label"] == "bob" for row in predictions(done)) == 20
    assert done.result["target"] == "bob"
    with pytest.raises(InputError, match="there are: ann, bob, cy"):
        run(workspace, target="dora")
    workspace.rows = [replace(r, label="others") if r.label == "cy" else r for r in workspace.rows]
    workspace.write()
    with pytest.raises(InputError, match="none called 'others'"):
        run(workspace, target="others")
    with pytest.raises(InputError, match="leave out --one-vs-rest"):
        run(workspace, target="bob", one_vs_rest=True)


def test_one_vs_rest_makes_independent_models(workspace: Workspace) -> None:
    done = run(workspace, one_vs_rest=True, head="logreg")
    sums = [sum(float(row[f"score:{label}"]) for label in done.result["labels"]) for row in predictions(done)]
    assert max(abs(total - 1) for total in sums) > 1e-3, "each label's own probability, not normalised"
    bundle = load_model(done.folder / "model.styleid")
    assert len(bundle.estimators) == 3
    assert done.result["one_vs_rest"] is True


def test_where_takes_a_part_of_the_manifest(workspace: Workspace) -> None:
    workspace.rows = [replace(r, extra={"version": f"v{1 + i % 2}"}) for i, r in enumerate(workspace.rows)]
    workspace.write()
    done = run(workspace, where="version=v1")
    assert done.result["n_images"] == 30
    assert done.folder.name == "centroid-version-v1"


def test_what_is_left_out_is_told(workspace: Workspace) -> None:
    same = workspace.rows[0].sha256
    workspace.rows[25] = replace(workspace.rows[25], sha256=same)  # bob's and ann's at once
    workspace.rows[40] = replace(workspace.rows[40], label="")
    workspace.write()
    workspace.rows[41] = replace(workspace.rows[41], sha256="f" * 64)
    failure = {"sha256": "f" * 64, "path": "x", "code": "empty", "message": "0 bytes", "policy": "v1"}
    workspace.store.append_failures([failure])
    from styleid.data.manifest.table import Manifest, write_manifest

    write_manifest(Manifest(tuple(workspace.rows), workspace.root), workspace.manifest)
    result = run(workspace).result
    assert result["n_images"] == 56
    assert result["n_excluded"] == 4
    told = " ".join(result["notes"])
    for left_out in (
        "2 pictures left out: they have the same bytes under two labels: ",
        "1 picture left out: it has no label: ",
        "1 picture left out: it could not be decoded: ",
    ):
        assert left_out in told


def test_twins_stay_together_whatever_their_group(workspace: Workspace) -> None:
    for i in range(0, 20, 2):  # a chain: every pair of groups of ann shares one picture's bytes
        workspace.rows[i] = replace(workspace.rows[i], sha256=workspace.rows[0].sha256)
    workspace.write()
    with pytest.raises(InputError, match="ann"):
        run(workspace)


def test_small_labels_are_refused_or_skipped(workspace: Workspace) -> None:
    workspace.rows[40:60] = [replace(row, group="one") for row in workspace.rows[40:60]]
    workspace.write()
    with pytest.raises(InputError, match=r"cy.*--skip-small"):
        run(workspace)
    workspace.rows[20:40] = [replace(row, label="=bob") for row in workspace.rows[20:40]]
    workspace.write()
    done = run(workspace, skip_small=True)
    assert done.result["labels"] == ["=bob", "ann"]
    assert any("fewer than 2 groups" in note for note in done.result["notes"])
    header, *rows = csv.reader((done.folder / "predictions.csv").read_text().splitlines())
    assert header[4:] == ["score:'=bob", "score:ann"], "as a spreadsheet's program is guarded from the cells"
    assert {row[1] for row in rows} == {"'=bob", "ann"}


def test_a_label_with_fewer_groups_than_folds_is_told_of(workspace: Workspace) -> None:
    workspace.rows[40:60] = [replace(r, group=f"cy/{i % 3}") for i, r in enumerate(workspace.rows[40:60])]
    workspace.write()
    result = run(workspace, folds=5).result
    assert "fewer groups than the 5 folds, so absent from some test parts: 'cy' (3)" in result["notes"]


def test_one_label_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="at least two labels, found only 'ann'"):
        run(Workspace(tmp_path, labels=("ann",)))


def test_nothing_embedded_or_too_little(workspace: Workspace) -> None:
    workspace.rows.append(replace(workspace.rows[0], image_id="ann/new.png", sha256="e" * 64))
    from styleid.data.manifest.table import Manifest, write_manifest

    write_manifest(Manifest(tuple(workspace.rows), workspace.root), workspace.manifest)
    with pytest.raises(StoreError, match="1 of 61 pictures have no vector"):
        run(workspace)
    shutil.rmtree(workspace.vectors)
    with pytest.raises(StoreError, match="run `styleid embed FOLDER` first"):
        run(workspace)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"head": "tree"}, "choose one of: lda, cosine, logreg, svm"),
        ({"protocol": "loo"}, "expects one of cv, holdout"),
    ],
)
def test_unknown_names_list_the_known(workspace: Workspace, options: dict[str, str], message: str) -> None:
    with pytest.raises(InputError, match=message):
        run(workspace, **options)


def test_a_run_is_replaced_whole_and_nothing_else_is(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = run(workspace)
    (first.folder / "stray.txt").write_text("of the former run")
    again = run(workspace, seed=3)
    assert again.folder == first.folder
    assert not (again.folder / "stray.txt").exists()
    from styleid.runs.fit import run as module

    def full(*args: object) -> None:
        raise OutputError("cannot write: No space left on device")

    monkeypatch.setattr(module, "save_bundle", full)
    with pytest.raises(OutputError, match="No space"):
        run(workspace, seed=4)
    assert json.loads((again.folder / "result.json").read_text())["seed"] == 3
    assert [path.name for path in workspace.out.iterdir()] == ["centroid"], "no half-made folder stays"
    mine = workspace.out / "mine"
    mine.mkdir()
    (mine / "letter.txt").write_text("dear")
    with pytest.raises(InputError, match="is no run of styleid"):
        run(workspace, "mine")
    assert (mine / "letter.txt").read_text() == "dear"
    with pytest.raises(InputError, match="expects a plain name"):
        run(workspace, "../up")


def test_a_place_that_cannot_be_written_is_refused_before_the_work(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    from styleid.runs import desk

    monkeypatch.setattr(desk, "training_set", lambda *args: pytest.fail("began"))
    workspace.out.write_text("a file, where the folder of the runs should be")
    with pytest.raises(OutputError, match="cannot write"):
        run(workspace)


def test_names_of_runs_fit_every_disk() -> None:
    name = FitOptions(target='a/b\\c:"d" é\n' + "x" * 300).default_name
    assert name.startswith("lda-target-a-b-c--d--é-xxx")
    assert len(name.encode()) == 100
    assert len(FitOptions(target="漢" * 200).default_name.encode()) <= 100, "a disk counts bytes"


def test_no_two_requests_share_a_folder() -> None:
    asked = [
        {"target": target, "views": views, "where": where}
        for target in ("a b", "a-b", "a/b", "a_b", "a", "a-fit", "x" * 200, "x" * 201)
        for views in ("square", "fit")
        for where in (None, "k=v", "k-l=v")
    ]
    names = {FitOptions(**some).default_name for some in asked}
    assert len(names) == len(asked)
    assert FitOptions(target="noto", where="version=v2").default_name == "lda-target-noto-version-v2"


@pytest.mark.parametrize("name", ["n" * 300, "n" * 245, "漢" * 90, "a\0b"])
def test_a_name_that_no_disk_takes_is_refused_before_anything_is_computed(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    from styleid.runs import desk

    monkeypatch.setattr(desk, "training_set", lambda *args: pytest.fail("began"))
    with pytest.raises(InputError, match="--name expects"):
        run(workspace, name=name)


def test_the_longest_name_is_written_and_replaced(workspace: Workspace) -> None:
    assert not run(workspace, name="n" * MOST_BYTES).replaced
    assert run(workspace, name="n" * MOST_BYTES).replaced, "which the command says"


def test_the_listing_tells_what_is_there(workspace: Workspace) -> None:
    run(workspace)
    (workspace.out / "broken").mkdir()
    (workspace.out / "broken" / "result.json").write_text("{")
    broken, good = finished_runs(workspace.out)
    assert "cannot be read" in broken["error"]
    assert (good["head"], good["n_images"], good["labels"]) == ("centroid", 60, 3)
    (space,) = stored_spaces(workspace.vectors)
    assert (space["n_vectors"], space["n_failures"], space["current"]) == (60, 0, True)
    (workspace.out / "check").mkdir()
    record = {"n_images": 60, "verdict": "look before you believe", "created": "now"}
    (workspace.out / "check" / "check.json").write_text(json.dumps(record))
    (workspace.out / "both").mkdir()
    advice = {"n_images": 60, "recommended": {"words": ["Take svm.", "It is best."]}, "created": "now"}
    (workspace.out / "both" / "compare.json").write_text(json.dumps(advice))
    (workspace.out / "broken" / "compare.json").write_text("[]")
    audit, comparison, torn = finished_audits(workspace.out)
    assert (audit["run"], audit["says"]) == ("check", "look before you believe")
    assert (comparison["run"], comparison["says"]) == ("both", "Take svm.")
    assert "cannot be read" in torn["error"]
    assert finished_runs(workspace.root / "absent") == stored_spaces(workspace.root / "absent") == []


def test_labels_that_tell_nothing_score_at_chance(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path, n=30)
    workspace.points = np.random.default_rng(1).normal(size=(90, DIM)).astype(np.float32)
    workspace.write()
    accuracy = run(workspace, head="logreg").result["metrics"]["accuracy"]
    assert accuracy["low"] < 1 / 3 < accuracy["high"]


def test_planted_relatives_open_the_leakage_gap(tmp_path: Path) -> None:
    """Pairs of a group are copies with a little noise, and the labels tell nothing else."""
    workspace = Workspace(tmp_path, n=40)
    rng = np.random.default_rng(5)
    pairs = rng.normal(size=(60, DIM)).repeat(2, axis=0)
    workspace.points = (pairs + rng.normal(0, 0.01, pairs.shape)).astype(np.float32)
    workspace.write()
    result = run(workspace, head="knn").result
    gap = result["leakage_gap"]
    assert gap["opened"]
    assert gap["naive"] > 0.8
    assert gap["grouped"] < 0.5
    assert result["naive"]["balanced_accuracy"]["value"] == pytest.approx(gap["naive"])
    assert result["metrics"]["balanced_accuracy"]["value"] == pytest.approx(gap["grouped"])
    page = (workspace.out / "knn" / "report.html").read_text(encoding="utf-8")
    assert "Random folds would flatter" in page


def test_pictures_that_stand_alone_have_no_gap(workspace: Workspace) -> None:
    workspace.rows = [replace(row, group="") for row in workspace.rows]
    workspace.write()
    result = run(workspace).result
    assert result["naive"] is None
    assert result["leakage_gap"] is None


def test_unseen_sources_are_scored_apart(tmp_path: Path) -> None:
    """Each source shifts its pictures so that a label looks like the next one of the other source."""
    workspace = Workspace(tmp_path, n=24)
    assert run(workspace).result["held_out_sources"] is None
    workspace.rows = [
        replace(row, source=("museum", "web")[int(row.group.split("/")[1]) % 2]) for row in workspace.rows
    ]
    for i, row in enumerate(workspace.rows):
        if row.source == "web":
            workspace.points[i, :3] = np.roll(workspace.points[i, :3], 1)
    workspace.write()
    result = run(workspace, head="knn").result
    unseen = result["held_out_sources"]
    assert unseen["n_scored"] == 72
    assert {name: of["n_images"] for name, of in unseen["sources"].items()} == {"museum": 36, "web": 36}
    assert unseen["metrics"]["balanced_accuracy"]["value"] < 0.4
    assert (
        result["metrics"]["balanced_accuracy"]["value"]
        > unseen["metrics"]["balanced_accuracy"]["value"] + 0.1
    )
    page = (workspace.out / "knn" / "report.html").read_text(encoding="utf-8")
    assert "On 2 sources left out in turn" in page
