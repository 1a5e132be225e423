"""Folders and tables as people have them: what they say is found, and nothing is lost without a word."""

from __future__ import annotations

import codecs
import csv
import json
import os
import re
import shutil
import unicodedata
import zipfile
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

import pytest
from PIL import Image
from place import Place, paint

ALL = ("ann/0.png", "ann/1.png", "bob/0.png", "bob/1.png")


def by_table(place: Place, text: str | bytes, *options: str, name: str = "t.csv", code: int = 0) -> str:
    Path(name).write_bytes(text if isinstance(text, bytes) else text.encode())
    return place.scan("pics", "--table", name, *options, code=code)


# A person's word stays


def test_what_a_person_wrote_stays_and_is_told_each_time(pics: Place) -> None:
    pics.scan("pics")
    pics.edit(
        ("ann/0.png,pics/ann/0.png,ann", "ann/0.png,pics/ann/0.png,Anna"), (",ann,,,,", ",ann,g1,web,train,")
    )
    for arguments in ((), ("pics",), (str(pics.root / "pics"),), ("./pics/../pics",)):
        told = pics.scan(*arguments)
        assert "1 picture with another label in the manifest than folder or table say" in told
        assert "ann/0.png 'Anna' (not 'ann')" in told
        assert "ann/1.png 'train' (not '')" in told
        assert pics.column()["ann/0.png"] == "Anna"
        row = pics.rows()["ann/1.png"]
        assert (row["group"], row["source"], row["split"]) == ("g1", "web", "train")
    told = pics.scan("--fresh")
    assert "the former manifest is kept as m.former-1.csv" in told
    assert pics.column()["ann/0.png"] == "ann"
    assert "Anna" in Path("m.former-1.csv").read_text()
    pics.scan("--fresh")
    assert "Anna" in Path("m.former-1.csv").read_text()
    assert Path("m.former-2.csv").exists()


def test_an_emptied_label_stays_empty(pics: Place) -> None:
    pics.scan("pics")
    pics.edit(("ann/0.png,pics/ann/0.png,ann", "ann/0.png,pics/ann/0.png,"))
    assert "ann/0.png '' (not 'ann')" in pics.scan()
    assert pics.column()["ann/0.png"] == ""


def test_new_vanished_changed_and_renamed_files_are_named(pics: Place) -> None:
    pics.scan("pics")
    pics.edit(("bob/1.png,pics/bob/1.png,bob", "bob/1.png,pics/bob/1.png,Bobby"))
    paint("pics/cy/0.png", "pics/ann/1.png")
    Path("pics/ann/0.png").unlink()
    Path("pics/bob/1.png").rename("pics/bob/one.png")
    told = pics.scan()
    assert "1 picture new in the manifest, as the folder holds them: cy/0.png" in told
    assert "1 picture with other bytes than at the last scan: ann/1.png" in told
    assert "1 picture renamed, what the manifest said of it stays: bob/1.png -> bob/one.png" in told
    assert "1 picture gone:\n  ann/0.png: gone: no file at pics/ann/0.png; its row is kept" in told
    assert "[missing]" in told
    assert pics.column() == {
        "ann/0.png": "ann", "ann/1.png": "ann", "bob/0.png": "bob", "bob/one.png": "Bobby", "cy/0.png": "cy",
    }  # fmt: skip
    assert pics.rows()["ann/0.png"]["sha256"] == ""
    assert list(pics.rows()) == sorted(pics.rows()), (
        "folds depend on the order, and the order on nothing else"
    )
    again = pics.scan()
    assert "[missing]" in again
    assert "new in the manifest" not in again


def test_a_file_moved_to_another_label_has_that_label(pics: Place) -> None:
    pics.scan("pics")
    Path("pics/ann/0.png").rename("pics/bob/2.png")
    told = pics.scan()
    assert "label changed, as folder or table say so now: bob/2.png 'bob' (was 'ann')" in told
    assert pics.column() == {"ann/1.png": "ann", "bob/0.png": "bob", "bob/1.png": "bob", "bob/2.png": "bob"}


def test_a_row_taken_out_by_hand_stays_out(pics: Place) -> None:
    pics.scan("pics")
    lines = Path("m.csv").read_text().splitlines(keepends=True)
    Path("m.csv").write_text("".join(lines[:1] + lines[2:]))
    for _ in range(2):
        assert (
            "taken out of the manifest by hand: left out, --fresh brings them back: ann/0.png" in pics.scan()
        )
        assert len(pics.rows()) == 3
    assert len(pics.scan("--fresh") and pics.rows()) == 4


def test_a_manifest_emptied_by_hand_stays_empty(pics: Place) -> None:
    pics.scan("pics")
    Path("m.csv").write_text(Path("m.csv").read_text().partition("\n")[0] + "\n")
    assert "4 pictures taken out of the manifest by hand" in pics.scan(code=1)
    assert pics.rows() == {}


