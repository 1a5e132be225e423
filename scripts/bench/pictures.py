"""Picture sets made by seed: drawings as small PNGs, and photograph-like JPEGs of 2 and 12 megapixels."""

from __future__ import annotations

import io
import json
import os
import shutil
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

#: Changes when a set would be drawn otherwise, so that those on disk are made anew.
VERSION = 1
DEMO = Path(__file__).resolve().parents[2] / "data" / "images"
LABELS = ("left", "right")


@dataclass(frozen=True)
class PictureSet:
    """How the pictures of a set are made; `number` keeps the chance of sets apart."""

    number: int
    title: str
    suffix: str
    draw: Callable[[np.random.Generator, int], bytes]


def make_set(name: str, counts: tuple[int, ...], seed: int, root: Path) -> dict[int, Path]:
    """Make the first pictures of a set, and a folder for each count; what is there already is kept.

    Parameters
    ----------
    name : str
        A key of `SETS`.
    counts : tuple of int
        How many pictures each folder holds; a smaller one holds the first of a larger one.
    seed : int
        Same seed, same bytes.
    root : Path
        Where sets are kept.

    Returns
    -------
    dict of int to Path
        Folder of each count, with a sub-folder a label.
    """
    home, recipe = root / f"{name}-{seed}", {"version": VERSION, "seed": seed, "most": max(counts)}
    made = home / "made.json"
    known = json.loads(made.read_bytes()) if made.exists() else {"most": 0}
    if known | {"most": 0} != recipe | {"most": 0}:
        shutil.rmtree(home, ignore_errors=True)
        known = {"most": 0}
    folders = {count: home / str(count) for count in counts}
    everything = home / "all"
    everything.mkdir(parents=True, exist_ok=True)
    if known["most"] < max(counts):
        with ProcessPoolExecutor() as pool:
            wanted = range(known["most"], max(counts))
            for _ in pool.map(partial(_write, name, seed, everything), wanted, chunksize=8):
                pass
        made.write_text(json.dumps(recipe), encoding="utf-8")
    for count, folder in folders.items():
        _fill(everything, folder, count, SETS[name].suffix)
    return folders


def picture(name: str, seed: int, index: int) -> bytes:
    """Return the bytes of one picture's file.

    Parameters
    ----------
    name : str
        A key of `SETS`.
    seed, index : int
        Seed of the set; number of the picture.

    Returns
    -------
    bytes
    """
    chosen = SETS[name]
    return chosen.draw(np.random.default_rng([seed, chosen.number, index]), index)


def paths(folder: Path) -> list[Path]:
    """Return the pictures of a set's folder in the order in which everyone embeds them."""
    return sorted(path for label in LABELS for path in (folder / label).iterdir())


def _write(name: str, seed: int, folder: Path, index: int) -> None:
    (folder / f"{index:06d}{SETS[name].suffix}").write_bytes(picture(name, seed, index))


def _fill(everything: Path, folder: Path, count: int, suffix: str) -> None:
    """Link the first pictures into a folder, labels in turn."""
    for label in LABELS:
        (folder / label).mkdir(parents=True, exist_ok=True)
    for index in range(count):
        name = f"{index:06d}{suffix}"
        target = folder / LABELS[index % len(LABELS)] / name
        if not target.exists():
            os.link(everything / name, target)


def _drawing(chance: np.random.Generator, index: int) -> bytes:
    """Return a drawing of the demo data, scaled, moved and recoloured a little: no two files are equal."""
    files = _demo()
    side = int(round(160 * (618 / 160) ** chance.random()))
    with Image.open(files[index % len(files)]) as image:
        pixels = np.asarray(image.convert("RGB").resize((side, side), Image.Resampling.BICUBIC))
    pixels = np.roll(pixels, chance.integers(-6, 7, 2), (0, 1))
    # Flat colours stay flat: a table of colours, not noise, or the PNG would be none of a drawing.
    table = np.clip(np.arange(256) + chance.integers(-9, 10, (3, 1)), 0, 255).astype(np.uint8)
    pixels = np.stack([table[channel][pixels[..., channel]] for channel in range(3)], axis=-1)
    # Number of the picture in its first pixels: small changes may coincide among thousands.
    pixels[0, :3, 0] = [index >> 16 & 255, index >> 8 & 255, index & 255]
    return _encoded(pixels, "PNG")


