"""`load_vectors`, and what results show of themselves in a notebook."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
from fitted import DIM, Workspace

from styleid import Run, StyleIdError, load_vectors


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path)


def test_rows_are_in_manifest_order_beside_their_table(workspace: Workspace) -> None:
    order = np.random.default_rng(0).permutation(60)
    workspace.rows, workspace.points = [workspace.rows[i] for i in order], workspace.points[order]
    workspace.write()
    X, table, notes = load_vectors(workspace.vectors)
    np.testing.assert_array_equal(X, workspace.points)
    assert (X.dtype, notes) == (np.float32, ())
    assert list(table["image_id"]) == [row.image_id for row in workspace.rows]
    assert list(table["group"]) == [row.group for row in workspace.rows]


def test_with_pandas_it_is_a_frame_and_without_the_columns(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pandas", None)
    plain = load_vectors(workspace.vectors).table
    assert isinstance(plain, dict)
    monkeypatch.undo()
    pandas = pytest.importorskip("pandas", reason="pandas is not installed")
    frame = load_vectors(workspace.vectors).table
    assert isinstance(frame, pandas.DataFrame)
    assert {name: list(frame[name]) for name in frame} == plain


def test_a_picture_without_a_vector_is_named(workspace: Workspace) -> None:
    with open(workspace.manifest, "a", encoding="utf-8") as file:
        file.write("late.png,images/late.png,ann,,,,\n")
    X, table, notes = load_vectors(workspace.vectors, workspace.manifest)
    assert X.shape == (60, DIM)
    assert len(table["label"]) == 60
    assert notes[-1].endswith(
        "it has no vector of the views square (`styleid embed --views square`): late.png"
    )


@pytest.mark.parametrize(
    ("given", "message"),
    [({"space": "no"}, "0 spaces"), ({"views": "x"}, "--views expects"), ({"pool": "x"}, "--pool expects")],
)
def test_what_is_not_there_is_one_line(workspace: Workspace, given: dict[str, str], message: str) -> None:
    with pytest.raises(StyleIdError, match=message):
        load_vectors(workspace.vectors, **given)
    with pytest.raises(StyleIdError, match="no manifest at"):
        load_vectors(workspace.vectors, workspace.root / "nothing.csv")


def test_names_are_shown_and_never_run(workspace: Workspace) -> None:
    evil = "<script>alert(1)</script>"
    workspace.rows[0] = workspace.rows[0].__class__(
        evil, "images/x.png", evil, sha256=workspace.rows[0].sha256
    )
    workspace.write()
    shown = load_vectors(workspace.vectors)._repr_html_()
    assert "<script" not in shown
    assert shown.count("&lt;script&gt;") == 2
    assert "and 40 more" in shown
    result = {"verdict": evil, "findings": [{"kind": "x", "severity": "stop", "text": evil}]}
    assert "<script" not in Run(Path("r"), Path(evil), result)._repr_html_()
