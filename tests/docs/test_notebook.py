"""The notebook of the documentation runs as it stands, and its results show themselves."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

NOTEBOOK = Path(__file__).parents[2] / "docs" / "notebook.ipynb"


def test_the_notebook_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("nbclient", reason="the extra docs is not installed")
    pytest.importorskip("ipykernel", reason="the extra docs is not installed")
    import nbformat
    from nbclient import NotebookClient

    monkeypatch.setenv(
        "PYTHONPATH", os.pathsep.join([str(NOTEBOOK.parents[1]), os.environ.get("PYTHONPATH", "")])
    )
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    assert not any(cell.get("outputs") for cell in notebook.cells), "results are made by running it"
    began = time.monotonic()
    NotebookClient(
        notebook, timeout=300, kernel_name="python3", resources={"metadata": {"path": str(NOTEBOOK.parent)}}
    ).execute()
    print(f"{time.monotonic() - began:.0f} s")
    pages = [
        output["data"]["text/html"]
        for cell in notebook.cells
        for output in cell.get("outputs", [])
        if "text/html" in output.get("data", {})
    ]
    assert len(pages) == 5, "vectors, check, compare, fit and predict"
    vectors, check, compare, fit, verdicts = pages
    assert "896 numbers each" in vectors
    assert "page:" in check
    assert "<th>balanced accuracy</th>" in compare
    assert "nearest centroid" in fit
    assert "6 verdicts" in verdicts
    assert "this picture" in verdicts, "it says what it learned from"
    assert "<script" not in "".join(pages)
    assert max(map(len, pages)) < 20_000