@cache
def _demo() -> list[Path]:
    files = sorted(DEMO.rglob("*.png"))
    if not files:
        raise SystemExit(f"error: expected the demo pictures in {DEMO}, found none; use a full checkout")
    return files


def _photograph(width: int, height: int, chance: np.random.Generator, index: int) -> bytes:
    """Return octaves of noise, shapes with edges, and grain: as hard to decode as a photograph."""
    half = (width // 2, height // 2)  # a lens is not sharp to the pixel; grain is
    light = np.zeros((half[1], half[0], 1), dtype=np.float32)
    cells = 4
    while cells < half[0] // 2:
        light[..., 0] += _noise(chance, cells, half) * np.float32(55 * (4 / cells) ** 0.6)
        cells *= 4
    colour = np.stack([_noise(chance, 5, half) * np.float32(25) for _ in range(3)], axis=-1)
    scene = Image.new("RGB", half, tuple(int(c) for c in chance.integers(60, 190, 3)))
    pen = ImageDraw.Draw(scene)
    for _ in range(60):
        x, y, size = (int(chance.integers(0, most)) for most in (*half, half[0] // 6))
        shape = pen.ellipse if chance.random() < 0.5 else pen.rectangle
        fill = tuple(int(c) for c in chance.integers(20, 236, 3))
        shape((x, y, x + size, y + size * float(chance.uniform(0.4, 1.6))), fill=fill)
    painted = np.clip(np.asarray(scene) + light + colour, 16, 239).astype(np.uint8)
    pixels = np.array(Image.fromarray(painted).resize((width, height), Image.Resampling.BILINEAR))
    # One block of grain, repeated: nothing that is measured sees that. From 16 to 239, nothing wraps.
    block = np.clip(chance.normal(0, 6, (509, 761, 1)), -16, 16).astype(np.int8).astype(np.uint8)
    pixels += np.tile(block, (-(-height // 509), -(-width // 761), 1))[:height, :width]
    return _encoded(pixels, "JPEG")


def _noise(chance: np.random.Generator, cells: int, size: tuple[int, int]) -> NDArray[np.float32]:
    """Return smooth noise (height, width) of about `cells` hills a row."""
    hills = (max(2, cells * size[1] // size[0]), cells)
    rough = Image.fromarray(chance.standard_normal(hills, dtype=np.float32))
    return np.asarray(rough.resize(size, Image.Resampling.BICUBIC))


def _encoded(pixels: NDArray[np.uint8], kind: str) -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, kind, **({"quality": 90} if kind == "JPEG" else {}))
    return file.getvalue()


def _tiny(chance: np.random.Generator, index: int) -> bytes:
    """Return eight pixels a side: for counting files, not for looking at them."""
    pixels = chance.integers(0, 256, (8, 8, 3), dtype=np.uint8)
    pixels[0, :3, 0] = [index >> 16 & 255, index >> 8 & 255, index & 255]
    return _encoded(pixels, "PNG")


SETS = {
    "small": PictureSet(0, "small PNGs (drawings, 160 to 618 px)", ".png", _drawing),
    "2mp": PictureSet(1, "2-megapixel JPEGs (1600 x 1200)", ".jpg", partial(_photograph, 1600, 1200)),
    "12mp": PictureSet(2, "12-megapixel JPEGs (4000 x 3000)", ".jpg", partial(_photograph, 4000, 3000)),
    "tiny": PictureSet(3, "tiny PNGs (8 px)", ".png", _tiny),
}
