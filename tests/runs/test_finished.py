"""Tasks of a long command: done once, kept as they come, and taken up where they were."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from styleid.runs.finished import Finished, Work


def square(log: Path, n: int) -> dict[str, Any]:
    if n < 0:
        raise ZeroDivisionError("told to fail")
    with log.open("a") as file:
        file.write(f"{n} {os.getpid()}\n")
    return {"square": n * n / 3}


def works(log: Path, *numbers: int, version: str = "1") -> dict[str, Work]:
    return {f"task-{n}": Work(f"{n:060}{version:>4}"[::-1], partial(square, log, n)) for n in numbers}


def done(log: Path) -> list[int]:
    return [int(line.split()[0]) for line in log.read_text().splitlines()] if log.exists() else []


def test_what_is_finished_is_not_done_again(tmp_path: Path) -> None:
    log, finished = tmp_path / "log", Finished(tmp_path / "parts")
    told: list[tuple[int, int]] = []
    contents, resumed = finished.run(works(log, 1, 2), 1, lambda *at: told.append(at))
    assert ({name: of["square"] for name, of in contents.items()}, resumed) == (
        {"task-1": 1 / 3, "task-2": 4 / 3},
        0,
    )
    assert told == [(0, 2), (1, 2), (2, 2)]
    told.clear()
    contents, resumed = finished.run(works(log, 2, 3, 1), 2, lambda *at: told.append(at))
    assert [contents[f"task-{n}"]["square"] for n in (1, 2, 3)] == [1 / 3, 4 / 3, 3.0]
    assert (resumed, sorted(done(log)), told) == (2, [1, 2, 3], [(2, 3), (3, 3)])
    contents, resumed = finished.run(works(log, 1, version="2"), 1)
    assert (resumed, done(log).count(1)) == (0, 2), "another digest is another task"
    assert finished.run({}, 4) == ({}, 0)


def test_what_came_before_a_failure_is_kept(tmp_path: Path) -> None:
    log, finished = tmp_path / "log", Finished(tmp_path / "parts")
    with pytest.raises(ZeroDivisionError, match="told to fail"):
        finished.run(works(log, 1, 2, -1, 3), 1)
    assert done(log) == [1, 2]
    (damaged,) = (tmp_path / "parts").glob("task-2-*")
    damaged.write_text("{")
    _, resumed = finished.run(works(log, 1, 2, 3), 1)
    assert (resumed, sorted(done(log))) == (1, [1, 2, 2, 3])
