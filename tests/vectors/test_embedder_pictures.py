"""What `Embedder` takes for a picture: a file, its bytes, what Pillow holds, pixels; and nothing else."""

from __future__ import annotations

import io
import os
from pathlib import Path

import numpy as np
import pytest
from drawing import draw
from picture_bytes import encoded
from PIL import Image, features
from sklearn.utils._set_output import ADAPTERS_MANAGER

from styleid import DecodePolicy, Embedder, EmbedOptions
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


FORMATS = ["PNG", "WEBP", "TIFF", "AVIF"] if features.check("avif") else ["PNG", "WEBP", "TIFF"]
#: How each format keeps a picture as it is, or nearly.
EXACT = {"WEBP": {"lossless": True}, "AVIF": {"quality": 100, "subsampling": "4:4:4"}}


def near(vectors: np.ndarray, reference: np.ndarray, fmt: str) -> bool:
    share = 0.05 if fmt == "AVIF" else 1e-5  # AVIF moves pixels by one
    return bool(np.linalg.norm(vectors - reference, axis=-1).max() < share * np.linalg.norm(reference))


@pytest.mark.parametrize("fmt", FORMATS)
def test_one_picture_in_eight_orientations_has_one_vector(embedder: Embedder, png: Path, fmt: str) -> None:
    upright = Image.open(png)
    back = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}  # orientation -> what lays the picture down so
    files = []
    for orientation in range(1, 9):
        laid = upright if orientation == 1 else upright.transpose(Image.Transpose(back[orientation]))
        tag = Image.Exif()
        tag[0x0112] = orientation
        files.append(encoded(laid, fmt, exif=tag, **EXACT.get(fmt, {})))
    assert near(embedder.transform(files), embedder.transform([png])[0], fmt)


@pytest.mark.parametrize("fmt", FORMATS)
def test_transparency_of_an_opaque_picture_changes_nothing(embedder: Embedder, png: Path, fmt: str) -> None:
    plain = Image.open(png)
    opaque = plain.copy()
    opaque.putalpha(255)
    first, second = embedder.transform([encoded(im, fmt, **EXACT.get(fmt, {})) for im in (plain, opaque)])
    assert near(first, second, fmt)
    assert near(first, embedder.transform([png])[0], fmt)


def children() -> set[str]:
    return set(Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children").read_text().split())


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="needs /proc")
def test_only_formats_that_need_it_start_processes_and_these_are_quiet(
    png: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    policy = DecodePolicy(max_pixels=100_000)  # of its own, so that no process is there already
    embedder = Embedder("resnet18-style", batch_size=2, policy=policy)
    before = children()
    usual = [encoded(Image.open(png), fmt) for fmt in ("JPEG", "PNG", "WEBP", "GIF", "BMP")]
    embedder.transform(usual)
    assert children() == before
    noisy = bytearray(encoded(Image.open(png), "TIFF", compression="tiff_lzw"))
    noisy[200:400] = bytes(range(200))
    capfd.readouterr()
    _, errors = embedder.try_transform([bytes(noisy), encoded(Image.open(png), "TIFF")])
    assert [error and error.code for error in errors] == ["damaged", None]
    assert children() > before
    assert capfd.readouterr() == ("", ""), "libtiff complains of such a file on standard error"


def test_the_policy_says_what_is_read(png: Path) -> None:
    cut = encoded(Image.open(png), "JPEG")[:-60]
    tolerant = Embedder("resnet18-style", batch_size=2, policy=DecodePolicy(allow_truncated=True))
    assert np.isfinite(tolerant.transform([cut])).all()
    assert tolerant.space.id != Embedder("resnet18-style").space.id
    narrow = Embedder("resnet18-style", batch_size=2, policy=DecodePolicy(formats=["JPEG"]))
    with pytest.raises(ImageError, match=r"found PNG; .* \(in Python, the formats of a DecodePolicy\)"):
        narrow.transform([png])
    assert narrow.space.id == Embedder("resnet18-style").space.id


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"batch_size": 0}, "batch_size expects a whole number of at least 1, found 0"),
        ({"batch_size": 2.5}, "batch_size expects a whole number of at least 1, found 2.5"),
        ({"batch_size": None}, "batch_size expects a whole number of at least 1, found None"),
        ({"policy": "+tiff"}, "expected a DecodePolicy as policy, found"),
        ({"views": ["square"]}, "--views expects square, .* found"),
        ({"descriptor": None}, "--descriptor expects one or more of"),
    ],
)
def test_arguments_that_make_no_sense_are_refused_in_one_line(png: Path, options: dict, message: str) -> None:
    with pytest.raises(InputError, match=message) as caught:
        Embedder(**{"backbone": "resnet18-style", **options}).transform([png])
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"batch_size": 0}, "batch_size expects a whole number of at least 1, found 0"),
        ({"batch_size": -3}, "batch_size expects a whole number of at least 1, found -3"),
        ({"threads": 0}, "threads expects a whole number of at least 1, found 0"),
        ({"views": "square"}, r"views expects names, such as \('square',\), found 'square'"),
        ({"descriptors": ()}, r"descriptors expects names, such as \('style',\), found \(\)"),
    ],
)
def test_options_that_make_no_sense_are_refused_in_one_line(options: dict, message: str) -> None:
    with pytest.raises(InputError, match=message):
        EmbedOptions(**options)
