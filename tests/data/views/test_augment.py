"""Random changes of pictures: the ranges of the seed projects, exact maps, and one seed one result."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from styleid.data.views.augment import ACTORS, ARTIST, Augmentation


def picture(height: int = 24, width: int = 36) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)


def drawn(what: Augmentation, n: int = 2000, height: int = 100, width: int = 200) -> list[tuple]:
    rng = np.random.default_rng(1)
    return [what.draw(rng, height, width) for _ in range(n)]


def test_the_ranges_are_those_of_the_projects() -> None:
    assert Augmentation(20, 0.2, 0, (0.8, 1.2), horizontal_flip=True) == ARTIST
    assert Augmentation(30, 0.2, 15, (0.7, 1.4), True, True) == ACTORS


def test_nothing_asked_nothing_changed() -> None:
    np.testing.assert_array_equal(Augmentation().apply(picture(), np.random.default_rng(0)), picture())


def test_turns_cover_their_range_and_no_more() -> None:
    angles = np.degrees([np.arctan2(m[1, 0], m[0, 0]) for m, _, _ in drawn(Augmentation(rotation=20))])
    assert -20 <= angles.min() < -19
    assert 19 < angles.max() <= 20


def test_shifts_are_shares_of_each_side() -> None:
    maps = np.array([m for m, _, _ in drawn(Augmentation(shift=0.2))])
    np.testing.assert_allclose(maps[:, :2, :2], np.broadcast_to(np.eye(2), (2000, 2, 2)))
    for axis, side in enumerate((100, 200)):
        assert -0.2 * side <= maps[:, axis, 2].min() < -0.19 * side
        assert 0.19 * side < maps[:, axis, 2].max() <= 0.2 * side


def test_zooms_are_drawn_for_each_axis_around_the_centre() -> None:
    maps = np.array([m for m, _, _ in drawn(Augmentation(zoom=(0.7, 1.4)))])
    for axis in range(2):
        assert 0.7 <= maps[:, axis, axis].min() < 0.72
        assert 1.38 < maps[:, axis, axis].max() <= 1.4
    assert abs(np.corrcoef(maps[:, 0, 0], maps[:, 1, 1])[0, 1]) < 0.1
    centre = np.array([49.5, 99.5, 1.0])
    np.testing.assert_allclose(maps @ centre, np.broadcast_to(centre, (2000, 3)))


def test_shears_slant_the_columns() -> None:
    maps = np.array([m for m, _, _ in drawn(Augmentation(shear=15))])
    angles = np.degrees(np.arcsin(-maps[:, 0, 1]))
    assert -15 <= angles.min() < -14.5
    assert 14.5 < angles.max() <= 15
    np.testing.assert_allclose(maps[:, 1, 1], np.cos(np.radians(angles)))


def test_half_are_mirrored_where_asked() -> None:
    for what, expected in ((ARTIST, (0.5, 0.0)), (ACTORS, (0.5, 0.5)), (Augmentation(), (0.0, 0.0))):
        flips = np.array([flips for _, *flips in drawn(what)])
        np.testing.assert_allclose(flips.mean(axis=0), expected, atol=0.04)


def test_a_mirrored_picture_is_the_picture_mirrored() -> None:
    both = Augmentation(horizontal_flip=True, vertical_flip=True)
    found = [both.apply(picture(), np.random.default_rng(seed)) for seed in range(20)]
    allowed = [picture()[::a, ::b] for a in (1, -1) for b in (1, -1)]
    seen = {next(i for i, one in enumerate(allowed) if np.array_equal(one, each)) for each in found}
    assert seen == {0, 1, 2, 3}


def test_a_shift_of_whole_pixels_repeats_the_edge(monkeypatch: pytest.MonkeyPatch) -> None:
    down = np.array([[1.0, 0, -2], [0, 1, 0], [0, 0, 1]])
    monkeypatch.setattr(Augmentation, "draw", lambda self, rng, height, width: (down, False, False))
    found = Augmentation().apply(picture(), np.random.default_rng(0))
    np.testing.assert_array_equal(found[2:], picture()[:-2])
    np.testing.assert_array_equal(found[0], picture()[0])
    np.testing.assert_array_equal(found[1], picture()[0])


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 40), st.integers(1, 40), st.sampled_from([None, 1, 3]))
def test_any_picture_keeps_its_shape_and_its_range(
    seed: int, height: int, width: int, channels: int | None
) -> None:
    shape = (height, width) if channels is None else (height, width, channels)
    pixels = np.random.default_rng(seed).integers(10, 200, shape, dtype=np.uint8)
    one, again = (ACTORS.apply(pixels, np.random.default_rng(seed)) for _ in range(2))
    assert one.shape == shape
    assert one.dtype == np.uint8
    assert pixels.min() <= one.min() <= one.max() <= pixels.max()
    np.testing.assert_array_equal(one, again)
