"""A run's folder is the new one or the one before, whatever fails."""

from __future__ import annotations

from pathlib import Path

import pytest

from styleid.errors import OutputError
from styleid.runs.folder import REPORT, run_folder


def test_a_run_that_cannot_be_put_in_its_place_leaves_the_one_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target, real = tmp_path / "run", Path.replace
    target.mkdir()
    (target / REPORT).write_text("before")

    def refuse_new(path: Path, place: Path) -> Path:
        if path.suffix == ".new":
            raise OSError(28, "no space")
        return real(path, place)

    monkeypatch.setattr(Path, "replace", refuse_new)
    with pytest.raises(OutputError, match="no space"), run_folder(target) as folder:
        (folder / REPORT).write_text("after")
    assert (target / REPORT).read_text() == "before"
    assert [path.name for path in tmp_path.iterdir()] == ["run"]
    monkeypatch.undo()
    with run_folder(target) as folder:
        (folder / REPORT).write_text("after")
    assert (target / REPORT).read_text() == "after"
    assert [path.name for path in tmp_path.iterdir()] == ["run"]
