from __future__ import annotations

import csv
import io
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from styleid.errors import OutputError
from styleid.files import csv_text, write_atomic, writing


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
