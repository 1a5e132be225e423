"""A run's folder is the new one or the one before, whatever fails."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from fitted import Workspace, run

from styleid.errors import InputError, OutputError
from styleid.runs.folder import REPORT, clear_leftovers, run_folder


def test_what_a_killed_run_left_is_put_right_and_said(workspace: Workspace) -> None:
    """A kill between two renames leaves the run aside, and half a new one; who lives is left alone."""
    first = run(workspace, folds=3)
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    living = first.folder.with_name(f".{first.folder.name}.{os.getppid()}.new")
    first.folder.rename(first.folder.with_name(f".{first.folder.name}.{dead.pid}.old"))
    for left in (living, first.folder.with_name(f".{first.folder.name}.{dead.pid}.new")):
        left.mkdir()
        (left / "half").write_text("")
    with pytest.raises(InputError, match="at least 2 folds"):  # the command itself may fail: the run is back
        run(workspace, folds=1)
    assert (first.folder / REPORT).is_file()
    assert sorted(path.name for path in workspace.out.iterdir()) == [living.name, first.folder.name]
    shutil.copytree(first.folder, first.folder.with_name(f".{first.folder.name}.{dead.pid}.old"))
    with pytest.raises(InputError, match="at least 2 folds"):  # killed after both: the new run stays
        run(workspace, folds=1)
    assert sorted(path.name for path in workspace.out.iterdir()) == [living.name, first.folder.name]
    first.folder.rename(first.folder.with_name(f".{first.folder.name}.{dead.pid}.old"))
    assert f"moved {first.folder} aside: it was put back" in run(workspace, folds=3).result["notes"][0]


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


def test_a_link_to_a_run_stays_and_the_run_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "far" / "kept").mkdir(parents=True)
    (tmp_path / "reports").mkdir()
    link = tmp_path / "reports" / "lda"
    link.symlink_to("../far/kept")
    for text in ("first", "second"):
        with run_folder(link) as folder:
            (folder / REPORT).write_text(text)
        assert link.is_symlink()
        assert (tmp_path / "far" / "kept" / REPORT).read_text() == text
    (tmp_path / "far" / "kept").rename(tmp_path / "far" / ".kept.4000000.old")
    (told,) = clear_leftovers(link)
    assert told.endswith("aside: it was put back")
    assert (link / REPORT).read_text() == "second"
    # What a styleid of before left of such a run: the link itself, set aside.
    (tmp_path / "reports" / "fit").mkdir()
    (tmp_path / "reports" / ".fit.4000000.old").symlink_to("../far/kept")
    (told,) = clear_leftovers(tmp_path / "reports" / "fit")
    assert told.startswith("what a killed run left was removed: ")
    assert (link / REPORT).read_text() == "second", "nothing behind a link is removed"
    left = sorted(path.name for path in (*(tmp_path / "reports").iterdir(), *(tmp_path / "far").iterdir()))
    assert left == ["fit", "kept", "lda"]