def test_which_of_two_copies_was_renamed_is_not_guessed(place: Place) -> None:
    paint("pics/ann/0.png", "pics/bob/0.png")
    shutil.copy("pics/ann/0.png", "pics/ann/copy.png")
    place.scan("pics")
    place.edit(("ann/copy.png,pics/ann/copy.png,ann", "ann/copy.png,pics/ann/copy.png,Anna"))
    Path("pics/ann/copy.png").unlink()
    Path("pics/ann/0.png").rename("pics/ann/new.png")
    told = place.scan()
    assert "renamed" not in told
    assert "new in the manifest, as the folder holds them: ann/new.png" in told
    assert place.column()["ann/copy.png"] == "Anna"
    assert len(place.rows()) == 4


def test_a_copy_taken_out_by_hand_is_no_new_name_of_one_that_is_gone(pics: Place) -> None:
    shutil.copy("pics/ann/0.png", "pics/ann/copy.png")
    pics.scan("pics")
    lines = Path("m.csv").read_text().splitlines(keepends=True)
    Path("m.csv").write_text("".join(line for line in lines if not line.startswith("ann/copy.png")))
    Path("pics/ann/0.png").unlink()
    told = pics.scan()
    assert "taken out of the manifest by hand: left out, --fresh brings them back: ann/copy.png" in told
    assert "renamed" not in told
    assert set(pics.rows()) == {*ALL}


def test_a_row_of_a_picture_elsewhere_stays(pics: Place) -> None:
    pics.scan("pics")
    paint("other/x.png")
    with open("m.csv", "a") as file:
        file.write(",other/x.png,xav,,,,\n")
    assert "written by hand, not found by looking into the folder: kept: other/x.png" in pics.scan()
    assert pics.column()["other/x.png"] == "xav"
    assert pics.rows()["other/x.png"]["sha256"]


def excel_saves(delimiter: str, encoding: str) -> None:
    """Save the manifest as Excel does: other columns' order, blank rows and columns, carriage returns."""
    with open("m.csv", newline="", encoding="utf-8") as file:
        header, *rows = csv.reader(file)
    order = list(reversed(range(len(header))))
    lines = [[row[i] for i in order] + ["", ""] for row in (header, *reversed(rows))] + [
        [""] * (len(header) + 2)
    ] * 3
    with open("m.csv", "w", newline="", encoding=encoding) as file:
        csv.writer(file, delimiter=delimiter).writerows(lines)


@pytest.mark.parametrize(
    ("delimiter", "encoding"), [(";", "utf-8-sig"), (",", "cp1252"), ("\t", "utf-16"), (";", "cp1252")]
)
def test_a_manifest_saved_by_excel_is_the_same(place: Place, delimiter: str, encoding: str) -> None:
    paint("pics/Renée/0.png", "pics/bob/0.png")
    place.scan("pics")
    place.edit(("bob,", "Zoë,"))
    before = place.rows()
    excel_saves(delimiter, encoding)
    told = place.scan()
    assert place.rows() == before
    assert ("Windows-1252" in told) == (encoding == "cp1252")
    assert "'Zoë' (not 'bob')" in told
    written = Path("m.csv").read_bytes()
    assert written.startswith(codecs.BOM_UTF8) == encoding.startswith("utf"), "or Excel would garble Zoë now"
    assert written.count("\ufeff".encode()) == encoding.startswith("utf")
    paint("pics/bob/1.png")
    place.scan()
    assert Path("m.csv").read_bytes().startswith(written[:40]), "and so it stays"


def test_further_columns_are_kept(pics: Place) -> None:
    pics.scan("pics")
    with open("m.csv") as file:
        lines = file.read().splitlines()
    Path("m.csv").write_text(
        "\n".join([lines[0] + ",year", *(f"{line},19{i}0" for i, line in enumerate(lines[1:]))])
    )
    paint("pics/cy/0.png")
    pics.scan("pics")
    assert pics.column("year") == {**{name: f"19{i}0" for i, name in enumerate(ALL)}, "cy/0.png": ""}


def test_embed_tells_the_same_also_when_nothing_is_embedded(pics: Place) -> None:
    Path("t.csv").write_text("file;who\n" + "".join(f"{name};{name[0].upper()}\n" for name in ALL))
    pics.embed("pics", "--table", "t.csv", "--label-column", "who")
    assert set(pics.column().values()) == {"A", "B"}
    pics.edit(("ann/0.png,pics/ann/0.png,A", "ann/0.png,pics/ann/0.png,Anna"))
    Path("pics/bob/1.png").unlink()
    Path("pics/bob/1.psd").write_bytes(b"8BPS")
    paint("else/cy/0.png")
    for _ in range(2):
        told = pics.embed("./pics")
        assert "nothing to embed: 3 of 4 pictures have their vectors" in told
        assert "pictures have their vectors in v/" in told
        assert ", 1 gone" in told
        assert "1 picture gone:\n  bob/1.png: gone: no file at pics/bob/1.png; its row is kept" in told
        assert "delete the row to forget it [missing]" in told
        assert "be read" not in told
        assert "ann/0.png 'Anna' (not 'A')" in told
        assert "passed over: 1 PSD" in told
        assert "--table t.csv" in told
    assert "lists the pictures of pics, not of else" in pics.embed("else", code=2)
    told = pics.run("fit", "--manifest", "m.csv", "--store", "v", "--skip-small", code=2)
    assert "1 picture left out: it is gone (delete its row of the manifest" in told
    assert ": bob/1.png" in told
    assert "could not be read" not in told
    for name in ALL[:3]:
        Path("pics", name).write_bytes(b"no picture")
    Path("m.scan.json").unlink()
    assert "none of the pictures can be used" in pics.embed(code=1)
    pics.embed("--json", code=1)


