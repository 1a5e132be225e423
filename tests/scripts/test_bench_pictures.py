"""The benchmark's pictures are the same for the same seed, and no two are equal."""

from __future__ import annotations

import importlib
import io
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "scripts"))
pictures = importlib.import_module("bench.pictures")


@pytest.mark.parametrize("name", ["small", "2mp", "tiny"])
def test_a_picture_is_decided_by_seed_and_number(name: str) -> None:
    assert pictures.picture(name, 3, 5) == pictures.picture(name, 3, 5)
    others = {pictures.picture(name, seed, index) for seed, index in ((3, 5), (3, 6), (4, 5))}
    assert len(others) == 3


def test_sets_do_not_share_their_chance() -> None:
    numbers = [one.number for one in pictures.SETS.values()]
    assert len(set(numbers)) == len(numbers)


@pytest.mark.parametrize("name", ["small", "tiny"])
def test_the_number_alone_tells_pictures_apart(name: str) -> None:
    draw, drawings = pictures.SETS[name].draw, len(list(pictures.DEMO.rglob("*.png")))
    assert draw(np.random.default_rng(0), 1) != draw(np.random.default_rng(0), 1 + drawings)


@pytest.mark.parametrize(
    ("name", "kind", "low", "high"), [("small", "PNG", 160, 618), ("2mp", "JPEG", 1200, 1600)]
)
def test_pictures_have_the_size_and_format_their_set_names(name: str, kind: str, low: int, high: int) -> None:
    for index in range(3):
        with Image.open(io.BytesIO(pictures.picture(name, 0, index))) as image:
            assert image.format == kind
            assert low <= min(image.size) <= max(image.size) <= high


def test_a_photograph_is_as_heavy_as_one() -> None:
    data = pictures.picture("2mp", 0, 0)
    assert 1.5 < 8 * len(data) / (1600 * 1200) < 5  # bits a pixel
    with Image.open(io.BytesIO(data)) as image:
        pixels = np.asarray(image, dtype=np.float64)
    jumps = np.abs(np.diff(pixels[..., 0], axis=1))
    assert 2 < np.median(jumps) < 20  # grain everywhere, and no wrap from black to white
    assert pixels.std() > 25  # and things to see


def test_a_smaller_folder_holds_the_first_of_a_larger_one(tmp_path: Path) -> None:
    folders = pictures.make_set("tiny", (6, 2), 0, tmp_path)
    few, many = pictures.paths(folders[2]), pictures.paths(folders[6])
    assert len(few) == 2
    assert len(many) == 6
    assert {path.parent.name for path in many} == set(pictures.LABELS)
    assert {path.read_bytes() for path in few} == {pictures.picture("tiny", 0, index) for index in (0, 1)}
    assert {path.read_bytes() for path in many} == {pictures.picture("tiny", 0, index) for index in range(6)}


def test_a_set_grows_and_keeps_what_it_has(tmp_path: Path) -> None:
    first = pictures.make_set("tiny", (2,), 0, tmp_path)[2]
    kept = [path.stat().st_mtime_ns for path in pictures.paths(first)]
    grown = pictures.make_set("tiny", (2, 4), 0, tmp_path)
    assert [path.stat().st_mtime_ns for path in pictures.paths(first)] == kept
    assert len(pictures.paths(grown[4])) == 4


def test_another_recipe_makes_the_set_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = pictures.make_set("tiny", (2,), 0, tmp_path)[2]
    pictures.paths(folder)[0].write_bytes(b"made by an older version")
    monkeypatch.setattr(pictures, "VERSION", pictures.VERSION + 1)
    folder = pictures.make_set("tiny", (2,), 0, tmp_path)[2]
    assert pictures.paths(folder)[0].read_bytes() == pictures.picture("tiny", 0, 0)
