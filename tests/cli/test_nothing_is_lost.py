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
