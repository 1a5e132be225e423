"""The whole picture on white: nothing cut, nothing distorted."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from styleid.data.views.crops import fit_view
from styleid.errors import ImageError


def picture(width: int, height: int) -> Image.Image:
    return Image.fromarray(np.random.default_rng(0).integers(0, 250, (height, width, 3), dtype=np.uint8))


@settings(deadline=None, max_examples=60)
@given(st.integers(1, 600), st.integers(1, 600), st.integers(3, 224))
def test_the_whole_picture_lies_in_the_middle_of_white(width: int, height: int, crop: int) -> None:
    image = picture(width, height)
    if max(width, height) > crop * min(width, height):
        with pytest.raises(ImageError, match="too|ratio") as raised:
            fit_view(image, crop)
        assert raised.value.code == "too-narrow"
        return
    view = fit_view(image, crop)
    assert view.shape == (crop, crop, 3)
    inside = np.argwhere((view < 255).any(axis=2))  # noise below 250 stays below 255
    top, left = inside.min(axis=0)
    bottom, right = inside.max(axis=0) + 1
    scale = crop / max(width, height)
    size = (right - left, bottom - top)
    assert max(size) == crop
    np.testing.assert_allclose(size, (width * scale, height * scale), atol=0.5 + 1e-9)
    assert 0 <= (crop - bottom) - top <= 1
    assert 0 <= (crop - right) - left <= 1
    expected = np.asarray(image.resize(size, Image.Resampling.BILINEAR))
    np.testing.assert_array_equal(view[top:bottom, left:right], expected)
    mask = np.ones((crop, crop), dtype=bool)
    mask[top:bottom, left:right] = False
    assert (view[mask] == 255).all()


def test_what_would_be_another_shape_is_refused() -> None:
    with pytest.raises(ImageError, match=r"ratio is at most 224 for the view fit, found 60000 x 2") as raised:
        fit_view(picture(60000, 2), 224)
    assert (raised.value.code, raised.value.facts["view"]) == ("too-narrow", "fit")
    assert (fit_view(picture(448, 2), 224) < 255).any(axis=2).sum() == 224, "a line of one pixel"
