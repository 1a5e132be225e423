"""Pictures as the small network sees them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from styleid.errors import InputError
from styleid.studies.pictures import read_grey


def test_pictures_are_grey_squares_in_the_order_given(tmp_path: Path) -> None:
    colours = {"red": (255, 0, 0), "white": (255, 255, 255), "black": (0, 0, 0)}
    for name, colour in colours.items():
        Image.new("RGB", (60, 30), colour).save(tmp_path / f"{name}.png")
    clear = Image.new("RGBA", (20, 20), (0, 0, 0, 0))
    clear.save(tmp_path / "clear.png")
    told = []
    names = ["white", "black", "red", "clear"]
    pictures = read_grey([tmp_path / f"{name}.png" for name in names], progress=lambda *of: told.append(of))
    assert pictures.shape == (4, 100, 100)
    assert pictures.dtype == np.uint8
    # Red is 0.299 of white (ITU-R 601); what is transparent lies on white.
    assert [np.unique(picture).tolist() for picture in pictures] == [[255], [0], [76], [255]]
    assert told[-1] == (4, 4)


def test_the_whole_picture_is_squeezed_in(tmp_path: Path) -> None:
    wide = np.zeros((50, 200), dtype=np.uint8)
    wide[:, :100] = 255
    Image.fromarray(wide).save(tmp_path / "wide.png")
    (picture,) = read_grey([tmp_path / "wide.png"])
    assert (picture[:, :48] == 255).all()
    assert not picture[:, 52:].any()


def test_a_picture_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"gone\.png"):
        read_grey([tmp_path / "gone.png"])
