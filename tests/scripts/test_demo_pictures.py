"""The demo pictures on disk: counts, balance, groups, files and licences."""

import csv
import hashlib
import importlib
import io
import sys
from collections import Counter, defaultdict
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT / "data"
IMAGES = DATA / "images"

sys.path.insert(0, str(ROOT / "scripts"))
build = importlib.import_module("build_demo_data")
design = importlib.import_module("demo_design")


@pytest.fixture(scope="module")
def table():
    with (IMAGES / "metadata.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def contents(table):
    return {row["file_name"]: (IMAGES / row["file_name"]).read_bytes() for row in table}


def label_of(row):
    return row["file_name"].split("/")[0]


def test_versions_have_650_and_1150_pictures_in_that_order(table):
    assert [row["version"] for row in table] == ["v1"] * 650 + ["v2"] * 500
    assert list(table[0]) == ["file_name", "group", "version"]


def test_the_table_lists_the_files_and_nothing_else(table):
    on_disk = {p.relative_to(IMAGES).as_posix() for p in IMAGES.rglob("*") if p.is_file()}
    assert on_disk == {row["file_name"] for row in table} | {"metadata.csv"}


@pytest.mark.parametrize(("version", "least", "most"), [("v1", 92, 93), ("v2", 71, 72)])
def test_labels_are_balanced_in_each_version(table, version, least, most):
    counts = Counter(label_of(row) for row in table if row["version"] == version)
    assert set(counts) == set(design.PACKAGES)
    assert set(counts.values()) == {least, most}


def test_all_labels_have_the_same_drawings_less_one_at_most(table):
    stems = defaultdict(set)
    for row in table:
        stems[label_of(row)].add((Path(row["file_name"]).stem, row["group"], row["version"]))
    everything = set().union(*stems.values())
    assert len(everything) == 165
    assert sorted(len(everything - own) for own in stems.values()) == [0, 0, 1, 1, 1, 1, 1]


def test_groups_are_global_and_version_1_has_some_of_them(table):
    of_stem = defaultdict(set)
    for row in table:
        of_stem[Path(row["file_name"]).stem].add(row["group"])
    assert all(len(groups) == 1 for groups in of_stem.values())
    first = {row["group"] for row in table if row["version"] == "v1"}
    everything = {row["group"] for row in table}
    assert (len(first), len(everything)) == (39, 49)
    # No group is so large that a fold of five must be lopsided.
    assert max(Counter(row["group"] for row in table).values()) <= 1150 // 20


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("man-light", "woman"),
        ("prince", "princess-light"),
        ("person-biking-light", "person-mountain-biking"),
        ("baby", "baby-angel-light"),
        ("santa-claus", "mrs-claus-dark"),
    ],
)
def test_tones_and_genders_of_a_subject_share_its_group(table, one, other):
    groups = {Path(row["file_name"]).stem: row["group"] for row in table}
    assert groups[one] == groups[other]


def test_skin_tones_are_about_as_frequent(table):
    for version in ("v1", "v2"):
        tones = Counter(
            next(
                (
                    t
                    for t in sorted(design.TONES, key=len, reverse=True)
                    if row["file_name"].endswith(f"-{t}.png")
                ),
                "",
            )
            for row in table
            if row["version"] == version
        )
        toned = [tones[t] for t in design.TONES]
        assert max(toned) <= 1.7 * min(toned)


def test_every_picture_is_plain_rgb_of_256_pixels(contents):
    for name, content in contents.items():
        with Image.open(io.BytesIO(content)) as image:
            assert (image.format, image.mode, image.size) == ("PNG", "RGB", (256, 256)), name
            assert not image.info, name
        assert build.chunk_kinds(content) == [b"IHDR", b"IDAT", b"IEND"], name


def test_no_two_pictures_have_the_same_bytes(contents):
    assert len({hashlib.sha256(content).digest() for content in contents.values()}) == 1150


def test_every_picture_shows_something_on_white(contents):
    for name, content in contents.items():
        with Image.open(io.BytesIO(content)) as image:
            pixels = np.asarray(image)
        drawn = (pixels < 250).any(axis=2).mean()
        assert 0.05 < drawn < 0.95, name  # neither blank nor a filled square
        colours = pixels.astype(np.uint32) @ np.array([1 << 16, 1 << 8, 1], dtype=np.uint32)
        assert len(np.unique(colours)) > 20, name  # edges are smoothed


def test_data_stays_under_12_megabytes(contents):
    rest = [IMAGES / "metadata.csv", DATA / "LICENSES.md", DATA / "README.md"]
    assert sum(map(len, contents.values())) + sum(path.stat().st_size for path in rest) < 12e6


def test_licences_name_every_set_with_version_and_terms():
    text = (DATA / "LICENSES.md").read_text(encoding="utf-8")
    for label, package in design.PACKAGES.items():
        line = next(line for line in text.splitlines() if f"`images/{label}/`" in line)
        assert f"`@iconify-json/{label}` {package.version} " in line
        assert line.endswith(f"| {package.licence} |")
    for author in ("Emoji One", "Microsoft Corporation", "Google Inc", "OpenMoji", "Twitter, Inc"):
        assert author in text
    assert "Share-alike" in text
    assert "flattened on white" in text


def test_check_accepts_the_pictures_on_disk(capsys):
    assert build.main(["--check", "--out", str(IMAGES)]) == 0
    assert "1150 pictures" in capsys.readouterr().out
