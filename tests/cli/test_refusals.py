"""What a person gives wrongly on the command line ends in one line that says what to do."""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from command import here_in
from drawing import draw
from drawn_model import Drawn, drawn_model

from styleid import load_model, predict
from styleid.errors import InputError

LONG = "b" * 300
#: A root may look everywhere.
SECRET = pytest.param(
    "secret/x", "Permission denied", marks=pytest.mark.skipif(os.geteuid() == 0, reason="root")
)
NOT_LOOKED_AT = pytest.mark.parametrize(("name", "reason"), [(LONG, "File name too long"), SECRET])


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Drawn:
    return drawn_model(tmp_path_factory.mktemp("drawn"))


@pytest.fixture
def place(tmp_path: Path) -> Path:
    (tmp_path / "secret").mkdir(mode=0o200)
    return tmp_path


@NOT_LOOKED_AT
@pytest.mark.parametrize(
    ("command", "cannot"),
    [
        (["@/y"], "look at"),
        (["try", "@"], "look at"),
        (["scan", "@"], "look at"),
        (["scan", ".", "--manifest", "@"], "look at"),
        (["embed", ".", "--store", "@"], "look at"),
        (["open", "@"], "look at"),
        (["report", "@"], "look at"),
        (["info", "--store", "@"], "look at"),
        (["info", "--out", "@"], "look at"),
        (["predict", "x.png", "-m", "@"], "look at"),
        (["predict", "x.png", "--csv", "@"], "look at"),
        (["predict", "x.png", "--out", "@"], "look at"),
        (["fit", "--store", "@"], "look at"),
        (["fit", "--store", "@", "--space", "a"], "look at"),
    ],
)
def test_a_path_that_cannot_be_looked_at(
    place: Path, command: list[str], cannot: str, name: str, reason: str
) -> None:
    shown = here_in(place, *(word.replace("@", name) for word in command))
    assert shown.returncode, shown
    (line,) = [line for line in shown.stderr.splitlines() if line.startswith("error: ")]
    assert line.startswith(f"error: cannot {cannot} {name}")
    assert reason in line


@NOT_LOOKED_AT
def test_a_picture_that_cannot_be_looked_at_spoils_no_other(
    place: Path, drawn: Drawn, name: str, reason: str
) -> None:
    sound = next(drawn.new.rglob("*.png"))
    shown = here_in(place, "predict", name, sound, "--jsonl", "-m", drawn.model)
    lost, judged = map(json.loads, shown.stdout.splitlines())
    assert reason in lost["error"]["message"]
    assert judged["verdict"]
    assert shown.returncode == 1


def test_a_path_with_a_nul(drawn: Drawn) -> None:
    with pytest.raises(InputError, match="the model expects a path, found one that holds a NUL"):
        load_model("a\0b")
    (verdict,) = predict(drawn.model, ["a\0b"])
    assert "null byte" in str(verdict.error)


def test_a_loop_of_links(place: Path) -> None:
    (place / "loop").symlink_to("loop")
    for command in (["try", "loop"], ["scan", "loop"], ["embed", "loop"]):
        shown = here_in(place, *command)
        assert "error: loop does not exist; expected a folder" in shown.stderr


@pytest.mark.parametrize("content", [None, b"{", b"[]", b'{"space": "gone"}'])
def test_vectors_whose_record_is_damaged_are_named(drawn: Drawn, place: Path, content: bytes | None) -> None:
    made = drawn.copy(place / "copy")
    record = made.vectors / "current.json"
    record.unlink() if content is None else record.write_bytes(content)
    command = ["fit", "--manifest", made.manifest, "--store", made.vectors, "--out", place / "reports"]
    shown = here_in(place, *command)
    assert f"error: expected {record} to say which of the vectors" in shown.stderr
    assert drawn.store().folder.name in shown.stderr
    assert drawn.store().folder.name in here_in(place, "info", "--store", made.vectors).stdout


