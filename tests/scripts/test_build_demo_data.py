"""What building and checking the demo pictures must see and refuse."""

import hashlib
import importlib
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from styleid.errors import InputError

ROOT = Path(__file__).resolve().parents[2]

sys.path.insert(0, str(ROOT / "scripts"))
build = importlib.import_module("build_demo_data")
design = importlib.import_module("demo_design")
drawing = importlib.import_module("demo_drawing")


# Run: what it must see.


@pytest.fixture
def small(tmp_path, monkeypatch):
    """Four pictures of two labels that check accepts."""
    chosen = [
        row for row in design.rows() if row[1].stem in ("man", "woman") and row[0] in ("noto", "twemoji")
    ]
    monkeypatch.setattr(design, "rows", lambda: chosen)
    monkeypatch.setattr(build, "rows", lambda: chosen)
    marks = {}
    for i, (label, variant) in enumerate(chosen):
        path = tmp_path / label / f"{variant.stem}.png"
        path.parent.mkdir(exist_ok=True)
        pixels = np.full((256, 256, 3), 40 * i, dtype=np.uint8)
        path.write_bytes(drawing.encode_png(pixels))
        marks[f"{label}/{variant.stem}.png"] = hashlib.sha256(pixels.tobytes()).hexdigest()
    monkeypatch.setattr(build, "PIXELS_SHA256", build.digest(marks))
    (tmp_path / "metadata.csv").write_text(design.metadata(), encoding="utf-8", newline="")
    build.check(tmp_path, None)
    return tmp_path


def test_check_sees_a_changed_pixel(small):
    pixels = np.full((256, 256, 3), 3, dtype=np.uint8)
    (small / "noto/man.png").write_bytes(drawing.encode_png(pixels))
    with pytest.raises(InputError, match="expected pictures with pixel digest"):
        build.check(small, None)


def test_check_sees_a_missing_picture(small):
    (small / "noto/man.png").unlink()
    with pytest.raises(InputError, match=r"expected a picture noto/man\.png"):
        build.check(small, None)


def test_check_sees_a_stray_picture(small):
    (small / "noto/extra.png").write_bytes((small / "noto/man.png").read_bytes())
    with pytest.raises(InputError, match=r"found noto/extra\.png: remove it"):
        build.check(small, None)


def test_check_sees_twins(small):
    (small / "noto/man.png").write_bytes((small / "twemoji/man.png").read_bytes())
    with pytest.raises(InputError, match=r"found twemoji/man\.png the same as noto/man\.png"):
        build.check(small, None)


def test_check_sees_another_mode(small):
    Image.new("L", (256, 256)).save(small / "noto/man.png")
    with pytest.raises(InputError, match="of mode RGB and 256 x 256 pixels"):
        build.check(small, None)


def test_check_sees_bytes_beside_the_pixels(small):
    with (small / "noto/man.png").open("ab") as file:
        file.write(b"made by hand")
    with pytest.raises(InputError, match="to hold pixels only"):
        build.check(small, None)


def test_check_sees_a_damaged_picture(small):
    (small / "noto/man.png").write_bytes(b"no picture")
    with pytest.raises(InputError, match="found one that does not read"):
        build.check(small, None)


def test_check_sees_another_table(small):
    text = (
        (small / "metadata.csv")
        .read_text(encoding="utf-8")
        .replace("twemoji/woman.png,adult", "twemoji/woman.png,youth")
    )
    (small / "metadata.csv").write_text(text, encoding="utf-8", newline="")
    with pytest.raises(InputError, match="the first other one at line 5"):
        build.check(small, None)


def test_check_with_packages_names_the_picture_that_differs(small, monkeypatch):
    monkeypatch.setattr(
        build, "draw", lambda _: [("noto/woman.png", np.zeros((256, 256, 3), dtype=np.uint8))]
    )
    with pytest.raises(InputError, match=r"noto.woman\.png as drawn"):
        build.check(small, small)


def test_a_failed_check_is_one_line_and_a_code(tmp_path, capsys):
    assert build.main(["--check", "--out", str(tmp_path)]) == 2
    said = capsys.readouterr().err
    assert said.startswith("error: expected a table")
    assert said.count("\n") == 1


# Build: what it must refuse, and that it writes nothing then.


def test_build_writes_what_it_drew(small, tmp_path, monkeypatch):
    before = {path: path.read_bytes() for path in small.rglob("*.png")}
    pictures = [(path.relative_to(small).as_posix(), np.asarray(Image.open(path))) for path in before]
    monkeypatch.setattr(build, "draw", lambda _: pictures)
    build.build(tmp_path, tmp_path / "new")
    assert {path: (tmp_path / "new" / path.relative_to(small)).read_bytes() for path in before} == before
    assert (tmp_path / "new/metadata.csv").read_bytes() == (small / "metadata.csv").read_bytes()


@pytest.mark.parametrize(("shade", "said"), [(0, "the same as"), (9, "nothing written")])
def test_build_refuses_twins_and_other_pixels(tmp_path, monkeypatch, shade, said):
    pictures = [("a/x.png", np.zeros((2, 2, 3), np.uint8)), ("b/x.png", np.full((2, 2, 3), shade, np.uint8))]
    monkeypatch.setattr(build, "draw", lambda _: pictures)
    with pytest.raises(InputError, match=said):
        build.build(tmp_path, tmp_path / "out")
    assert not (tmp_path / "out").exists()
