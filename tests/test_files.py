from __future__ import annotations

import csv
import io
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from styleid.errors import OutputError
from styleid.files import cache_folder, csv_text, write_atomic, writing


@pytest.fixture(autouse=True)
def _no_waiting_for_the_disk() -> None:
    """Here everything is written in earnest."""


def test_a_failed_write_leaves_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "folder" / "a.txt"
    write_atomic(path, "before")
    for step in ("fsync", "replace"):

        def fail(*args: object) -> None:
            raise OSError(28, "No space left on device")

        with monkeypatch.context() as patch:
            patch.setattr(os, step, fail)
            with pytest.raises(OutputError, match="cannot write .*a.txt: No space left on device"):
                write_atomic(path, "after")
        assert path.read_text() == "before"
        assert [p.name for p in path.parent.iterdir()] == ["a.txt"]
    write_atomic(path, b"after")
    assert path.read_bytes() == b"after"


def test_a_folder_that_is_a_file_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="cannot write"):
        write_atomic(tmp_path / "file" / "a.txt", "x")


def test_errors_of_others_pass_through() -> None:
    with pytest.raises(KeyError, match="mine"), writing(Path("a")):
        raise KeyError("mine")


@given(st.lists(st.lists(st.text(), min_size=2, max_size=2), max_size=5))
def test_a_table_reads_back(rows: list[list[str]]) -> None:
    assert list(csv.reader(io.StringIO(csv_text(rows), newline=""), strict=True)) == rows


@pytest.mark.parametrize("name", ["絵" * 84 + "é", "a" * 255])
def test_a_name_as_long_as_a_file_may_have_is_written(tmp_path: Path, name: str) -> None:
    assert len(name.encode()) in (254, 255)
    write_atomic(tmp_path / name, "x")
    assert [p.name for p in tmp_path.iterdir()] == [name]


def test_threads_that_write_one_path_do_not_meet(tmp_path: Path) -> None:
    path, contents = tmp_path / "a.txt", [str(number) * 200_000 for number in range(8)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda content: write_atomic(path, content), contents * 5))
    assert path.read_text() in contents
    assert [p.name for p in tmp_path.iterdir()] == ["a.txt"]


def test_without_a_home_nothing_is_kept_and_nothing_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    def homeless() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setattr(Path, "home", staticmethod(homeless))
    file = cache_folder() / "kept"
    with pytest.raises(OSError, match="Not a directory"):
        file.read_bytes()
    with pytest.raises(OutputError, match="cannot write"):
        write_atomic(file, b"")
