"""Fetching, drawing and packing, on a tiny made-up icon set and without a network."""

import hashlib
import importlib
import io
import json
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from styleid import StyleIdError
from styleid.errors import InputError, MissingExtraError

ROOT = Path(__file__).resolve().parents[2]

sys.path.insert(0, str(ROOT / "scripts"))
design = importlib.import_module("demo_design")
drawing = importlib.import_module("demo_drawing")

SQUARE = '<path fill="#f00" d="M0 0h8v8H0z"/>'
ICONS = {
    "prefix": "toy",
    "width": 20,
    "height": 16,
    "icons": {
        "man": {"body": SQUARE},
        "square": {"body": SQUARE, "width": 16},
        "wide": {"body": SQUARE, "width": 32, "left": 4},
        "written": {"body": "<text>man</text>"},
    },
    "aliases": {
        "fellow": {"parent": "man"},
        "chap": {"parent": "fellow"},
        "mirrored": {"parent": "man", "hFlip": True},
        "one": {"parent": "other"},
        "other": {"parent": "one"},
    },
}


def test_an_icon_becomes_a_document_with_its_own_box():
    assert 'viewBox="0 0 20 16"' in drawing.svg_of(ICONS, "man")
    assert 'viewBox="4 0 32 16"' in drawing.svg_of(ICONS, "wide")
    assert SQUARE in drawing.svg_of(ICONS, "man")


def test_an_alias_leads_to_its_parent():
    assert drawing.svg_of(ICONS, "chap") == drawing.svg_of(ICONS, "man")


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("nobody", 'expected an icon "nobody" in set "toy"'),
        ("one", 'expected an icon "one"'),
        ("mirrored", "changes its parent"),
        ("written", "needs a font or a file"),
    ],
)
def test_an_icon_that_cannot_be_drawn_is_refused(name, said):
    with pytest.raises(InputError, match=said):
        drawing.svg_of(ICONS, name)


@pytest.mark.parametrize(
    ("label", "subject", "tone", "name"),
    [
        ("noto", "man", "", "man"),
        ("noto", "man", "dark", "man-dark-skin-tone"),
        ("fluent-emoji", "man", "dark", "man-dark"),
        ("noto-v1", "person-blond-hair", "light", "person-light-skin-tone-blond-hair"),
        ("emojione", "person-blond-hair", "light", "blond-haired-person-light-skin-tone"),
        ("fluent-emoji-flat", "people-wrestling", "", "person-wrestling"),
        ("emojione", "bride-with-veil", "", "bride-with-veil"),
        ("openmoji", "bride-with-veil", "", "woman-with-veil"),
    ],
)
def test_names_follow_each_set(label, subject, tone, name):
    assert design.icon_name(label, design.Variant(subject, tone, "g", "v1")) == name


@pytest.mark.parametrize("kind", ["noise", "flat", "ramp"])
def test_a_packed_picture_reads_back_the_same(kind):
    pixels = {
        "noise": np.random.default_rng(0).integers(0, 256, (9, 13, 3)),
        "flat": np.full((9, 13, 3), 7),
        "ramp": np.add.outer(np.arange(0, 90, 10), np.arange(39)).reshape(9, 13, 3) * 2,
    }[kind].astype(np.uint8)
    with Image.open(io.BytesIO(drawing.encode_png(pixels))) as image:
        image.load()
        assert image.mode == "RGB"
        np.testing.assert_array_equal(np.asarray(image), pixels)


def test_every_line_filter_reads_back_the_same():
    # Shaded pictures are where filters are chosen line by line.
    with Image.open(ROOT / "data/images/fluent-emoji/person-swimming.png") as image:
        pixels = np.asarray(image)
    with Image.open(io.BytesIO(drawing.encode_png(pixels))) as image:
        np.testing.assert_array_equal(np.asarray(image), pixels)


def test_drawing_is_on_white_and_the_same_each_time():
    pytest.importorskip("resvg_py", reason="drawing needs resvg-py: pip install styleid[data]")
    pixels = drawing.render(drawing.svg_of(ICONS, "square"))
    assert pixels.shape == (256, 256, 3)
    assert pixels[64, 64].tolist() == [255, 0, 0]
    assert pixels[200, 200].tolist() == [255, 255, 255]
    np.testing.assert_array_equal(pixels, drawing.render(drawing.svg_of(ICONS, "square")))


def test_a_drawing_that_is_not_square_is_refused():
    pytest.importorskip("resvg_py", reason="drawing needs resvg-py: pip install styleid[data]")
    with pytest.raises(InputError, match="expected a square drawing"):
        drawing.render(drawing.svg_of(ICONS, "man"))


def test_a_missing_renderer_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "resvg_py", None)
    with pytest.raises(MissingExtraError, match=r"styleid\[data\]"):
        drawing.render(drawing.svg_of(ICONS, "man"))


def test_a_missing_npm_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(drawing.shutil, "which", lambda _: None)
    with pytest.raises(StyleIdError, match="expected npm on the path.*--packages FOLDER"):
        drawing.fetch(tmp_path)


def test_a_package_of_other_bytes_is_refused(tmp_path, monkeypatch):
    def pack(command, **_):
        (tmp_path / "iconify-json-emojione-1.2.3.tgz").write_bytes(b"something else")
        return drawing.subprocess.CompletedProcess(command, 0, "", "")

    monkeypatch.setattr(drawing.shutil, "which", lambda _: "npm")
    monkeypatch.setattr(drawing.subprocess, "run", pack)
    with pytest.raises(InputError, match=r"expected @iconify-json/emojione@1\.2\.3 with SHA-512"):
        drawing.fetch(tmp_path)


@pytest.mark.parametrize("home", ["toy", "@iconify-json/toy"])
def test_an_unpacked_package_is_checked(tmp_path, home):
    folder = tmp_path / home
    folder.mkdir(parents=True)
    text = json.dumps(ICONS)
    (folder / "icons.json").write_text(text, encoding="utf-8")
    (folder / "info.json").write_text('{"license": {"spdx": "MIT"}}', encoding="utf-8")
    package = design.Package("1.0.0", "MIT", "", hashlib.sha256(text.encode()).hexdigest())
    assert drawing.load(tmp_path, "toy", package) == ICONS
    with pytest.raises(InputError, match="expected licence CC0-1.0"):
        drawing.load(tmp_path, "toy", package._replace(licence="CC0-1.0"))
    with pytest.raises(InputError, match="unpack that version"):
        drawing.load(tmp_path, "toy", package._replace(icons_sha256="0"))
    with pytest.raises(InputError, match="expected the unpacked package other"):
        drawing.load(tmp_path, "other", package)
