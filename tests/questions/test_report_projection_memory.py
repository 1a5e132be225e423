"""A projection is made once; whatever is wrong with the one kept, it is made again."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from report_cases import clusters

from styleid.questions.projection import process as projection_process
from styleid.questions.projection.measure import ProjectionHandle
from styleid.questions.run_data import Projection

ANSWER = "pack_array(np.arange(48.0).reshape(24, 2)) + pack(b'0.875')"
CODE = "from styleid.questions.projection.process import *\nimport sys; sys.stdout.buffer.write({})"


@pytest.fixture
def answering(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(projection_process, "_ARGUMENTS", ("-c", CODE.format(ANSWER)))


def crash(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(projection_process, "_ARGUMENTS", ("-c", "import os; os._exit(7)"))


def made(folder: Path, rows: np.ndarray | None = None, seed: int = 0) -> Projection:
    with ProjectionHandle(clusters() if rows is None else rows, seed, kept=folder) as handle:
        return handle.result()


def test_the_second_time_nobody_waits(answering, monkeypatch, tmp_path):
    first = made(tmp_path / "p")
    crash(monkeypatch)
    again = made(tmp_path / "p")
    assert (again.method, again.trustworthiness, again.note) == ("umap", 0.875, None)
    np.testing.assert_array_equal(again.coordinates, first.coordinates)


def test_other_rows_and_other_seeds_are_made_anew(answering, monkeypatch, tmp_path):
    made(tmp_path)
    crash(monkeypatch)
    assert made(tmp_path, seed=1).method == "pca"
    assert made(tmp_path, clusters()[::-1]).method == "pca"
    assert made(tmp_path / "elsewhere").method == "pca"


@pytest.mark.parametrize("harm", ["cut", "flip", "empty", "other"])
def test_a_damaged_one_is_made_anew(harm, answering, monkeypatch, tmp_path):
    first = made(tmp_path)
    (file,) = tmp_path.iterdir()
    data = bytearray(file.read_bytes())
    if harm == "other":
        np.savez(file, coordinates=np.zeros((3, 2)), trustworthiness=1.0)
    else:
        data[200] ^= 1
        file.write_bytes({"cut": data[: len(data) // 2], "flip": data, "empty": b""}[harm])
    again = made(tmp_path)
    np.testing.assert_array_equal(again.coordinates, first.coordinates)
    crash(monkeypatch)
    assert made(tmp_path).method == "umap", "kept again, whole"


def test_pca_is_not_kept(monkeypatch, tmp_path):
    crash(monkeypatch)
    assert made(tmp_path / "p").method == "pca"
    assert not (tmp_path / "p").exists()


def test_where_nothing_can_be_written_nothing_is_lost(answering, tmp_path):
    (tmp_path / "p").write_text("a file")
    assert made(tmp_path / "p").method == "umap"
