"""Views made together are those made alone, and chance depends on content and number alone."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from styleid.data.views import make as module
from styleid.data.views.augment import ARTIST, Augmentation
from styleid.data.views.crops import center_view
from styleid.data.views.make import make_views
from styleid.data.views.names import CENTER, augmented_views, parse_views

SHA, RESIZE, CROP = "ab" * 32, 24, 20


def picture(width: int = 50, height: int = 30) -> Image.Image:
    return Image.fromarray(np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8))


def made(views: list[str] | tuple[str, ...], sha256: str = SHA) -> dict[str, np.ndarray]:
    pixels = make_views(picture(), sha256, views, RESIZE, CROP)
    assert pixels.shape == (len(views), CROP, CROP, 3)
    assert pixels.dtype == np.uint8
    return dict(zip(views, pixels, strict=True))


def test_a_view_is_the_same_alone_and_beside_others() -> None:
    views = parse_views("grid:2@40+augment:2+fit+square+center+grid:3@28")
    together, backward = made(views), made(views[::-1])
    for view in views:
        np.testing.assert_array_equal(made([view])[view], together[view])
        np.testing.assert_array_equal(backward[view], together[view])
    assert len({pixels.tobytes() for pixels in together.values()}) == len(views), "no two are alike"


def test_the_square_is_the_largest_one_in_the_middle() -> None:
    wide = picture(60, 30)
    cut = wide.resize((2 * CROP, CROP), Image.Resampling.BILINEAR).crop((CROP // 2, 0, 3 * CROP // 2, CROP))
    (square,) = make_views(wide, SHA, ["square"], RESIZE, CROP)
    np.testing.assert_array_equal(square, np.asarray(cut))


def test_chance_comes_from_content_and_number_alone() -> None:
    forward, other = made(augmented_views(4)), made(augmented_views(4), "cd" * 32)
    assert len({view.tobytes() for view in [*forward.values(), *other.values()]}) == 8
    centre = center_view(picture(), RESIZE, CROP)
    np.testing.assert_array_equal(made([CENTER])[CENTER], centre)


def test_views_are_changed_by_the_ranges_of_the_artists_project(monkeypatch: pytest.MonkeyPatch) -> None:
    """Vectors are kept by the name of their view, so what the name means may not change."""
    assert module.ARTIST is ARTIST
    assert Augmentation(rotation=20, shift=0.2, zoom=(0.8, 1.2), horizontal_flip=True) == ARTIST
    monkeypatch.setattr(module, "ARTIST", Augmentation())
    np.testing.assert_array_equal(made(["augment/0"])["augment/0"], center_view(picture(), RESIZE, CROP))