def test_what_is_read_by_its_first_page_is_counted_and_named(pics: Place) -> None:
    pages = [Image.new("RGB", (32, 32), colour) for colour in ("red", "green", "blue")]
    for name in ("ann/scan.tif", "bob/moves.gif", "bob/moves.webp", "bob/moves.png", "bob/again.gif"):
        pages[0].save(Path("pics", name), save_all=True, append_images=pages[1:])
    pages[0].save("pics/ann/single.tif")
    told = pics.embed("pics")
    assert (
        "\n5 pictures with several pages or frames, of which the first is used: "
        "ann/scan.tif, bob/again.gif, bob/moves.gif, bob/moves.png, bob/moves.webp\n"
    ) in told
    assert told.index("of which the first is used") < told.index("\nembedded ")
    assert "of which the first is used" not in pics.embed("pics")
    pages[1].save("pics/ann/more.tif", save_all=True, append_images=pages)
    found = json.loads(pics.embed("pics", "--json"))
    assert found["first_of_several"] == ["ann/more.tif"]


# The scan is remembered


def test_options_hold_whatever_the_folder_is_called_and_from_wherever(pics: Place) -> None:
    Path("t.csv").write_text("file_name,who\n" + "".join(f"{name},{name[0].upper()}\n" for name in ALL))
    pics.scan("pics", "--table", "t.csv", "--label-column", "who", "--group-regex", r"^(\d)")
    before = pics.rows()
    assert before["ann/0.png"]["label"] == "A"
    for folder in ("pics", "./pics/", str(pics.root / "pics")):
        told = pics.scan(folder)
        assert r"--table t.csv, --label-column who, --group-regex ^(\d)" in told
        assert pics.rows() == before
    (pics.root / "deep").mkdir()
    pics.monkeypatch.chdir(pics.root / "deep")
    pics.run("scan", "--manifest", "../m.csv")
    assert pics.rows("../m.csv") == before
    moved = pics.root.with_name(pics.root.name + "-moved")
    pics.monkeypatch.chdir("/")
    shutil.move(pics.root, moved)
    pics.run("scan", "--manifest", str(moved / "m.csv"))
    assert pics.rows(str(moved / "m.csv")) == before


def test_an_empty_option_drops_what_was_remembered(pics: Place) -> None:
    pics.scan("pics", "--group-regex", r"^(\d)")
    assert pics.column("group")["ann/0.png"] == "ann/0"
    told = pics.scan("--group-regex", "")
    assert "group changed" in told
    assert set(pics.column("group").values()) == {""}


def test_a_changed_table_is_followed_but_not_over_a_person(pics: Place) -> None:
    by_table(pics, "file,label\nann/0.png,Ann\nann/1.png,Ann\nbob/0.png,Bob\nbob/1.png,Bob\n")
    pics.edit(("ann/0.png,pics/ann/0.png,Ann", "ann/0.png,pics/ann/0.png,MINE"))
    Path("t.csv").write_text("file,label\nann/0.png,New\nann/1.png,New\nbob/0.png,Bob\n")
    told = pics.scan()
    assert "ann/1.png 'New' (was 'Ann')" in told
    assert "ann/0.png 'MINE' (not 'New')" in told
    assert "bob/1.png 'Bob' (not 'bob')" in told, "a table gave it, and folders do not undo that"
    assert pics.column() == {"ann/0.png": "MINE", "ann/1.png": "New", "bob/0.png": "Bob", "bob/1.png": "Bob"}


def test_another_folder_than_the_manifests_is_refused(pics: Place) -> None:
    paint("else/cy/0.png")
    pics.scan("pics")
    before = Path("m.csv").read_bytes()
    for folder in ("else", "pics/ann", "."):
        told = pics.scan(folder, code=2)
        assert f"m.csv lists the pictures of pics, not of {folder}" in told
        assert "--fresh" in told
    assert Path("m.csv").read_bytes() == before
    pics.scan("else", "--fresh")
    assert pics.column() == {"cy/0.png": "cy"}


