"""Windows over a picture: where they lie, and that they show the scaled picture's own pixels."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from styleid.data.views.crops import grid_views, scaled_size, window_starts
from styleid.data.views.make import make_views
from styleid.data.views.names import parse_views


def picture(width: int, height: int, seed: int = 0) -> Image.Image:
    return Image.fromarray(np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8))


@given(st.integers(1, 400), st.integers(0, 5000), st.integers(1, 8))
def test_windows_reach_from_edge_to_edge(crop: int, more: int, aside: int) -> None:
    length = crop + more
    starts = window_starts(length, aside, crop)
    assert len(starts) == aside
    assert min(starts) >= 0
    assert max(starts) + crop <= length
    if aside > 1:
        assert starts[0] == 0
        assert starts[-1] + crop == length
        steps = np.diff(starts)
        assert steps.max() - steps.min() <= 2, "evenly spaced, to the pixel at either end"
        # The same from either end, but for halves that round to even.
        np.testing.assert_allclose(starts, length - crop - np.array(starts[::-1]), atol=1)
    else:
        assert abs(2 * starts[0] + crop - length) <= 1


def torchvision_resized(image: Image.Image, side: int) -> np.ndarray:
    from torchvision.transforms import v2

    return np.asarray(v2.Resize(side, v2.InterpolationMode.BILINEAR, antialias=True)(image))


@settings(deadline=None, max_examples=60)
@given(st.integers(2, 400), st.integers(2, 400), st.integers(1, 4), st.integers(64, 200), st.randoms())
def test_a_window_is_cut_from_torchvisions_picture(
    width: int, height: int, aside: int, side: int, random: object
) -> None:
    """Both ways of making windows occur here: the long pictures have each cut by itself."""
    crop, image = 64, picture(width, height)
    whole = torchvision_resized(image, side)
    assert whole.shape[1::-1] == scaled_size(width, height, side)
    numbers = list(range(aside**2))
    random.shuffle(numbers)  # type: ignore[attr-defined]
    views = grid_views(image, aside, side, numbers, crop)
    tops, lefts = (window_starts(length, aside, crop) for length in whole.shape[:2])
    for number, view in zip(numbers, views, strict=True):
        top, left = tops[number // aside], lefts[number % aside]
        expected = whole[top : top + crop, left : left + crop].astype(int)
        assert view.shape == expected.shape == (crop, crop, 3)
        apart = np.abs(view.astype(int) - expected)
        # A value whose two roundings both tip over differs by 2; in noise one of 100,000.
        assert apart.max() <= 2
        assert np.mean(apart > 1) < 1e-3


@pytest.mark.parametrize(("size", "by_itself"), [((300, 100), True), ((100, 100), False)])
def test_the_cheaper_way_is_taken(
    size: tuple[int, int], by_itself: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes: list[tuple[int, int]] = []
    real = Image.Image.resize

    def counted(self: Image.Image, size: tuple[int, int], *args: object, **kwargs: object) -> Image.Image:
        sizes.append(size)
        return real(self, size, *args, **kwargs)

    monkeypatch.setattr(Image.Image, "resize", counted)
    grid_views(picture(*size), 2, 128, range(4), 64)
    assert sizes == ([(64, 64)] * 4 if by_itself else [(128, 128)])


def test_windows_come_row_by_row() -> None:
    pixels = np.zeros((448, 448, 3), dtype=np.uint8)
    pixels[:224, 224:] = 100  # the window at the top right
    pixels[224:, :224] = 200
    views = make_views(Image.fromarray(pixels), "0" * 64, parse_views("grid:2@448"), 256, 224)
    assert [int(view.mean()) for view in views] == [0, 100, 200, 0]
    assert [int(view.std()) for view in views] == [0, 0, 0, 0]


@pytest.mark.parametrize("size", [(60000, 2), (2, 60000), (2, 2)])
def test_extreme_shapes_stay_small(size: tuple[int, int]) -> None:
    views = make_views(picture(*size), "0" * 64, parse_views("grid:3@448"), 256, 224)
    assert views.shape == (9, 224, 224, 3)