def by_shell(folder: Path, line: str) -> subprocess.CompletedProcess[str]:
    """Run a line of a shell, in which `styleid` is ours."""
    line = line.replace("styleid", f"{sys.executable} -m styleid")
    return subprocess.run(["sh", "-c", line], cwd=folder, capture_output=True, text=True, check=False)


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no such device here")
@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize("command", ["heads", "--help", "--version"])
def test_a_full_standard_output_is_one_line(
    place: Path, command: str, unbuffered: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONUNBUFFERED", unbuffered)
    shown = by_shell(place, f"styleid {command} > /dev/full")
    assert shown.stderr.startswith("error: cannot write to standard output: No space left on device; ")
    assert (shown.stderr.count("\n"), shown.returncode) == (1, 1)


def test_closed_streams(place: Path) -> None:
    closed = by_shell(place, "styleid heads >&-")
    assert (closed.returncode, closed.stderr) == (0, "")
    closed = by_shell(place, "styleid predict x.png -m none 2>&-")
    assert (closed.returncode, closed.stdout) == (1, ""), "the error is not mixed with results"
    closed = by_shell(place, "styleid predict - -m none <&-")
    assert closed.stderr == "error: expected paths on standard input, one a line, found none\n"
    ended = by_shell(place, "styleid heads | head -1")
    assert ended.stderr == ""


def test_a_working_folder_that_is_gone(place: Path) -> None:
    gone = by_shell(place, "mkdir w; cd w; rmdir ../w; styleid scan x")
    if "error: " in gone.stderr or "Traceback" in gone.stderr:  # a system may forbid to delete it
        assert gone.stderr.startswith(
            "error: expected a folder to work in, found that this one was deleted; "
        )


def test_a_list_of_paths_with_a_mark_of_its_encoding(
    place: Path, drawn: Drawn, monkeypatch: pytest.MonkeyPatch
) -> None:
    sound = next(drawn.new.rglob("*.png"))
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"\xef\xbb\xbf" + bytes(sound) + b"\r\n")))
    shown = here_in(place, "predict", "-", "--jsonl", "-m", drawn.model)
    assert json.loads(shown.stdout)["path"] == str(sound)


def test_more_than_fits_into_memory(drawn: Drawn, place: Path) -> None:
    places = ["--manifest", "m.csv", "--store", "v", "--backbone", "resnet18-style"]
    shown = here_in(place, "embed", drawn.images, *places, "--batch-size", "1000000000")
    assert "error: not enough memory (Unable to allocate" in shown.stderr
    assert "; lower --batch-size" in shown.stderr.splitlines()[-1]


def excel(change: Callable[[Any], None] = lambda book: None, **members: bytes | None) -> bytes:
    """Make a workbook that names x.png, and exchange members of its zip."""
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    for cells in (("file", "label"), ("x.png", "Ann")):
        book.active.append(cells)
    change(book)
    book.save(stream := io.BytesIO())
    with zipfile.ZipFile(stream) as whole, zipfile.ZipFile(made := io.BytesIO(), "w") as archive:
        for name in whole.namelist():
            content = members.get(Path(name).stem, whole.read(name))
            if content is not None:
                archive.writestr(name, content)
    return made.getvalue()


def broken_zip() -> bytes:
    with (
        zipfile.ZipFile(io.BytesIO(excel())) as whole,
        zipfile.ZipFile(made := io.BytesIO(), "w", 8) as new,
    ):
        for name in whole.namelist():
            new.writestr(name, whole.read(name))
        start = new.getinfo("xl/worksheets/sheet1.xml").header_offset + 70
    data = made.getvalue()
    return data[:start] + b"\xff" * 30 + data[start + 30 :]


def far_away(book: Any) -> None:
    book.active.cell(1_048_576, 16_384, "x")


def charts_only(book: Any) -> None:
    book.create_chartsheet()
    book.remove(book.active)


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda: excel(sheet1=b"<worksheet"), "cannot be read as an Excel table ("),
        (lambda: excel(workbook=b"no xml"), "cannot be read as an Excel table ("),
        (lambda: excel(workbook=None), "cannot be read as an Excel table ("),
        (broken_zip, "cannot be read as an Excel table ("),
        (lambda: excel(charts_only), "cannot be read as an Excel table ("),
        (lambda: excel(far_away), "the sheet 'Sheet' goes to row 1,048,576 and column 16,384, more than"),
        (lambda: b'file\tlabel\n1.png\tA\nx.png\t"Ann\n2.png\tB\n3.png\tC\n', "line 3: not a CSV table ("),
        (lambda: b"file,label\nx.png,A\0nn\n", "line 2: expected text, found a NUL; save it as"),
    ],
)
def test_a_damaged_table(place: Path, make: Callable[[], bytes], reason: str) -> None:
    draw(place / "p" / "x.png", seed=0, style=0, size=(24, 24))
    (place / "t.xlsx").write_bytes(make())
    shown = here_in(place, "scan", "p", "--manifest", "m.csv", "--table", "t.xlsx")
    (line,) = shown.stderr.splitlines()
    assert line.startswith("error: t.xlsx")
    assert reason in line


def test_a_hand_made_manifest_in_another_encoding(place: Path) -> None:
    folder = os.fsdecode("Ren\xe9".encode("latin-1"))
    draw(place / folder / "x.png", seed=0, style=0, size=(24, 24))
    manifest = place / "m.csv"
    manifest.write_bytes(os.fsencode(f"path,label\n{folder}/x.png,{folder}\n"))
    assert "UTF-8" not in here_in(place, "scan", "--manifest", "m.csv").stderr, "as the folder is called"
    manifest.write_bytes(os.fsencode(f"path,label\n{folder}/x.png,Zo\udceb\n"))
    note = "1 row of m.csv with a label that is no UTF-8, such as 'Zo\\udceb': save the table as CSV in UTF-8"
    assert note in here_in(place, "scan", "--manifest", "m.csv").stderr