def test_a_folder_that_was_renamed_is_found_by_its_pictures(pics: Place) -> None:
    pics.scan("pics")
    pics.edit(("ann/0.png,pics/ann/0.png,ann", "ann/0.png,pics/ann/0.png,Anna"))
    Path("pics").rename("pictures")
    assert "pics does not exist" in pics.scan(code=2)
    paint("else/cy/0.png")
    assert "lists the pictures of pics, not of else" in pics.scan("else", code=2)
    assert "lie in pictures now, and pics is gone" in pics.scan("pictures")
    assert pics.rows()["ann/0.png"]["path"] == "pictures/ann/0.png"
    assert pics.column()["ann/0.png"] == "Anna"


def test_a_manifest_made_by_hand_meets_its_folder(pics: Place) -> None:
    Path("m.csv").write_text(
        "Path, Label\n" + "".join(f"pics\\{n[:3]}\\{n[4:]}, {n[:3]}!\n" for n in ALL[:3])
    )
    assert "made by hand" in pics.scan()
    assert pics.rows()["pics\\ann\\0.png"]["path"] == "pics/ann/0.png"
    assert "say of which" in pics.scan("--group-regex", "x", code=2)
    paint("else/cy/0.png")
    assert "m.csv lists the pictures of other files, not of else" in pics.scan("else", code=2)
    assert "new in the manifest, as the folder holds them: bob/1.png" in pics.scan("pics")
    assert sorted(pics.column().values()) == ["ann!", "ann!", "bob", "bob!"]


def test_two_manifests_in_one_folder_do_not_disturb_each_other(pics: Place) -> None:
    paint("else/cy/0.png")
    pics.scan("pics", "--group-regex", r"^(\d)")
    pics.run("scan", "else", "--manifest", "n.csv")
    pics.scan()
    assert pics.column("group")["ann/0.png"] == "ann/0"


# Tables


LABELS = {"ann/0.png": "Renée", "ann/1.png": "Renée", "bob/0.png": "Künstler; B", "bob/1.png": "Miró, J"}


def table(delimiter: str = ",", header: Iterable[str] = ("file_name", "label"), end: str = "\n") -> str:
    rows = [list(header), *(list(item) for item in LABELS.items())]
    return end.join(delimiter.join(f'"{cell}"' for cell in row) for row in rows) + end


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_a_table_in_any_usual_form_is_read(pics: Place, delimiter: str, encoding: str, end: str) -> None:
    told = by_table(pics, table(delimiter, end=end).encode(encoding))
    assert pics.column() == LABELS
    assert ("Windows-1252" in told) == (encoding == "cp1252")


@pytest.mark.parametrize("header", ["FILE_NAME", "File name", "file", "Filename", "path", "Image"])
def test_the_column_of_the_file_is_found_by_its_name(pics: Place, header: str) -> None:
    by_table(pics, table(header=(header, "Label")))
    assert pics.column() == LABELS


def test_columns_may_be_named(pics: Place) -> None:
    text = table(header=("Datei", "Künstler"))
    assert (
        "expects a column 'file_name' or filename, file, path, image, and a column 'label'; it has"
        in by_table(pics, text, code=2)
    )
    told = by_table(pics, text, "--file-column", "datei")
    assert "t.csv has no column 'label'" in told
    assert "--label-column names another" in told
    assert pics.column()["ann/0.png"] == "ann"
    pics.scan("--label-column", unicodedata.normalize("NFD", "künstler"))
    assert pics.column() == LABELS
    assert "expects a column 'artist'; it has Datei, Künstler; --label-column" in pics.scan(
        "--label-column", "artist", code=2
    )


@pytest.mark.parametrize(
    "write",
    [
        lambda name: name.replace("/", "\\"),
        lambda name: f"./{name}",
        lambda name: f"  {name} ",
        lambda name: f"pics/{name}",
        lambda name: f"C:\\Users\\me\\pics\\{name}".replace("/", "\\"),
        lambda name: f"/home/me/drawings/{name}",
        lambda name: name.upper(),
        lambda name: name.removesuffix(".png"),
        lambda name: name.replace(".png", ".jpg"),
        lambda name: name.replace(".png", ".0"),
    ],
)
def test_names_are_matched_however_they_are_written(pics: Place, write: object) -> None:
    rows = "".join(f'"{write(name)}","{label}"\n' for name, label in LABELS.items())  # type: ignore[operator]
    by_table(pics, "file,label\n" + rows)
    assert pics.column() == LABELS


def test_a_name_that_fits_two_pictures_is_told(pics: Place) -> None:
    told = by_table(pics, "file,label\n0.png,X\nann/1.png,Y\n")
    assert "1 row of t.csv whose 'file' names no picture here, or fits several: '0.png' (row 2)" in told
    assert "t.csv does not name 3 pictures, the folder's name stands: ann/0.png, bob/0.png, bob/1.png" in told


