"""Nothing that somebody has is overwritten, dropped or changed without a line that names it."""

from __future__ import annotations

import csv
import hashlib
import io
import os
import shutil
import threading
from pathlib import Path

import pytest
from drawn_model import Drawn, drawn_model
from place import Place, paint

ALL = ("ann/0.png", "ann/1.png", "bob/0.png", "bob/1.png")


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Drawn:
    """A model of two labels, and pictures of a third hand."""
    return drawn_model(tmp_path_factory.mktemp("lost") / "set")


# Tables of verdicts


@pytest.mark.parametrize("what", ["picture", "model", "manifest", "notes", "link"])
def test_a_table_of_verdicts_replaces_no_other_file(place: Place, model: Drawn, what: str) -> None:
    drawn = model.copy(place.root / "set")
    paint("a.png")
    Path("notes").write_text("path, verdict: what I think")
    Path("link").symlink_to("a.png")
    file = {"picture": Path("a.png"), "model": drawn.model, "manifest": drawn.manifest}.get(what, Path(what))
    before = file.read_bytes()
    said = place.run("predict", "a.png", "-m", str(drawn.model), "--csv", str(file), code=2)
    assert f"--csv {file} is there and is no table of verdicts; choose another name" in said
    assert file.read_bytes() == before


def test_a_table_of_verdicts_is_replaced_by_the_next_where_it_lies(place: Place, model: Drawn) -> None:
    paint("a.png", "b.png")
    Path("far").mkdir()
    Path("t.csv").symlink_to("far/t.csv")
    arguments = ("-m", str(model.model), "--csv", "t.csv")
    assert "will be replaced" not in place.run("predict", "a.png", *arguments)
    assert "t.csv: the table of verdicts that is there will be replaced" in place.run(
        "predict", "b.png", *arguments
    )
    assert Path("t.csv").is_symlink()
    assert "b.png" in Path("far/t.csv").read_text()


def test_a_table_of_verdicts_goes_into_a_pipe_and_not_over_it(place: Place, model: Drawn) -> None:
    paint("a.png")
    os.mkfifo("pipe")
    came: list[str] = []
    reader = threading.Thread(target=lambda: came.append(Path("pipe").read_text("utf-8-sig")), daemon=True)
    reader.start()
    place.run("predict", "a.png", "-m", str(model.model), "--csv", "pipe")
    reader.join(30)
    assert [row["path"] for row in csv.DictReader(io.StringIO(came[0]))] == ["a.png"]
    assert Path("pipe").is_fifo()
    said = place.run("predict", "a.png", "-m", str(model.model), "--csv", "/dev/full", code=1)
    assert "cannot write /dev/full: No space left on device" in said
    assert Path("/dev/full").is_char_device()


# Manifests


def test_a_linked_manifest_stays_a_link(pics: Place) -> None:
    Path("far").mkdir()
    Path("m.csv").symlink_to("far/m.csv")
    pics.scan("pics")
    paint("pics/ann/2.png")
    pics.scan()
    assert Path("m.csv").is_symlink()
    assert "ann/2.png" in Path("far/m.csv").read_text()


def test_a_pipe_is_no_manifest(pics: Place) -> None:
    os.mkfifo("m.csv")
    assert "cannot write m.csv: it is a pipe or a device, not a file" in pics.scan("pics", code=1)
    assert Path("m.csv").is_fifo()


BY_HAND = "My pictures;;\npath;Label;Notes\n" + "".join(f"pics/{n};{n[:3]};mine\n" for n in ALL)


@pytest.mark.parametrize("folder", [(), ("pics",)])
def test_a_manifest_made_by_hand_is_kept_before_it_is_written_anew(
    pics: Place, folder: tuple[str, ...]
) -> None:
    Path("m.csv").write_text(BY_HAND)
    assert "the former manifest is kept as m.former-1.csv" in pics.scan(*folder)
    assert Path("m.former-1.csv").read_text() == BY_HAND
    assert "former" not in pics.scan(*folder)
    assert not Path("m.former-2.csv").exists()


def test_what_stands_above_a_header_is_kept(pics: Place) -> None:
    pics.scan("pics")
    titled = "Seen by me\n" + Path("m.csv").read_text()
    Path("m.csv").write_text(titled)
    assert "the former manifest is kept as m.former-1.csv" in pics.scan()
    assert Path("m.former-1.csv").read_text() == titled


