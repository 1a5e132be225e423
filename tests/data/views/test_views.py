from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from styleid.data.views.crops import center_view


def picture(width: int, height: int, seed: int = 0) -> Image.Image:
    return Image.fromarray(np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8))


def torchvision_view(image: Image.Image) -> np.ndarray:
    from torchvision.transforms import v2

    chain = v2.Compose([v2.Resize(256, v2.InterpolationMode.BILINEAR, antialias=True), v2.CenterCrop(224)])
    return np.asarray(chain(image))


@settings(deadline=None, max_examples=40)
@given(st.integers(2, 700), st.integers(2, 700))
def test_the_view_is_torchvisions_to_a_rounding(width: int, height: int) -> None:
    image = picture(width, height)
    ours, theirs = center_view(image, 256, 224).astype(int), torchvision_view(image).astype(int)
    # Pillow works in fixed point; a box that starts at a fraction may move a weight by its last bit.
    assert np.abs(ours - theirs).max() <= 1


def test_common_sizes_give_the_same_pixels() -> None:
    for size in ((256, 256), (640, 480), (480, 640), (512, 512), (300, 200)):
        image = picture(*size)
        assert np.mean(center_view(image, 256, 224) != torchvision_view(image)) < 0.02


@pytest.mark.parametrize("size", [(60000, 2), (2, 60000), (1, 1), (1, 500)])
def test_extreme_shapes_stay_small(size: tuple[int, int]) -> None:
    assert center_view(picture(*size), 256, 224).shape == (224, 224, 3)


def test_the_middle_is_kept() -> None:
    pixels = np.zeros((256, 512, 3), dtype=np.uint8)
    pixels[:, 144:368] = 255  # the 224 columns in the middle
    assert center_view(Image.fromarray(pixels), 256, 224).min() == 255
