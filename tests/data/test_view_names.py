"""Views by name, and augmented views that depend on content and number alone."""

from __future__ import annotations

import numpy as np
import pytest

from styleid.data import views as module
from styleid.data.augment import ARTIST, Augmentation
from styleid.data.views import CENTER, augmented_views, make_view, parse_views
from styleid.errors import InputError

SHA = "ab" * 32


def picture() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (20, 20, 3), dtype=np.uint8)


def test_names_of_views() -> None:
    assert parse_views("center") == (CENTER,)
    assert parse_views("center + augment:2") == ("center", "augment/0", "augment/1")
    assert parse_views("augment:3+augment:1+center") == ("augment/0", "augment/1", "augment/2", "center")


@pytest.mark.parametrize(
    "text", ["", "centre", "augment", "augment:0", "augment:65", "augment:-1", "center+"]
)
def test_other_names_are_refused(text: str) -> None:
    with pytest.raises(InputError, match=r"--views expects center and augment:K"):
        parse_views(text)


def test_the_first_views_do_not_depend_on_how_many_there_are() -> None:
    assert augmented_views(8)[:4] == augmented_views(4)


def test_a_view_depends_on_content_and_number_alone() -> None:
    forward = {name: make_view(picture(), SHA, name) for name in augmented_views(4)}
    backward = {name: make_view(picture(), SHA, name) for name in reversed(augmented_views(4))}
    for name, view in forward.items():
        np.testing.assert_array_equal(view, backward[name])
    assert len({view.tobytes() for view in forward.values()}) == 4
    assert not np.array_equal(make_view(picture(), "cd" * 32, "augment/0"), forward["augment/0"])
    np.testing.assert_array_equal(make_view(picture(), SHA, CENTER), picture())


def test_views_are_changed_by_the_ranges_of_the_artists_project(monkeypatch: pytest.MonkeyPatch) -> None:
    """Vectors are kept by the name of their view, so what the name means may not change."""
    assert module.ARTIST is ARTIST
    assert Augmentation(rotation=20, shift=0.2, zoom=(0.8, 1.2), horizontal_flip=True) == ARTIST
    monkeypatch.setattr(module, "ARTIST", Augmentation())
    np.testing.assert_array_equal(make_view(picture(), SHA, "augment/0"), picture())