@pytest.mark.parametrize("there", [True, False])
def test_a_workbook_is_not_written_over(pics: Place, there: bool) -> None:
    openpyxl = pytest.importorskip("openpyxl")
    if there:
        book = openpyxl.Workbook()
        book.active.append(["path", "label"])
        book.active.append(["pics/ann/0.png", "ann"])
        book.save("cat.xlsx")
    before = Path("cat.xlsx").read_bytes() if there else None
    for folder in ((), ("pics",), ("pics", "--fresh")):
        said = pics.run("scan", *folder, "--manifest", "cat.xlsx", code=2)
        assert "a manifest is written as CSV: give it as --table" in said
    assert (Path("cat.xlsx").read_bytes() if there else None) == before
    assert Path("cat.xlsx").exists() == there


@pytest.mark.parametrize(("table", "manifest"), [("cat.csv", "./cat.csv"), (None, "pics/metadata.csv")])
def test_a_table_is_not_its_own_manifest(pics: Place, table: str | None, manifest: str) -> None:
    Path(manifest).write_text("path,label\nann/0.png,Anna\n")
    options = () if table is None else ("--table", table)
    said = pics.run("scan", "pics", *options, "--manifest", manifest, code=2)
    assert "is the table already; give the manifest another name" in said
    assert Path(manifest).read_text() == "path,label\nann/0.png,Anna\n"


