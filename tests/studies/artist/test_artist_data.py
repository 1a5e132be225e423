"""Versions and divisions on the demo data: the project's own sizes, and no subject on two sides."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from styleid import join_groups
from styleid.data.manifest.table import Manifest, Row
from styleid.errors import InputError
from styleid.rows.training_set import TrainingSet
from styleid.studies.artist.divisions import versions
from styleid.studies.artist.record import DEFAULT_TARGET, ArtistOptions, quick_options
from styleid.studies.pictures import read_squares

DEMO = Path(__file__).parents[3] / "data/images"


def demo(target: str = DEFAULT_TARGET) -> TrainingSet:
    """The demo manifest as `training_set` would give it; vectors are not looked at."""
    with open(DEMO / "metadata.csv", newline="", encoding="utf-8") as file:
        found = [
            Row(
                line["file_name"],
                line["file_name"],
                line["file_name"].split("/")[0],
                line["group"],
                extra={"version": line["version"]},
            )
            for line in csv.DictReader(file)
        ]
    own = np.array([row.label for row in found])
    y = np.where(own == target, target, "others")
    components = join_groups([row.image_id for row in found], [row.group for row in found])
    manifest = Manifest(tuple(found), DEMO)
    return TrainingSet(
        manifest, np.zeros((len(y), 1), np.float32), y, own, components, ("others", target), 0, ()
    )


def test_the_sizes_are_the_projects() -> None:
    parts = versions(demo(), 0)
    sizes = {
        name: (len(of.rows), *(len(p) for p in (f.train, f.validation, f.test)))
        for name, of in parts.items()
        for f in (of.folds["per picture"],)
    }
    assert sizes == {"v1": (650, 416, 104, 130), "v2": (1150, 736, 184, 230)}


def test_grouped_divisions_are_near_these_sizes_and_split_no_subject() -> None:
    data, parts = demo(), versions(demo(), 0)
    for name, expected in (("v1", (416, 104, 130)), ("v2", (736, 184, 230))):
        fold = parts[name].folds["grouped"]
        rows = [fold.train, fold.validation, fold.test]
        for part, size in zip(rows, expected, strict=True):
            assert abs(len(part) / size - 1) < 0.05
            assert (data.y[part] == DEFAULT_TARGET).any()
        held = [set(data.components[part]) for part in rows]
        assert not held[0] & held[1]
        assert not held[0] & held[2]
        assert not held[1] & held[2]
        alone = parts[name].folds["per picture"]
        assert set(data.components[alone.test]) & set(data.components[alone.train]), (
            "what careless division does"
        )


def test_version_1_holds_no_picture_of_version_2() -> None:
    data, parts = demo(), versions(demo(), 0)
    for fold in parts["v1"].folds.values():
        every = np.concatenate([fold.train, fold.validation, fold.test])
        assert {data.manifest.rows[i].extra["version"] for i in every} == {"v1"}
        np.testing.assert_array_equal(np.sort(every), parts["v1"].rows)
    assert {data.manifest.rows[i].extra["version"] for i in parts["v2"].rows} == {"v1", "v2"}


def test_a_manifest_without_versions_is_refused() -> None:
    data = demo()
    for row in data.manifest.rows:
        row.extra.clear()
    with pytest.raises(InputError, match=r"needs two versions: a column 'version' .* found it in 0 of 1150"):
        versions(data, 0)


def test_pictures_are_read_in_the_order_of_the_manifest(tmp_path: Path) -> None:
    manifest = Manifest(demo().manifest.rows[:3], DEMO)
    paths = [manifest.file(row) for row in manifest.rows]
    pixels = read_squares(paths, 16)
    assert (pixels.shape, pixels.dtype) == ((3, 16, 16, 3), np.uint8)
    np.testing.assert_array_equal(read_squares(paths[::-1], 16), pixels[::-1])
    with pytest.raises(InputError, match=r"expected a picture that can be read at .*emojione"):
        read_squares([tmp_path / row.path for row in manifest.rows], 16)


def test_defaults_are_the_projects_and_the_short_form_says_so() -> None:
    assert (ArtistOptions().epochs, ArtistOptions().quick, ArtistOptions().views) == (20, False, 4)
    assert quick_options("ann", 3).quick
    assert (quick_options("ann", 3).target, quick_options("ann", 3).seed) == ("ann", 3)
