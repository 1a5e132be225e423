from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from report_cases import clusters

from styleid.questions.projection import process as projection_process
from styleid.questions.projection.measure import (
    TIME_LIMIT,
    ProjectionHandle,
    measure_trustworthiness,
)
from styleid.questions.run_data import Projection


def project(X: np.ndarray, seed: int) -> Projection:
    with ProjectionHandle(X, seed) as handle:
        return handle.result()


@pytest.fixture
def crashing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(projection_process, "_ARGUMENTS", ("-c", "import os; os._exit(7)"))


@pytest.fixture
def sleeping(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(projection_process, "_ARGUMENTS", ("-c", "import time; time.sleep(600)"))


@pytest.fixture(scope="module", autouse=True)
def umap_twins(tmp_path_factory):
    """Two projections of the same rows with the same seed, and the folder they had for temporary files.

    UMAP compiles for many seconds: both begin with the first test here, and the last one looks at them.
    """
    scratch = tmp_path_factory.mktemp("scratch")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TMPDIR", str(scratch))
        first, second = ProjectionHandle(clusters(), 3), ProjectionHandle(clusters(), 3)
    with first, second:
        yield first, second, scratch


def test_what_the_child_says_is_not_heard(monkeypatch, capfd):
    code = "import os, sys; print('noise'); sys.stderr.write('noise'); os.system('echo noise >&2')"
    monkeypatch.setattr(projection_process, "_ARGUMENTS", ("-c", code))
    assert project(clusters(), 0).method == "pca"
    assert capfd.readouterr() == ("", "")


def test_umap_is_never_loaded_here():
    code = (
        "import sys, styleid.questions.projection.measure; "
        "sys.exit('umap' in sys.modules or 'sklearn' in sys.modules)"
    )
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    assert subprocess.run([sys.executable, "-c", code], env=environment, check=False).returncode == 0


@pytest.mark.parametrize("n", [0, 1, 2, 3, 4])
def test_too_few_rows_fall_back_to_pca(n):
    made = project(np.random.default_rng(0).normal(size=(n, 8)).astype(np.float32), 0)
    assert made.method == "pca"
    assert made.coordinates.shape == (n, 2)
    assert np.isfinite(made.coordinates).all()
    assert made.note == f"PCA instead of UMAP, which needs at least 5 pictures; there are {n}"
    assert (made.trustworthiness is None) == (n < 3)


@pytest.mark.parametrize("row", [np.zeros(8), np.ones(8), np.full(8, 1e-30), np.full(8, 1e30)])
def test_equal_rows_fall_on_one_point(row):
    made = project(np.tile(row, (9, 1)) * np.arange(1, 10)[:, None], 0)
    np.testing.assert_array_equal(made.coordinates, np.zeros((9, 2)))
    assert made.trustworthiness is None
    assert made.note == "PCA instead of UMAP: all vectors point the same way"


def test_one_dimension_is_enough():
    made = project(np.array([[-1.0], [1.0], [1.0]]), 0)
    assert made.coordinates.shape == (3, 2)
    assert made.coordinates[0, 0] != made.coordinates[1, 0] == made.coordinates[2, 0]


def test_a_crash_falls_back_to_pca(crashing):
    made = project(clusters(), 0)
    assert made.method == "pca"
    assert made.note == "PCA instead of UMAP, whose process ended early (status 7)"
    assert made.trustworthiness > 0.7
    np.testing.assert_array_equal(made.coordinates, project(clusters(), 0).coordinates)


def test_a_crash_with_more_rows_than_a_pipe_holds(crashing):
    assert project(np.random.default_rng(0).normal(size=(500, 512)), 0).method == "pca"


@pytest.mark.parametrize(
    "answer",
    [
        "b''",
        "b'garbage'",
        "pack(b'1')",
        "pack_array(np.zeros((3, 2))) + pack(b'1.0')",
        "pack_array(np.full((24, 2), np.nan)) + pack(b'1.0')",
        "(pack_array(np.zeros((24, 2))) + pack(b'1.0'))[:-2]",
    ],
)
def test_a_wrong_answer_is_not_believed(answer, monkeypatch):
    code = (
        f"from styleid.questions.projection.process import *\nimport sys; sys.stdout.buffer.write({answer})"
    )
    monkeypatch.setattr(projection_process, "_ARGUMENTS", ("-c", code))
    made = project(clusters(), 0)
    assert made.method == "pca"
    assert "ended early (status 0)" in made.note


def test_running_too_long_falls_back_to_pca(sleeping):
    handle = ProjectionHandle(clusters(), 0, time_limit=0.5)
    made = handle.result()
    assert made.method == "pca"
    assert made.note == "PCA instead of UMAP, which ran past its limit of 0.5 s"
    assert handle._process.status not in (None, 0), "the child was ended"
    assert handle.result() is made


def test_the_limit_grows_with_the_rows(sleeping):
    small, large = (ProjectionHandle(np.random.default_rng(0).normal(size=(n, 2)), 0) for n in (10, 1000))
    with small, large:
        assert TIME_LIMIT < small._limit < large._limit


def test_no_interpreter_to_start(monkeypatch):
    monkeypatch.setattr(sys, "executable", "/does/not/exist")
    assert project(clusters(), 0).note == (
        "PCA instead of UMAP, whose process cannot be started: No such file or directory"
    )


def test_the_child_ends_with_the_block(sleeping):
    with ProjectionHandle(clusters(), 0) as handle:
        assert handle._process.status is None
    assert handle._process.status == -9


def test_the_child_ends_when_forgotten(sleeping):
    handle = ProjectionHandle(clusters(), 0)
    process = handle._process._process
    del handle
    assert process.wait(timeout=20) == -9


@pytest.mark.skipif(not Path("/proc/self/maps").exists(), reason="looks processes up in /proc")
def test_the_child_ends_when_the_parent_is_killed():
    code = (
        "import numpy as np, time\n"
        "from styleid.questions.projection.measure import ProjectionHandle\n"
        "X = np.random.default_rng(0).normal(size=(20_000, 64))  # minutes of work\n"
        "handle = ProjectionHandle(X, 0)\n"
        "print(handle._process._process.pid, flush=True)\n"
        "time.sleep(600)\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    with subprocess.Popen([sys.executable, "-c", code], env=environment, stdout=subprocess.PIPE) as parent:
        child = int(parent.stdout.readline())
        try:
            # Only once it is at work, with all its rows read, is there something to notice.
            assert within(60, lambda: "llvmlite" in Path(f"/proc/{child}/maps").read_text())
            parent.kill()
            assert within(30, lambda: not is_alive(child)), "the child outlived its parent"
        finally:
            parent.kill()
            if is_alive(child):
                os.kill(child, signal.SIGKILL)


def within(seconds: float, condition: Callable[[], bool]) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.1)
    return False


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def test_trustworthiness_tells_a_good_plane_from_a_random_one():
    X = clusters()
    good = project(X[:4], 0)  # PCA
    assert good.trustworthiness is not None
    shuffled = np.random.default_rng(1).normal(size=(len(X), 2))
    assert measure_trustworthiness(X, shuffled, 0) < 0.75 < measure_trustworthiness(X, X[:, :2], 0) + 0.25
    unit = X / np.linalg.norm(X, axis=1, keepdims=True)
    assert measure_trustworthiness(X, unit, 0) > 0.99, "cosine among rows, as UMAP uses it"


def test_trustworthiness_of_many_rows_uses_a_seeded_sample(monkeypatch):
    monkeypatch.setattr("styleid.questions.projection.measure.TRUST_ROWS", 60)
    rng = np.random.default_rng(0)
    X = rng.normal(size=(200, 8))
    plane = X[:, :2]
    assert measure_trustworthiness(X, plane, 1) == measure_trustworthiness(X, plane, 1)
    assert measure_trustworthiness(X, plane, 1) != measure_trustworthiness(X, plane, 2)


def test_umap_keeps_neighbours_is_repeatable_and_leaves_nothing_behind(umap_twins):
    first, second, scratch = umap_twins
    a, b = first.result(), second.result()
    assert (a.method, a.note) == ("umap", None)
    assert a.coordinates.shape == (24, 2)
    assert a.coordinates.dtype == np.float64
    np.testing.assert_array_equal(a.coordinates, b.coordinates)
    assert a.trustworthiness == b.trustworthiness
    assert a.trustworthiness == measure_trustworthiness(clusters(), a.coordinates, 3) > 0.7
    distance = np.linalg.norm(a.coordinates[:, None] - a.coordinates[None], axis=-1)
    np.fill_diagonal(distance, np.inf)
    heap = np.arange(24) // 8
    assert (heap[distance.argmin(axis=1)] == heap).all(), "rows in, rows out, in the same order"
    assert list(scratch.iterdir()) == []
