"""What `embed` could read, everything can: the decode policy follows the vectors."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from command import here_in
from drawing import draw
from drawn_model import drawn_model
from PIL import Image

from styleid import (
    CheckOptions,
    DecodePolicy,
    EmbedOptions,
    FitOptions,
    check,
    embed,
    fit,
    load_model,
    predict,
)
from styleid.runs.embed import embed_views

BACKBONE = EmbedOptions(backbone="resnet18-style", batch_size=8)


def cut(path: Path) -> Path:
    """Take the last bytes from a JPEG."""
    path.write_bytes(path.read_bytes()[:-40])
    return path


def draw_scans(root: Path) -> None:
    """Two hands, of each six TIFF files with a smaller copy of each in PNG, and a cut JPEG."""
    for style, label in enumerate(("ann", "bob")):
        for i in range(6):
            scan = draw(root / label / f"{i}.tif", seed=10 * style + i, style=style)
            Image.open(scan).resize((88, 74)).save(root / label / f"{i}-small.png")
        cut(draw(root / label / "cut.jpg", seed=90 + style, style=style))


def test_vectors_of_tiffs_and_cut_files_can_be_used_without_another_word(tmp_path: Path) -> None:
    draw_scans(tmp_path / "images")
    places = (tmp_path / "m.csv", tmp_path / "v")
    policy = DecodePolicy(allow_truncated=True, min_side=40)
    run = embed(tmp_path / "images", *places, BACKBONE, policy=policy)
    assert (run.embedding.n_embedded, run.embedding.n_failed) == (26, 0)

    audit = check(CheckOptions(folds=3), *places, tmp_path / "r", n_jobs=1)
    assert audit.result["n_unread"] == 0
    assert audit.result["duplicates"]["n_pairs"] >= 8, "most scans and their smaller copies"

    done = fit(FitOptions(head="centroid", folds=3, one_vs_rest=True), *places, tmp_path / "r", n_jobs=1)
    assert not [note for note in done.result["notes"] if "unreadable" in note]
    asked = [tmp_path / "images/ann/0.tif", tmp_path / "images/ann/cut.jpg"]
    asked.append(draw(tmp_path / "small.png", seed=3, size=(90, 39)))
    *verdicts, small = predict(load_model(done.folder), asked)
    assert [verdict.error for verdict in verdicts] == [None, None]
    assert [verdict.label for verdict in verdicts] == ["ann", "ann"]
    assert small.error is not None
    assert small.error.code == "too-small", "and what embed refuses, so does the model"

    for i in range(4):
        draw(tmp_path / "new" / f"{i}.tif", seed=70 + i, style=2)
    cut(draw(tmp_path / "new/4.jpg", seed=80, style=2))
    options = ("--manifest", places[0], "--store", places[1], "--jobs", 1, "--json")
    told = here_in(tmp_path, "add", "cy", tmp_path / "new", "--model", done.folder, *options)
    assert told.returncode == 0, told.stderr
    embedding = json.loads(told.stdout)["embedding"]
    assert (embedding["n_embedded"], embedding["failures"]) == (5, [])


def test_a_store_goes_on_as_it_was_asked_to_until_told_otherwise(tmp_path: Path) -> None:
    images, places = tmp_path / "images", ("--manifest", tmp_path / "m.csv", "--store", tmp_path / "v")
    draw(images / "ann/0.png", seed=1)
    cut(draw(images / "ann/1.jpg", seed=2))

    def embedded(*options: object) -> tuple[dict, str]:
        done = here_in(tmp_path, "embed", images, *places, "--backbone", "resnet18-style", "--json", *options)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout), done.stderr

    plain, told = embedded()
    (failure,) = plain["failures"]
    assert (failure["code"], "--allow-truncated" in failure["message"]) == ("truncated", True)
    assert "as for the vectors" not in told
    tolerant, told = embedded("--allow-truncated")
    assert (tolerant["n_embedded"], tolerant["failures"]) == (2, [])
    again, told = embedded()
    assert (again["space"], again["n_known"]) == (tolerant["space"], 2)
    assert f"as for the vectors in {tmp_path / 'v'}: --allow-truncated" in told.replace("\n", " ")
    narrow, _ = embedded("--formats", "jpeg", "--no-allow-truncated")
    assert (narrow["space"], narrow["n_known"]) == (plain["space"], 1), "what is there stays"
    draw(images / "ann/2.png", seed=3)
    narrow, told = embedded()
    assert {f["code"] for f in narrow["failures"]} == {"truncated", "format-refused"}
    assert "--formats jpeg" in told
    refused = next(f for f in narrow["failures"] if f["code"] == "format-refused")
    assert "`styleid embed --formats +png`" in refused["message"]
    widened, _ = embedded("--formats", "+png")
    assert widened["n_known"] + widened["n_embedded"] == 2


def test_all_spaces_of_one_run_remember_how_they_were_asked_for(tmp_path: Path) -> None:
    draw(tmp_path / "images/ann/0.png", seed=1)
    options = EmbedOptions(backbone="resnet18-style", batch_size=2, descriptors=("style", "avgpool"))
    places = (tmp_path / "images", tmp_path / "m.csv", tmp_path / "v", options)
    run = embed(*places, policy=DecodePolicy(max_pixels=10_000))
    assert "-style-style-" in run.store.folder.name, "the first is current"
    record = json.loads((tmp_path / "v/current.json").read_text())
    assert record["space"] == run.store.folder.name
    assert [policy["max_pixels"] for policy in record["policies"].values()] == [10_000] * 2
    assert list(record["views"].values()) == ["square"] * 2
    draw(tmp_path / "images/ann/1.png", seed=2, size=(200, 100))
    assert [f["code"] for f in embed(*places).embedding.failures] == ["too-many-pixels"]


READS = {"allow_truncated": True}


@pytest.mark.parametrize(
    "record",
    [None, "x", {"formats": ["JPEG", 3]}, {"max_pixels": "9"}, {"new": 1}, READS],
)
def test_stores_and_models_from_before_or_with_a_damaged_record_are_read(
    tmp_path: Path, record: object
) -> None:
    draw(tmp_path / "images/ann/0.png", seed=1)
    places = (tmp_path / "images", tmp_path / "m.csv", tmp_path / "v", BACKBONE)
    before = embed(*places).store.space.id
    path = tmp_path / "v/current.json"
    current = json.loads(path.read_text())
    current["policies"] = {current["space"]: record}
    path.write_text(json.dumps(current if record else {"space": current["space"]}))
    again = embed(*places)
    assert (again.store.space.id, again.embedding.n_known) == (before, 1)
    forgotten = "is forgotten, and pictures are read as by default"
    assert any(forgotten in note for note in again.scan.notes) == (record not in (None, READS))
    path.write_text('{"space": ')
    assert (
        f"{path} is gone or damaged: how the vectors there were asked for {forgotten}"
        in (embed(*places, policy=DecodePolicy()).scan.notes[-1])
    )
    assert not embed(*places).scan.notes, "said once, since it is recorded anew"
    path.unlink()
    lenient = embed(*places, policy=DecodePolicy(allow_truncated=True))
    assert lenient.scan.notes[-1].endswith("pictures are read by --allow-truncated")


def test_a_model_that_names_no_policy_reads_tiff(tmp_path: Path) -> None:
    """As `drawn_model` makes it, and every styleid before policies were kept."""
    made = drawn_model(tmp_path / "set")
    model = load_model(made.model)
    assert "policy" not in model.options
    (verdict,) = predict(model, draw(tmp_path / "a.tif", seed=3, style=1))
    assert verdict.label == "blot"


def test_further_views_are_made_by_the_policy_of_the_vectors(tmp_path: Path) -> None:
    cut(draw(tmp_path / "images/ann/0.jpg", seed=1))
    places = (tmp_path / "images", tmp_path / "m.csv", tmp_path / "v", BACKBONE)
    run = embed(*places, policy=DecodePolicy(allow_truncated=True))
    embed_views(run.scan.manifest, run.store, ("fit",))
    assert run.store.holds(run.scan.manifest, ("square", "fit"))


def test_one_cut_file_among_many_is_one_failure(tmp_path: Path) -> None:
    for i in range(40):
        draw(tmp_path / f"images/ann/{i:02}.jpg", seed=i, size=(40, 40))
    cut(tmp_path / "images/ann/17.jpg")
    run = embed(tmp_path / "images", tmp_path / "m.csv", tmp_path / "v", BACKBONE)
    assert run.embedding.n_embedded == 39
    (failure,) = run.embedding.failures
    assert (failure["image_id"], failure["code"]) == ("ann/17.jpg", "truncated")
