from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from styleid.data.manifest.table import (
    Manifest,
    Row,
    paths_from,
    read_manifest,
    write_manifest,
)
from styleid.errors import InputError

# Every string a file's name can be on a POSIX disk, undecodable bytes included.
names = (
    st.binary(min_size=1, max_size=30)
    .filter(lambda b: b"\0" not in b)
    .map(lambda b: b.decode("utf-8", "surrogateescape"))
)


@settings(deadline=None, max_examples=100)
@given(st.lists(st.tuples(names, names, names), unique_by=lambda row: row[0], max_size=6))
def test_any_name_survives_the_file(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str, str]]
) -> None:
    path = tmp_path_factory.mktemp("manifest") / "manifest.csv"
    written = tuple(Row(i, i, label, group, extra={"version": "v1"}) for i, label, group in rows)
    write_manifest(Manifest(written, path.parent), path)
    assert read_manifest(path).rows == written


def test_extra_columns_are_carried_along(tmp_path: Path) -> None:
    (tmp_path / "m.csv").write_text("path,label,year\na.png,x,1890\n")
    manifest = read_manifest(tmp_path / "m.csv")
    assert manifest.rows[0].image_id == "a.png"
    assert manifest.rows[0].value("year") == "1890"
    write_manifest(manifest, tmp_path / "m.csv")
    first = (tmp_path / "m.csv").read_text().splitlines()[0]
    assert first == "image_id,path,label,group,source,split,sha256,year"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("path\na.png\n", "lacks label"),
        ("", "lacks label, path"),
        ("path,label\na.png\n", "line 2: the row has another number of fields"),
        ("path,label\na.png,x,y\n", "line 2: the row has another number of fields"),
        ("path,label\n,x\n", "line 2: the path is empty"),
        ("path,label,split\na.png,x,dev\n", "split is 'dev'"),
        ("path,label\na.png,x\na.png,y\n", "names 'a.png' twice"),
        ('path,label\n"a.png,x\n', "not a CSV table"),
    ],
)
def test_what_is_no_manifest_is_refused(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "m.csv").write_text(text)
    with pytest.raises(InputError, match=message):
        read_manifest(tmp_path / "m.csv")


def test_a_missing_manifest_says_what_to_run(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="run `styleid embed FOLDER` first"):
        read_manifest(tmp_path / "m.csv")


def test_where_keeps_rows_in_order() -> None:
    rows = tuple(Row(f"{i}", f"{i}", "ab"[i % 2], extra={"version": f"v{i % 3}"}) for i in range(9))
    manifest = Manifest(rows, Path())
    assert [row.image_id for row in manifest.where("version=v1").rows] == ["1", "4", "7"]
    assert [row.image_id for row in manifest.where("label=b").rows] == ["1", "3", "5", "7"]
    assert manifest.where(None) is manifest


@pytest.mark.parametrize(
    ("condition", "message"),
    [
        ("version", "expects COLUMN=VALUE"),
        ("colour=red", "no column 'colour'"),
        ("label=z", "there are 'a', 'b'"),
    ],
)
def test_a_condition_that_cannot_be_met_is_refused(condition: str, message: str) -> None:
    manifest = Manifest((Row("1", "1", "a"), Row("2", "2", "b")), Path())
    with pytest.raises(InputError, match=message):
        manifest.where(condition)


def test_paths_move_with_the_manifest_when_they_lie_beside_it(tmp_path: Path) -> None:
    data, names = tmp_path / "data", ["b/a.png", "c.png"]
    outside = [(tmp_path / "else" / name).as_posix() for name in names]
    assert paths_from(data, data / "images", names) == ["images/b/a.png", "images/c.png"]
    assert paths_from(data, data / "x" / ".." / "images", names) == ["images/b/a.png", "images/c.png"]
    assert paths_from(data, data, names) == names
    assert paths_from(data / "b", data, names) == ["a.png", (data / "c.png").as_posix()]
    assert paths_from(data, tmp_path / "else", names) == outside
    assert paths_from(data, tmp_path / "data-else", names)[1] == (tmp_path / "data-else/c.png").as_posix()
    assert paths_from(data, Path("/"), ["a.png"]) == ["/a.png"]