def test_pictures_without_a_label_are_told_in_one_line(pics: Place) -> None:
    paint("pics/w.png")
    table = "file,label\nann/0.png,ann\nann/1.png,ann\nbob/0.png,bob\nbob/1.png,bob\n"
    told = by_table(pics, table)
    assert told.count("w.png") == 1
    assert "1 picture without a label, by folder, table or hand: embedded, but no head learns" in told
    paint("pics/x.png", "pics/y.png", "pics/bob/2.png")
    told = by_table(pics, table + "x.png,\n")
    assert "3 pictures without a label (2 new), by folder, table or hand: " in told
    assert "from them: x.png, y.png, w.png\n" in told, "the new ones first"
    assert told.count("y.png") == told.count("x.png") == told.count("w.png") == 1
    assert "1 picture new in the manifest, as the folder holds them: bob/2.png\n" in told
    assert "t.csv does not name 1 picture, the folder's name stands: bob/2.png\n" in told
    shutil.copy("pics/ann/0.png", "pics/copy.png")
    told = by_table(pics, table)
    assert "4 pictures without a label (1 new)" in told
    assert "under two labels" not in told, "none is no label"


def test_accents_in_either_form_are_one_name(place: Place) -> None:
    composed, apart = (unicodedata.normalize(form, "Agnès.png") for form in ("NFC", "NFD"))
    paint(f"pics/{apart}", "pics/b.png")
    by_table(place, f"file,label\n{composed},A\nb.png,B\n")
    assert place.column() == {apart: "A", "b.png": "B"}
    paint(f"pics/{composed}")
    by_table(place, f"file,label\n{composed},A\n{apart},C\nb.png,B\n")
    assert place.column() == {apart: "C", composed: "A", "b.png": "B"}


def test_rows_that_say_too_little_are_named(pics: Place) -> None:
    told = by_table(pics, "file,label\nann/0.png,Ann\ngone.png,X\nbob/0.png,\n\n,Y\n,,,\n")
    assert "2 rows of t.csv whose 'file' names no picture here, or fits several" in told
    assert "'gone.png' (row 3), '' (row 6)" in told
    assert "1 row of t.csv without a label, the folder's name stands: bob/0.png (row 4)" in told
    assert "does not name 2 pictures" in told


def test_a_table_that_moves_a_picture_to_another_folders_label_is_told(pics: Place) -> None:
    told = by_table(pics, "file,label\nann/0.png,bob\nann/1.png,ann\nbob/0.png,bob\nbob/1.png,bob\n")
    assert "the table puts 1 picture under another label than the folder, and stands" in told
    assert "ann/0.png (bob)" in told
    assert pics.column()["ann/0.png"] == "bob"
    told = by_table(pics, "file,label\nann/0.png,B\nann/1.png,A\nbob/0.png,B\nbob/1.png,B\n")
    assert "under another label" not in told, "names of the table's own contradict no folder"


def test_a_folder_tried_before_is_pointed_to(pics: Place) -> None:
    Path("pics-styleid").mkdir()
    Path("pics-styleid/manifest.csv").write_text("image_id,path,label\n")
    assert "pics-styleid holds another manifest of these pictures" in pics.embed("pics")
    assert "another manifest" not in pics.scan("pics")


def test_a_folder_that_is_not_there_is_no_command(place: Place) -> None:
    assert "no such folder or command: ./pictures/nope" in place.run("./pictures/nope", code=2)


def test_a_table_that_names_no_picture_is_refused(pics: Place) -> None:
    assert "no row of t.csv names a picture" in by_table(pics, "file,label\nx.png,A\n", code=2)
    assert "'x.png' (row 2)" in by_table(pics, "file,label\nx.png,A\n", code=2)
    assert not Path("m.csv").exists()


def test_a_file_named_twice(pics: Place) -> None:
    assert "names ann/0.png twice with different labels, 'A' and 'B' (rows 2, 4)" in by_table(
        pics, "file,label\nann/0.png,A\nann/1.png,A\n.\\ann\\0.png,B\n", code=2
    )
    told = by_table(pics, "file,label,group\nann/0.png,A,x\nann/0.png,A,x\nann/1.png,A,x\nann/1.png,,y\n")
    assert "ann/0.png twice" not in told
    assert "names ann/1.png twice with different groups, 'x' and 'y' (rows 4, 5): the first stands" in told
    assert pics.column("group")["ann/1.png"] == "x"


def test_a_title_above_the_header_and_excels_hint(pics: Place) -> None:
    told = by_table(pics, "sep=;\nMy drawings;;\n;;\nfile;label;\nann/0.png;Ann;\n;;\n;;\n")
    assert "the header of t.csv is its line 4" in told
    assert pics.column()["ann/0.png"] == "Ann"
    assert "(row 5)" not in told


def test_a_second_header_row_is_a_row_that_names_no_picture(pics: Place) -> None:
    assert "'(text)' (row 2)" in by_table(pics, "file,label\n(text),(text)\nann/0.png,Ann\n")


def test_commas_in_quotes_and_out_of_them(pics: Place) -> None:
    by_table(pics, 'file,label\nann/0.png,"Miró, Joan"\n')
    assert pics.column()["ann/0.png"] == "Miró, Joan"
    assert "line 3: the row has another number of fields" in by_table(
        pics, "file,label\nann/0.png,A\nann/1.png,Miró, Joan\n", code=2
    )