@pytest.mark.parametrize(
    ("command", "what"),
    [
        (["try", ""], "images"),
        (["scan", ""], "images"),
        (["embed", ""], "images"),
        (["predict", ""], "pictures"),
        (["predict", "x.png", "-m", ""], "--model"),
        (["scan", ".", "--manifest", ""], "--manifest"),
        (["fit", "--out", ""], "--out"),
        (["study", "artist", "--out", ""], "--out"),
    ],
)
def test_an_empty_path_is_not_the_folder_here(place: Path, command: list[str], what: str) -> None:
    shown = here_in(place, *command)
    assert shown.stderr == f"error: {what} expects a path, found an empty text; a dot is the folder here\n"
    assert shown.returncode == 2


def test_a_file_that_is_called_like_an_option(place: Path, drawn: Drawn) -> None:
    shutil.copy(next(drawn.new.rglob("*.png")), place / "-x.png")
    shown = here_in(place, "predict", "-x.png", "-m", drawn.model)
    assert shown.stderr == "error: expected an option, found -x.png; for the file of that name: ./-x.png\n"
    for words in (["./-x.png", "-m", drawn.model], ["-m", drawn.model, "--", "-x.png"]):
        assert here_in(place, "predict", *words).returncode == 0
    (place / "--json").touch()
    assert here_in(place, "predict", "./-x.png", "-m", drawn.model, "--json").returncode == 0


def test_verdicts_that_were_none_are_not_counted(place: Path, drawn: Drawn) -> None:
    (place / "bad.png").write_bytes(b"junk")
    shown = here_in(place, "predict", "bad.png", "bad.png", "-m", drawn.model, "--csv", "v.csv")
    assert "wrote 0 verdicts, and 2 without one to v.csv" in shown.stderr


def test_weights_that_are_a_picture(place: Path, drawn: Drawn) -> None:
    picture = next(drawn.new.rglob("*.png"))
    places = ["--manifest", "m.csv", "--store", "v"]
    shown = here_in(place, "embed", drawn.images, *places, "--weights", picture)
    assert "cannot read the weights" in shown.stderr
    assert "weights_only" not in shown.stderr
    assert "it is no such file, or holds more than tensors; expected a .safetensors or torch" in shown.stderr


def test_one_command_for_a_folder_names_its_own_options(place: Path, drawn: Drawn) -> None:
    shutil.copytree(drawn.images, place / "pics")
    (place / "pics-styleid").touch()
    shown = here_in(place, "pics")
    assert "expected a folder for the results at pics-styleid, found a file; move it, or" in shown.stderr
    (place / "pics-styleid").unlink()
    here_in(place, "scan", drawn.images, "--manifest", "pics-styleid/manifest.csv")
    assert "--out of `styleid FOLDER`" in here_in(place, "pics").stderr


def test_a_remark_in_a_hand_made_manifest(place: Path) -> None:
    for name in ("x.png", "#y.png"):
        draw(place / name, seed=len(name), style=0, size=(24, 24))
    (place / "m.csv").write_text("path,label\n# Ann's,\nx.png,Ann\n#y.png,\n#z.png,Bob\n# end,\n")
    shown = here_in(place, "scan", "--manifest", "m.csv")
    told = "and left out: \"# Ann's\" (line 2), '# end' (line 6)"
    assert f"m.csv: taken for a remark, not for a picture, {told}" in shown.stderr
    assert "1 picture gone" in shown.stdout, "the one that has a label"
    assert "# end" not in here_in(place, "scan", "--manifest", "m.csv").stderr


def test_a_label_that_a_spreadsheet_would_run(place: Path) -> None:
    for number, label in enumerate(("=1+1", "'=2", "-x", "ann")):
        draw(place / "p" / label / f"{label}.png", seed=number, style=0, size=(24, 24))
    assert here_in(place, "scan", "p", "--manifest", "m.csv", "--json").returncode == 0
    text = (place / "m.csv").read_text()
    assert [line.split(",")[0] for line in text.splitlines()] == [
        "image_id", "''=2/'=2.png", "'-x/-x.png", "'=1+1/=1+1.png", "ann/ann.png",
    ]  # fmt: skip
    again = here_in(place, "scan", "--manifest", "m.csv", "--json")
    assert (place / "m.csv").read_text() == text
    assert json.loads(again.stdout)["labels"] == {"'=2": 1, "-x": 1, "=1+1": 1, "ann": 1}
    (place / "m.csv").write_text(text.replace("'=1+1", "=1+1"))  # as it was written before
    here_in(place, "scan", "--manifest", "m.csv")
    assert (place / "m.csv").read_text() == text
