"""What `Embedder` takes for a picture: a file, its bytes, what Pillow holds, pixels; and nothing else."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from drawing import draw
from PIL import Image
from sklearn.utils._set_output import ADAPTERS_MANAGER

from styleid import Embedder
from styleid.errors import ImageError, InputError


@pytest.fixture(scope="module")
def embedder() -> Embedder:
    return Embedder("resnet18-style", batch_size=8)


@pytest.fixture(scope="module")
def png(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return draw(tmp_path_factory.mktemp("pictures") / "a.png", seed=3)


def test_a_picture_has_one_vector_however_it_is_given(embedder: Embedder, png: Path) -> None:
    other = draw(png.with_name("b.png"), seed=4, style=2)
    pixels = np.asarray(Image.open(png))
    mixed = [png, pixels, other, png.read_bytes(), Image.open(png), str(png), pixels[::-1][::-1]]
    vectors = embedder.transform(mixed)
    same = [0, 1, 3, 4, 5, 6]
    np.testing.assert_allclose(vectors[same], vectors[[0] * 6], rtol=1e-5, atol=1e-6)
    assert np.abs(vectors[2] - vectors[0]).max() > 1e-2
    np.testing.assert_array_equal(embedder.transform(picture for picture in mixed), vectors)


def _sixteen(pixels: np.ndarray) -> Image.Image:
    return Image.fromarray(pixels[..., 0].astype(np.uint16) * 256)


def _turned(pixels: np.ndarray) -> Image.Image:
    image = Image.fromarray(pixels)
    image.getexif()[0x0112] = 6
    return image


@pytest.mark.parametrize(
    ("made", "suffix"),
    [
        (lambda p: Image.fromarray(np.dstack([p, p[..., 0]])), "png"),
        (lambda p: Image.fromarray(p).convert("P"), "png"),
        (lambda p: Image.fromarray(p).convert("CMYK"), "jpg"),
        (_sixteen, "png"),
        (_turned, "jpg"),
    ],
)
def test_an_image_goes_the_way_of_its_file(
    embedder: Embedder, png: Path, tmp_path: Path, made: object, suffix: str
) -> None:
    image = made(np.asarray(Image.open(png)))  # type: ignore[operator]
    path = tmp_path / f"a.{suffix}"
    image.save(path, exif=image.getexif())
    opened = Image.open(path)
    before = dict(opened.info)
    file, twice, again = embedder.transform([path, opened, opened])
    np.testing.assert_allclose(twice, file, rtol=1e-5, atol=1e-6)
    np.testing.assert_array_equal(again, twice)
    assert before.items() <= opened.info.items(), "the picture given stays as it was"


def test_augmented_views_of_pixels_come_from_the_pixels(png: Path) -> None:
    embedder = Embedder("resnet18-style", batch_size=8, views="augment:2", pool="vote")
    pixels = np.asarray(Image.open(png))
    first, second, image = embedder.transform([pixels, pixels.copy(), Image.fromarray(pixels)])
    np.testing.assert_allclose(first, second, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(first, image, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ("x.png", r"found one by itself, the path 'x.png'; put it into \[ \]"),
        (Path("x.png"), "found one by itself, the path 'x.png'"),
        (b"\x89PNG", "found one by itself, an object of type bytes"),
        (Image.new("RGB", (8, 8)), "found one by itself, an object of type Image"),
        (np.zeros((8, 8, 3), np.uint8), r"found one by itself, an array \(8, 8, 3\) of uint8"),
        ({"p": ["a.png"]}, "found an object of type dict; give one column"),
        (type("Frame", (list,), {"columns": ["p"]})(["p"]), "found an object of type Frame; give one column"),
        (None, "expected a list of pictures, found None"),
        (7, "expected a list of pictures, found an object of type int"),
        (["a.png", None], "as picture 1 a path, .* found None"),
        ([3], "as picture 0 .* found an object of type int"),
        ([np.zeros((8, 8, 3))], r"found an array \(8, 8, 3\) of float64"),
        ([np.zeros((8, 8), np.uint8)], r"found an array \(8, 8\) of uint8"),
        ([np.zeros((8, 8, 4), np.uint8)], r"found an array \(8, 8, 4\) of uint8"),
        ([np.zeros((0, 8, 3), np.uint8)], r"found an array \(0, 8, 3\) of uint8"),
        (np.zeros((2, 8, 8)), r"as picture 0 .* found an array \(8, 8\) of float64"),
    ],
)
def test_something_else_is_refused_in_one_line_that_says_what_it_is(
    embedder: Embedder, given: object, found: str
) -> None:
    for method in (embedder.transform, embedder.try_transform):
        with pytest.raises(InputError, match=found) as caught:
            method(given)
        assert "\n" not in str(caught.value)


def test_a_picture_that_fails_is_named_by_its_place(embedder: Embedder, png: Path) -> None:
    with pytest.raises(ImageError, match="^picture 1: expected a picture"):
        embedder.transform([png, b"junk"])
    cut = io.BytesIO(png.read_bytes()[:2000])
    pictures = [np.zeros((1, 9, 3), np.uint8), Image.open(cut), png]
    vectors, errors = embedder.try_transform(pictures)
    assert [error and error.code for error in errors] == ["too-small", "damaged", None]
    assert np.isnan(vectors[:2]).all()
    assert np.isfinite(vectors[2]).all()


@pytest.mark.parametrize(("pool", "last"), [("mean", "style895"), ("vote", "style1791")])
def test_the_columns_have_names(png: Path, pool: str, last: str) -> None:
    embedder = Embedder("resnet18-style", batch_size=2, views="center+fit", pool=pool)
    names = embedder.get_feature_names_out()
    assert names.dtype == object
    assert (names[0], names[-1]) == ("style0", last)
    assert len(set(names)) == embedder.transform([png]).shape[1]


def test_the_output_may_be_a_table_with_these_names(
    png: Path, embedder: Embedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As scikit-learn's `set_output` makes one, here of a library that is always there."""

    class Tables:
        container_lib = "named"

        def create_container(
            self, X_output: np.ndarray, X_original: object, columns: object, inplace: bool = True
        ) -> dict[str, np.ndarray]:
            return dict(zip(columns(), X_output.T, strict=True))  # type: ignore[operator]

    monkeypatch.setitem(ADAPTERS_MANAGER.adapters, "named", Tables())
    table = Embedder("resnet18-style", batch_size=8).set_output(transform="named").transform([png])
    assert list(table) == list(embedder.get_feature_names_out())
    np.testing.assert_allclose(table["style7"], embedder.transform([png])[:, 7], rtol=1e-5, atol=1e-6)