def test_splits_in_a_table_have_their_usual_names(pics: Place) -> None:
    by_table(pics, "file,split\nann/0.png,Test\nann/1.png,validation\nbob/0.png,TRAINING\n")
    assert list(pics.column("split").values()) == ["test", "val", "train", ""]
    assert "t.csv, row 2: split 'dev' is none" in by_table(pics, "file,split\nann/0.png,dev\n", code=2)


def test_blanks_in_a_header_are_no_part_of_a_name(pics: Place) -> None:
    by_table(pics, "file_name, label , year\nann/0.png, Ann, 1890\n")
    assert pics.rows()["ann/0.png"]["label"] == "Ann"
    assert pics.rows()["ann/0.png"]["year"] == "1890"


def test_columns_without_a_name_of_their_own(pics: Place) -> None:
    told = by_table(pics, "file,label,note,,note,\nann/0.png,A,x,y,z,\n")
    assert "the name '' is no column's alone: read as 'column 4'" in told
    assert "the name 'note' is no column's alone: read as 'column 5'" in told
    row = pics.rows()["ann/0.png"]
    assert (row["note"], row["column 4"], row["column 5"]) == ("x", "y", "z")


def test_a_column_of_the_manifests_own_is_told(pics: Place) -> None:
    told = by_table(pics, "file,sha256,who,label\nann/0.png,1,A,B\n", "--label-column", "who")
    assert "sha256, label is a column of the manifest's own, and not read" in told
    assert pics.column()["ann/0.png"] == "A"


def test_a_table_among_the_pictures_is_read_or_told(pics: Place) -> None:
    shutil.copy("pics/ann/0.png", "pics/loose.png")
    Path("pics/labels.csv").write_text("file,label\nann/0.png,A\n")
    assert "passed over: 1 CSV" in pics.scan("pics")
    Path("pics/labels.csv").rename("pics/metadata.csv")
    assert "passed over" not in pics.scan("pics")
    assert pics.column()["ann/0.png"] == "A"
    assert "'A' (not 'ann')" in pics.scan("--table", ""), "the table's word stays until --fresh"


def workbook(rows: Iterable[Iterable[object]]) -> None:
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    book.active.append(["about this table"])
    sheet = book.create_sheet("pictures")
    for row in rows:
        sheet.append(list(row))
    book.save("t.xlsx")


def test_a_sheet_of_excel(place: Place) -> None:
    paint("pics/1.png", "pics/002.png", "pics/2020-01-31.png", "pics/x.png")
    workbook(
        [
            ["Drawings", None, None],
            ["File", "Label", "year"],
            [1.0, "Künstler", 1890],
            [2, "Bob", datetime(1890, 5, 1)],
            [datetime(2020, 1, 31), "Cy", None],
            ["X.PNG", True, 0.5],
            [None, None, None],
        ]
    )
    told = place.scan("pics", "--table", "t.xlsx")
    assert "t.xlsx has 2 sheets, of which 'pictures' is read" in told
    assert place.column() == {"002.png": "Bob", "1.png": "Künstler", "2020-01-31.png": "Cy", "x.png": "True"}
    assert place.column("year") == {
        "002.png": "1890-05-01",
        "1.png": "1890",
        "2020-01-31.png": "",
        "x.png": "0.5",
    }


def test_what_a_sheet_warns_of_is_told_where_it_is_of_its_cells(
    pics: Place, recwarn: pytest.WarningsRecorder
) -> None:
    workbook([["file", "label", "year"], ["ann/0.png", "A", 99999999]])
    with zipfile.ZipFile("t.xlsx") as book, zipfile.ZipFile("u.xlsx", "w") as other:
        for name in book.namelist():
            text = book.read(name)
            if name == "xl/styles.xml":  # without the style that Excel itself always writes, all numbers days
                text = re.sub(rb"<cellStyles.*?</cellStyles>", b"", text)
                text = text.replace(b'<xf numFmtId="0"', b'<xf numFmtId="14"')
            other.writestr(name, text)
    told = pics.scan("pics", "--table", "u.xlsx")
    assert "u.xlsx: Cell C2 is marked as a date but the serial value 99999999 is outside the limits" in told
    assert "default style" not in told
    assert not [warning for warning in recwarn if "openpyxl" in warning.filename]
    assert pics.column()["ann/0.png"] == "A"


