"""The hash stays under edits that leave the picture the same, and tells drawings of one hand apart."""

from __future__ import annotations

import csv
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageEnhance

from styleid.data.facts import BITS, CROPS, picture_hashes
from styleid.evaluate.duplicates import MAX_BITS, hash_distance

DEMO = Path(__file__).parents[3] / "data" / "images" / "openmoji"
NAMES = ("detective", "person-biking", "man-dancing", "person-surfing", "bride-with-veil", "horse-racing")


def jpeg(image: Image.Image) -> Image.Image:
    buffer = BytesIO()
    image.save(buffer, "JPEG", quality=60)
    return Image.open(buffer).convert("RGB")


def trimmed(image: Image.Image, share: float) -> Image.Image:
    cut = round(image.width * share)
    return image.crop((cut, cut, image.width - cut, image.height - cut))


EDITS = {
    "saved again": jpeg,
    "scaled": lambda image: image.resize((150, 150), Image.Resampling.LANCZOS),
    "darker": lambda image: ImageEnhance.Brightness(image).enhance(0.85),
    "trimmed": lambda image: trimmed(image, 0.04),
    "trimmed and scaled": lambda image: trimmed(image, 0.02).resize((200, 200)),
}


def hashed(image: Image.Image) -> np.ndarray:
    found = picture_hashes(np.asarray(image))
    assert found is not None
    assert found.shape == (len(CROPS), BITS // 8)
    return found[None]


@pytest.mark.parametrize("edit", EDITS)
@pytest.mark.parametrize("name", NAMES)
def test_edits_stay_within_the_threshold(name, edit):
    image = Image.open(DEMO / f"{name}.png").convert("RGB")
    bits = int(hash_distance(hashed(image), hashed(EDITS[edit](image)))[0])
    assert bits <= MAX_BITS


def test_drawings_of_one_hand_stay_apart():
    with open(DEMO.parent / "metadata.csv", encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["file_name"].startswith("openmoji/")]
    group = np.array([row["group"] for row in rows])
    hashes = np.concatenate([hashed(Image.open(DEMO.parent / row["file_name"])) for row in rows])
    i, j = np.triu_indices(len(rows), 1)
    other = group[i] != group[j]
    assert other.sum() > 10_000
    assert hash_distance(hashes[i[other]], hashes[j[other]]).min() > MAX_BITS


def test_flat_pictures_have_none():
    assert picture_hashes(np.full((9, 9, 3), 200, dtype=np.uint8)) is None


@pytest.mark.parametrize("shape", ["ellipse", "rectangle"])
def test_a_symmetric_picture_is_known_again_when_it_is_scaled(shape):
    image = Image.new("RGB", (151, 151), "white")
    getattr(ImageDraw.Draw(image), shape)((30, 45, 120, 105), fill=(90, 20, 20))
    scaled = image.resize((120, 120), Image.Resampling.LANCZOS)
    assert int(hash_distance(hashed(image), hashed(scaled))[0]) <= MAX_BITS
    turned = image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    assert (hashed(image) == hashed(turned)).all(), "no bit hangs on rounding"