@pytest.mark.parametrize("folder", [("pics",), ()])
def test_an_edit_while_a_scan_runs_stays(
    pics: Place, folder: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    if folder:
        pics.scan("pics")
        paint("pics/ann/2.png")
    else:
        Path("m.csv").write_text("path,label\n" + "".join(f"pics/{n},{n[:3]}\n" for n in ALL))
    sha256 = hashlib.sha256

    def edited(data: bytes) -> object:
        monkeypatch.setattr(hashlib, "sha256", sha256)
        pics.edit((",ann", ",Anna"))
        return sha256(data)

    monkeypatch.setattr(hashlib, "sha256", edited)  # while the first picture is read
    said = pics.scan(code=2)
    assert "m.csv was changed by somebody else while it was brought up to date" in said
    assert "Anna" in Path("m.csv").read_text()
    pics.scan()
    assert "Anna" in pics.column().values()


def test_two_scans_at_once_that_say_the_same_both_end_well(
    pics: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    sha256 = hashlib.sha256

    def overtaken(data: bytes) -> object:
        monkeypatch.setattr(hashlib, "sha256", sha256)
        pics.scan("pics")
        return sha256(data)

    monkeypatch.setattr(hashlib, "sha256", overtaken)
    assert "changed by somebody else" not in pics.scan("pics")


@pytest.mark.parametrize("other", ["Label", " IMAGE-ID", "Sha256"])
def test_columns_that_read_as_one_are_refused(pics: Place, other: str) -> None:
    pics.scan("pics")
    text = Path("m.csv").read_text().replace("sha256", f"sha256,{other}", 1).replace("\n", ",mine\n")
    text = text.replace(",mine\n", "\n", 1)
    Path("m.csv").write_text(text)
    assert f"and {other.strip()!r} have one name to styleid; rename one" in pics.scan(code=2)
    assert Path("m.csv").read_text() == text


def test_a_path_written_by_hand_stays_or_is_named(pics: Place) -> None:
    paint("better/0.png")
    pics.scan("pics")
    pics.edit(("ann/0.png,pics/ann/0.png", "ann/0.png,better/0.png"), (",pics/bob/0.png", ",pics/typo.png"))
    told = pics.scan()
    assert "1 picture whose path is not where the folder has it, and is kept (--fresh drops it): " in told
    assert "ann/0.png 'better/0.png' (not 'pics/ann/0.png')" in told
    assert "1 picture whose path leads to no file, and is now where the folder has it: " in told
    assert "bob/0.png 'pics/bob/0.png' (was 'pics/typo.png')" in told
    assert list(pics.column("path").values()) == ["better/0.png", *(f"pics/{name}" for name in ALL[1:])]
    assert len({*pics.column("sha256").values()}) == 4
    assert "leads to no file" not in (told := pics.scan())
    assert "'better/0.png' (not" in told, "each time"
    pics.scan("--fresh")
    assert pics.column("path")["ann/0.png"] == "pics/ann/0.png"


def test_the_paths_of_a_moved_folder_follow_without_a_word(pics: Place) -> None:
    pics.scan("pics")
    Path("pics").rename("moved")
    assert "whose path" not in pics.scan("moved")
    assert pics.column("path")["ann/0.png"] == "moved/ann/0.png"


def test_labels_that_were_joined_are_parted_again(pics: Place) -> None:
    paint("pics/Ann /5.png")
    pics.scan("pics", "--tidy-labels")
    assert pics.column()["Ann /5.png"] == "ann"
    pics.edit((",bob,", ",Bo,"))
    told = pics.scan("--no-tidy-labels")
    assert "1 picture whose label changed, as folder or table say so now: Ann /5.png 'Ann '" in told
    assert "Ann /5.png 'ann' (not 'Ann ')" not in told, "no person wrote that"
    assert pics.column()["Ann /5.png"] == "Ann "
    assert pics.column()["bob/0.png"] == "Bo"


def test_manifests_that_differ_by_suffix_have_a_record_each(pics: Place) -> None:
    paint("else/cy/0.png", "more/di/0.png")
    for folder, name in (("pics", "m.csv"), ("else", "m.tsv"), ("more", "m")):
        pics.run("scan", folder, "--manifest", name)
    for name, label in (("m.csv", "ann"), ("m.tsv", "cy"), ("m", "di")):
        pics.run("scan", "--manifest", name)
        assert next(iter(pics.rows(name).values()))["label"] == label


# Folders and names of files


@pytest.mark.parametrize(
    ("pattern", "groups", "said"),
    [
        (r"^0(x)?", ["", "", "", ""], "reads a group off 0 of 4 names; not off ann/0.png, ann/1.png, bob/0"),
        (r"x*", ["", "", "", ""], "reads a group off 0 of 4 names"),
        (r"^0|(1)", ["", "ann/1", "", "bob/1"], "reads a group off 2 of 4 names; not off ann/0.png, bob/0"),
        (r"\d", ["ann/0", "ann/1", "bob/0", "bob/1"], "reads a group off 4 of 4 names\n"),
    ],
)
def test_a_pattern_that_reads_nothing_gives_no_group(
    pics: Place, pattern: str, groups: list[str], said: str
) -> None:
    assert f"--group-regex {pattern} {said}" in pics.scan("pics", "--group-regex", pattern)
    assert list(pics.column("group").values()) == groups


def test_folders_without_a_picture_are_named(pics: Place) -> None:
    for folder in ("cyd/layers", "dora", "ann/sketches", ".hidden"):
        Path("pics", folder).mkdir(parents=True)
    for name in ("cyd/1.psd", "cyd/layers/2.psd"):
        Path("pics", name).write_bytes(b"8BPS")
    paint("pics/eva/s/1.png")
    assert "3 folders without a picture: ann/sketches, cyd (2 PSD), dora\n" in pics.scan("pics")


def test_labels_whose_pictures_are_all_damaged_are_named(pics: Place) -> None:
    Path("pics/cyd").mkdir()
    Path("pics/cyd/1.png").write_bytes(b"")
    assert "1 label without a picture that can be read: cyd\n" in pics.scan("pics")


def test_a_link_to_nothing_is_no_picture_that_is_gone(pics: Place) -> None:
    Path("pics/ann/x.png").symlink_to("/nowhere/x.png")
    told = pics.scan("pics")
    assert "1 picture could not be read:" in told
    assert "pics/ann/x.png is a link to nothing: is a disk not mounted?" in told
    assert "gone" not in told
    Path("pics/ann/1.png").unlink()
    assert "gone: no file at pics/ann/1.png; its row is kept" in pics.scan()


def test_of_two_numbers_the_one_that_is_written_the_same_is_meant(place: Place) -> None:
    paint("pics/x/002.png", "pics/y/2.png", "pics/z/3.png", "pics/z/0003.png")
    Path("t.csv").write_text("file,label\n002,X\n2,Y\n03,Z\n")
    told = place.scan("pics", "--table", "t.csv")
    assert place.column() == {"x/002.png": "X", "y/2.png": "Y", "z/0003.png": "z", "z/3.png": "z"}
    assert "'03' (row 4)" in told


def test_one_is_one_and_no_label_is_none(place: Place) -> None:
    paint("flat/0.png")
    assert "m.csv: 1 picture, 0 labels\n" in place.scan("flat")
    paint("flat/ann/0.png")
    assert "m.csv: 2 pictures, 1 label\n" in place.scan("flat")
    assert "\n2 pictures, 1 label\n" in place.embed("flat")


def test_copies_and_groups_are_named_as_the_reason(place: Place) -> None:
    paint("a/ann/0.png", "a/bob/s/0.png", "a/bob/s/1.png")
    for name in ("a/ann/1.png", "a/ann/2.png"):
        shutil.copy("a/ann/0.png", name)
    said = place.run("try", "a", code=2)
    assert "found 3 pictures of 'ann' (copies of one), 2 pictures of 'bob' (all of one group);" in said


# Predict and add


def clutter(folder: Path) -> None:
    """Put in what is no picture."""
    (folder / "doc.pdf").write_bytes(b"%PDF")
    (folder / "raw.nef").write_bytes(b"II*\0")
    (folder / "lost").symlink_to("nowhere")
    (folder / "loop").symlink_to(".")


def test_predict_names_what_it_passes_over_in_a_folder(place: Place, model: Drawn) -> None:
    paint("in/a.png")
    clutter(Path("in"))
    told = place.run("predict", "in", "-m", str(model.model))
    assert "passed over in in: 1 NEF, 1 PDF\n" in told
    assert "in/lost is a link to nothing" in told
    assert "in/loop is a link to a folder that holds it: not followed" in told
    Path("in/deep").mkdir()
    clutter(Path("in/deep"))
    told = place.run("predict", "in", "-m", str(model.model), "--no-recursive")
    assert "passed over in in: 1 NEF, 1 PDF\n" in told
    assert "deep" not in told, "nobody asked to look in there"
    assert "loop" not in told
    assert "no pictures in in/deep" in place.run(
        "predict", "in/deep", "-m", str(model.model), "--no-recursive", code=2
    )


def test_a_folder_without_pictures_does_not_keep_others_from_a_verdict(place: Place, model: Drawn) -> None:
    paint("in/a.png", "b.png")
    Path("bare").mkdir()
    told = place.run("predict", "in", "bare", "b.png", "-m", str(model.model), "--csv", "t.csv", code=1)
    assert "no pictures in bare\n" in told
    rows = list(csv.DictReader(io.StringIO(Path("t.csv").read_text("utf-8-sig"))))
    assert [(row["path"], bool(row["verdict"])) for row in rows] == [
        ("in/a.png", True),
        ("bare", False),
        ("b.png", True),
    ]
    assert "no pictures in bare" in place.run("predict", "bare", "-m", str(model.model), code=2)


def test_add_names_what_it_passes_over_and_labels_alike(place: Place, model: Drawn) -> None:
    drawn = model.copy(place.root / "set")
    clutter(drawn.new)
    table = drawn.new / "metadata.csv"
    table.write_text("file,label,group\nseries0/0.png,Noise,g\nseries0/1.png,Blot ,g\nabsent.png,,\n")
    drawn.manifest.write_text(drawn.manifest.read_text() + ",# end,,,,,\n")
    places = ("-m", str(drawn.model), "--manifest", str(drawn.manifest), "--store", str(drawn.vectors))
    told = place.run("add", "Blot ", str(drawn.new), *places, "--jobs", "1")
    assert f"{table} gives 1 picture another label than 'Blot ', which stands: series0/0.png (Noise)" in told
    assert (
        f"1 row of {table} whose 'file' names no picture here, or fits several: 'absent.png' (row 4)" in told
    )
    assert f"{table} does not name 8 pictures, the folder's name stands: series1/2.png" in told
    assert "row of" not in told.replace("1 row of", "", 1), "of labels nothing else is said"
    assert f"{drawn.manifest}: taken for a remark, not for a picture, and left out: '# end'" in told
    assert "guessing" not in told, "which the model was not found to be, and the new head is not"
    assert f"passed over in {drawn.new}: 1 NEF, 1 PDF\n" in told
    assert f"{drawn.new / 'lost'} is a link to nothing" in told
    assert "'Blot ' differs from 'blot' by blanks, case or accents only, and is a label of its own" in told


@pytest.mark.parametrize("folder", [".lda.4000000.new", ".lda.4000000.old"])
def test_predict_takes_no_model_of_a_run_that_was_killed(place: Place, model: Drawn, folder: str) -> None:
    paint("a.png")
    for name in ("lda", folder):
        Path("reports", name).mkdir(parents=True)
        shutil.copy(model.model, Path("reports", name, "model.styleid"))
        Path("reports", name, "result.json").write_text("{}")
    assert "model: reports/lda/model.styleid\n" in place.run("predict", "a.png")
    assert folder not in place.run("info", "--out", "reports", "--store", str(model.vectors))
    shutil.rmtree("reports/lda")
    assert "expected a model.styleid, found none in" in place.run("predict", "a.png", code=2)
