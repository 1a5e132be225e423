"""Nothing that somebody has is overwritten, dropped or changed without a line that names it."""

from __future__ import annotations

import csv
import io
import os
import threading
from pathlib import Path

import pytest
from drawn_model import Drawn, drawn_model
from place import Place, paint

from styleid.data.manifest.digests import DigestCache

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
    reader = threading.Thread(target=lambda: came.append(Path("pipe").read_text("utf-8-sig")))
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
    read = DigestCache.digests

    def edited(*arguments: object) -> object:
        pics.edit((",ann", ",Anna"))
        monkeypatch.setattr(DigestCache, "digests", read)
        return read(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(DigestCache, "digests", edited)
    said = pics.scan(code=2)
    assert "m.csv was changed by somebody else while it was brought up to date" in said
    assert "Anna" in Path("m.csv").read_text()
    pics.scan()
    assert "Anna" in pics.column().values()


def test_two_scans_at_once_that_say_the_same_both_end_well(
    pics: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = DigestCache.digests

    def overtaken(*arguments: object) -> object:
        monkeypatch.setattr(DigestCache, "digests", read)
        pics.scan("pics")
        return read(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(DigestCache, "digests", overtaken)
    assert "changed by somebody else" not in pics.scan("pics")


@pytest.mark.parametrize("other", ["Label", " IMAGE-ID", "Sha256"])
def test_columns_that_read_as_one_are_refused(pics: Place, other: str) -> None:
    pics.scan("pics")
    text = Path("m.csv").read_text().replace("sha256", f"sha256,{other}", 1).replace("\n", ",mine\n")
    text = text.replace(",mine\n", "\n", 1)
    Path("m.csv").write_text(text)
    assert f"and {other.strip()!r} have one name to styleid; rename one" in pics.scan(code=2)
    assert Path("m.csv").read_text() == text