def test_what_is_no_table_is_refused_with_the_way_out(pics: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    for content, why in (
        (b"\xd0\xcf\x11\xe0 old", "old Excel file or locked by a password; save it as .xlsx or as CSV"),
        (b"file,label\n\x81,\x8d\n", "neither UTF-8 nor UTF-16 nor Windows-1252"),
        (b'file,label\n"ann/0.png,x\n', "not a CSV table"),
        (b"", "it has none"),
    ):
        assert why in by_table(pics, content, code=2)
    monkeypatch.setitem(__import__("sys").modules, "openpyxl", None)
    assert 'pip install "styleid[excel]"' in by_table(pics, b"PK\3\4 junk", name="t.xlsx", code=1)
    assert "cannot read the table absent.csv" in pics.scan("pics", "--table", "absent.csv", code=2)


def test_a_damaged_sheet_is_refused(pics: Place) -> None:
    pytest.importorskip("openpyxl")
    assert "cannot be read as an Excel table" in by_table(pics, b"PK\3\4 junk", name="t.xlsx", code=2)


# Labels


def test_labels_that_are_one_to_a_person_are_told_and_joined(place: Place) -> None:
    apart = unicodedata.normalize("NFD", "Agnès")
    paint(
        "pics/Ann/0.png",
        "pics/Ann/1.png",
        "pics/ann/2.png",
        "pics/Bob/0.png",
        f"pics/{apart}/0.png",
        "pics/Agnès/1.png",
    )
    Path("pics/Bob ").mkdir()
    paint("pics/Bob /1.png", "pics/Bob /2.png")
    Path("pics/ann/empty.png").touch()  # named as one that cannot be read, and counted with no label
    told = place.scan("pics")
    assert "'Ann' (2), 'ann' (1); --tidy-labels joins them" in told
    assert "'Bob ' (2), 'Bob' (1)" in told
    assert len(set(place.column().values())) == 6
    place.edit(("Bob/0.png,Bob", "Bob/0.png,BOB"))
    told = place.scan("pics", "--tidy-labels")
    assert "label 'BOB' is joined to 'Bob'" in told
    assert "label 'ann' is joined to 'Ann'" in told
    assert set(place.column().values()) == {"Ann", "Bob", "Agnès"}
    told = place.scan()
    assert "by --tidy-labels;" in told
    assert "is kept" not in told
    assert set(place.column().values()) == {"Ann", "Bob", "Agnès"}


def test_a_label_like_a_verdict_is_told_and_refused_where_it_would_be_one(place: Place) -> None:
    paint("pics/ann/0.png", "pics/ann/1.png", "pics/Unknown/0.png", "pics/Unknown/1.png")
    paint("pics/others/0.png", "pics/others/1.png")
    assert "'Unknown' is what predict says of a hand it does not know" in place.embed("pics")
    places = ("--manifest", "m.csv", "--store", "v")
    told = place.run("fit", *places, code=2)
    assert "a label called 'Unknown' would be mistaken for the verdict 'unknown'" in told
    assert "empty it in the manifest" in told
    assert "none called 'others' (rename it)" in place.run("fit", *places, "--target", "ann", code=2)
    assert "label called 'Unknown'" in place.run("compare", *places, code=2)


# Folders


def test_what_systems_leave_behind_is_counted_and_no_label(place: Place) -> None:
    paint(
        "pics/ann/A.JPEG",
        "pics/bob/0.png",
        "pics/@eaDir/0.png",
        "pics/__MACOSX/ann/0.png",
        "pics/ann/._0.png",
    )
    paint("pics/.thumbnails/x.png", "pics/ann/@eaDir/0.png/SYNOPHOTO_THUMB_B.png")
    for name in ("Thumbs.db", ".DS_Store", "bob/desktop.ini"):
        Path("pics", name).write_bytes(b"x")
    assert "passed over: 8 hidden or of the system" in place.scan("pics")
    assert place.column() == {"ann/A.JPEG": "ann", "bob/0.png": "bob"}


def test_files_that_are_no_pictures_are_counted_by_kind(pics: Place) -> None:
    Path("pics/ann/a.psd").write_bytes(b"8BPS")
    Path("pics/ann/b.PSD").write_bytes(b"8BPS")
    Path("pics/ann/c.svg").write_bytes(b"<svg/>")
    Path("pics/ann/d.cr2").write_bytes(b"II*\0\x10\0\0\0CR\2\0")
    Path("pics/README").write_bytes(b"hello")
    assert "passed over: 2 PSD, 1 CR2, 1 SVG, 1 without a suffix" in pics.scan("pics")


def test_results_of_styleid_among_the_pictures_are_no_pictures(pics: Place) -> None:
    paint("pics/reports/lda/confusion.png", "pics/reports/lda/more/a.png")
    Path("pics/reports/lda/result.json").write_text("{}")
    Path("pics/reports/lda/report.html").write_text("")
    assert "passed over: 1 folder of styleid's results" in pics.scan("pics")
    assert tuple(pics.rows()) == ALL


def test_linked_folders_are_followed_once(place: Place) -> None:
    paint("nas/ann/0.png", "nas/bob/series/0.png", "pics/cy/0.png")
    for link, target in (
        ("ann", "../nas/ann"), ("bob", "../nas/bob"), ("bob2", "../nas/bob"), ("loop", "."), ("up", ".."),
        ("cy2", "cy"), ("gone", "../nas/gone"),
    ):  # fmt: skip
        Path("pics", link).symlink_to(target)
    told = place.scan("pics")
    assert place.column() == {"ann/0.png": "ann", "bob/series/0.png": "bob", "cy/0.png": "cy"}
    assert "pics/bob2 is a link to what pics/bob holds already" in told
    assert "pics/cy2 is a link to what pics/cy holds already" in told
    assert "pics/loop is a link to a folder that holds it: not followed" in told
    assert "pics/up is a link to a folder that holds it: not followed" in told
    assert "pics/gone is a link to nothing" in told


def test_a_folder_that_is_a_link_itself(pics: Place) -> None:
    Path("link").symlink_to("pics")
    pics.scan("pics")
    pics.scan("link")
    assert tuple(pics.rows()) == ALL


def test_a_person_may_be_called_val(pics: Place) -> None:
    paint("pics/Val/0.png", "pics/Test/0.png")
    told = pics.scan("pics")
    assert "folders Test, Val are taken for labels, since they lie beside ann, bob" in told
    assert "say --split-folders Test,Val" in told
    assert pics.column()["Val/0.png"] == "Val"
    assert set(pics.column("split").values()) == {""}
    pics.scan("--split-folders", "Test,Val")
    assert (pics.column()["Val/0.png"], pics.column("split")["Val/0.png"]) == ("", "val")
    assert "expected some of train" in pics.scan("--split-folders", "dev", code=2)
    pics.scan("--split-folders", "")
    assert pics.column()["Val/0.png"] == "Val"


def test_splits_stay_splits_when_other_folders_come(place: Place) -> None:
    paint("pics/train/ann/0.png", "pics/test/ann/1.png")
    Path("pics/test").rename("later")
    place.scan("pics")
    Path("later").rename("pics/test")
    place.scan("pics")
    assert place.column("split") == {"test/ann/1.png": "test", "train/ann/0.png": "train"}
    paint("pics/later/ann/2.png")
    assert "read as in the last scan, by --split-folders test,train;" in place.scan("pics")
    assert place.column("split") == {
        "later/ann/2.png": "",
        "test/ann/1.png": "test",
        "train/ann/0.png": "train",
    }


def test_splits_below_labels_and_series_that_sound_like_one(place: Place) -> None:
    paint("pics/ann/train/0.png", "pics/ann/test/1.png", "pics/bob/train/0.png")
    place.scan("pics")
    assert place.column("split")["ann/test/1.png"] == "test"
    paint("more/ann/test/1.png", "more/ann/lilies/0.png", "more/bob/0.png")
    told = place.run("scan", "more", "--manifest", "more.csv")
    assert "folders test are taken for series, since they lie beside lilies" in told
    assert place.rows("more.csv")["ann/test/1.png"]["group"] == "ann/test"


def test_parts_of_a_split_without_labels_are_told(place: Place) -> None:
    paint("pics/train/0.png", "pics/test/1.png")
    told = place.scan("pics")
    assert "2 pictures without a label" in told
    assert set(place.column().values()) == {""}


def test_nested_series_are_groups(place: Place) -> None:
    paint("pics/ann/book/page 1/0.png", "pics/ann/book/page 2/1.png", "pics/bob/0.png")
    place.scan("pics")
    assert place.column("group")["ann/book/page 1/0.png"] == "ann/book/page 1"


def test_names_with_line_ends_and_raw_bytes(place: Place) -> None:
    paint("pics/a\nb/0.png", os.fsdecode(b"pics/bob/\xe9.png"))
    place.scan("pics")
    before = place.rows()
    assert len(before) == 2
    place.scan("pics")
    assert place.rows() == before
    by_table(place, "file,label\né.png,Bob\n".encode("cp1252"))
    assert place.column()[os.fsdecode(b"bob/\xe9.png")] == "Bob"


def test_the_manifest_may_lie_among_the_pictures(pics: Place) -> None:
    pics.monkeypatch.chdir("pics")
    for _ in range(2):
        assert "passed over: 1 hidden" in pics.scan(".") or not Path(".digests.json").exists()
    assert tuple(pics.rows()) == ALL


@pytest.mark.skipif(os.geteuid() == 0, reason="root writes everywhere")
def test_a_folder_that_cannot_be_written_is_scanned(pics: Place) -> None:
    Path("pics").chmod(0o555)
    pics.scan("pics")
    Path("pics").chmod(0o755)


def test_nothing_usable_ends_with_code_1(pics: Place) -> None:
    pics.scan("pics")
    Path("m.scan.json").unlink()
    shutil.rmtree("pics")
    told = pics.scan(code=1)
    assert "4 pictures gone" in told
    assert "none of the pictures can be used" in told


def test_no_pictures_left_says_what_was_there(pics: Place) -> None:
    pics.scan("pics")
    for name in ALL:
        Path("pics", name).unlink()
    assert "no pictures in pics" in pics.scan(code=2)
    assert "no pictures in pics, and m.csv lists 4;" in pics.scan(code=2)
    assert len(pics.rows()) == 4
