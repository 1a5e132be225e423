"""The examples of docs/python.md run, in order, as they stand, and come in by the door."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from quick import Quick

import styleid

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "python.md"
BLOCKS = re.findall(r"^```python\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.M | re.S)
#: They speak to who works on styleid, not with it.
INSIDE = ("backbone.md", "decisions.md", "formats.md")


def test_the_examples_run(
    pictures: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("styleid.runs.fit.run.ProjectionHandle", Quick)
    monkeypatch.setattr("os.cpu_count", lambda: 1)  # more start processes; a fit does in tests/cli/
    assert len(BLOCKS) == 6
    names: dict[str, object] = {"folder": pictures, "work": tmp_path / "work"}
    for block in BLOCKS:
        exec(compile(block, str(PAGE), "exec"), names)
    printed = capsys.readouterr().out
    shown = {name: names[name]._repr_html_() for name in ("audit", "compared", "run", "vectors")}
    assert "<th>found</th>" in shown["audit"]
    assert "<td>lda</td>" in shown["compared"]
    assert "nearest centroid" in shown["run"]
    assert "24 pictures, 896 numbers each" in shown["vectors"]
    assert "<script" not in "".join(shown.values())
    assert "['blot' 'noise' 'stripe']" in printed
    assert "report.html" in printed
    assert "no head called 'perceptron'" in printed
    assert str(sorted(pictures.rglob("*.png"))[0]) in printed
    reports = tmp_path / "work" / "reports"
    assert {path.name for path in reports.iterdir()} == {"check", "compare", "centroid"}


def test_the_examples_show_every_name_of_the_door() -> None:
    lines = re.findall(r"^from styleid import (.+)$", "".join(BLOCKS), re.M)
    assert {*", ".join(lines).split(", ")} == {*styleid.__all__} - {"__version__"}


def test_no_page_for_users_reaches_behind_the_door() -> None:
    deep = re.compile(r"(?:from|import) styleid\.\S*|\bstyleid\.[a-z]+\.[a-z_]+")
    assert deep.findall("from styleid.heads.base import get_head")
    for page in [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]:
        if page.name not in INSIDE:
            assert deep.findall(page.read_text(encoding="utf-8")) == [], page.name
