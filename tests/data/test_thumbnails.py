from __future__ import annotations

import os
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from styleid.data.thumbnails import thumbnail, thumbnail_pixels, thumbnails


def pixels_of(webp):
    opened = Image.open(BytesIO(webp))
    assert opened.format == "WEBP"
    return np.asarray(opened.convert("RGB"), dtype=float)


@pytest.mark.parametrize("kind", ["jpg", "png", "webp", "gif", "bmp", "tif", "avif"])
def test_formats_of_the_policy(tmp_path, kind):
    path = tmp_path / f"a.{kind}"
    Image.new("RGB", (300, 150), (200, 30, 40)).save(path)
    small = pixels_of(thumbnail(path))
    assert small.shape == (48, 96, 3)
    np.testing.assert_allclose(small.mean(axis=(0, 1)), (200, 30, 40), atol=8)


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P"])
def test_transparency_is_laid_on_white(tmp_path, mode):
    picture = Image.new("RGBA", (64, 64), (10, 10, 10, 0))
    picture.paste((10, 10, 10, 255), (0, 0, 32, 64))
    picture.convert(mode).save(tmp_path / "a.png")
    small = pixels_of(thumbnail(tmp_path / "a.png"))
    assert small[:, 40:].min() > 240
    assert small[:, :24].max() < 30


@pytest.mark.parametrize("kind", ["jpg", "png"])
def test_exif_orientation_is_applied(tmp_path, kind):
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.new("RGB", (200, 100)).save(tmp_path / f"a.{kind}", exif=exif)
    assert thumbnail_pixels(tmp_path / f"a.{kind}", 96).shape == (96, 48, 3)


def test_a_large_jpeg_is_drafted_to_the_same_picture(tmp_path):
    ramp = np.linspace(0, 255, 1600).astype(np.uint8)
    picture = np.stack(
        [np.tile(ramp, (1200, 1)), np.tile(ramp[:1200, None], (1, 1600)), np.full((1200, 1600), 90)], 2
    )
    Image.fromarray(picture.astype(np.uint8)).save(tmp_path / "a.jpg", quality=95)
    Image.fromarray(picture.astype(np.uint8)).save(tmp_path / "a.png")
    a, b = (thumbnail_pixels(tmp_path / name, 64).astype(float) for name in ("a.jpg", "a.png"))
    assert a.shape == b.shape == (48, 64, 3)
    np.testing.assert_allclose(a, b, atol=8)


def test_small_pictures_are_not_blown_up(tmp_path):
    Image.new("RGB", (7, 3)).save(tmp_path / "a.png")
    assert thumbnail_pixels(tmp_path / "a.png", 96).shape == (3, 7, 3)


def unreadable(folder):
    jpeg = BytesIO()
    Image.effect_noise((200, 200), 60).save(jpeg, "JPEG")
    cases = {
        "empty": b"",
        "one byte": b"x",
        "text": b"<html>",
        "psd": b"8BPS" + bytes(90),
    }
    for name, content in cases.items():
        (folder / name).write_bytes(content)
    (folder / "folder").mkdir()
    (folder / "dangling").symlink_to(folder / "nothing")
    os.mkfifo(folder / "pipe")
    Image.new("1", (14_000, 14_000)).save(folder / "bomb", "PNG")
    return [*sorted(folder.iterdir()), folder / "nothing"]


def test_what_cannot_be_read_is_a_gap(tmp_path):
    paths = unreadable(tmp_path)
    assert thumbnails(paths) == [None] * 9
    assert thumbnail_pixels(paths[0], 50) is None


def test_a_cut_picture_that_was_embedded_is_shown(tmp_path):
    draw = Image.linear_gradient("L").resize((300, 200)).convert("RGB")
    for kind in ("jpg", "png"):
        path = tmp_path / f"a.{kind}"
        draw.save(path)
        path.write_bytes(path.read_bytes()[:-30])
        assert thumbnail_pixels(path, 90).shape == (60, 90, 3)


def test_many_keep_their_order(tmp_path):
    paths = []
    for i in range(12):
        paths.append(tmp_path / f"{i}.png")
        if i != 5:
            Image.new("RGB", (30, 30), (20 * i, 0, 0)).save(paths[-1])
    made = thumbnails(paths)
    assert made[5] is None
    reds = [pixels_of(m)[..., 0].mean() for m in made if m]
    np.testing.assert_allclose(reds, [20 * i for i in range(12) if i != 5], atol=8)
