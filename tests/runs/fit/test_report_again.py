"""`styleid report` and `styleid open`: a fit's page made anew from the files of its run, and found again."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import shutil
import webbrowser
from pathlib import Path

import pytest
from command import here_in
from drawing import draw
from fitted import Workspace, run
from page_cases import Page


@pytest.fixture
def fitted(tmp_path: Path) -> Workspace:
    """Two fits on pictures that are all there, where `styleid FOLDER` would have put them."""
    made = Workspace(tmp_path / "pics-styleid", ("ann", "bob", "=cy"), 6)
    for number, row in enumerate(made.rows):
        picture = draw(made.root / row.path, seed=number, style=number % 3, size=(24, 24))
        made.rows[number] = dataclasses.replace(row, sha256=hashlib.sha256(picture.read_bytes()).hexdigest())
    made.write()
    run(made, "first", folds=3)
    run(made, "second", folds=3)
    return made


def page_of(workspace: Workspace, name: str = "first") -> Page:
    return Page((workspace.out / name / "report.html").read_text(encoding="utf-8"))


def test_a_page_made_anew_is_the_fits_but_for_the_faces(fitted: Workspace, tmp_path: Path) -> None:
    before = page_of(fitted)
    table = fitted.out / "first" / "predictions.csv"
    table.write_text(table.read_text().replace("score:'=cy", "score:=cy"))  # as older versions wrote it
    (fitted.out / "first" / "report.html").write_text("of another version")
    (fitted.out / "first" / "grid.png").unlink()
    told = here_in(tmp_path, "report", "first")
    assert (told.returncode, told.stdout) == (0, "page: pics-styleid/reports/first/report.html\n")
    assert told.stderr == (
        "each label has its surest picture at the top of the page, as its vectors were not read\n"
    )
    after = page_of(fitted)
    assert after.data.keys() == before.data.keys()
    for key, value in before.data.items():
        if key == "sure":  # six digits are kept of a score
            assert after.data[key] == pytest.approx(value, abs=1e-5)
        elif key == "aspect":
            assert after.data[key] == pytest.approx(value, rel=1e-3)
        elif key not in ("x", "y", "best"):
            assert after.data[key] == value, key
    assert after.data["x"] == pytest.approx(before.data["x"], abs=2e-4)
    assert [best[0] for best in after.data["best"]] == [best[0] for best in before.data["best"]]
    assert (fitted.out / "first" / "grid.png").exists()


def test_pictures_that_moved_are_found_by_images(fitted: Workspace, tmp_path: Path) -> None:
    shutil.move(fitted.root / "images", tmp_path / "moved")
    before = page_of(fitted).html
    gone = here_in(tmp_path, "report", "first")
    assert gone.returncode == 2
    assert "none of its 18 pictures is where pics-styleid/manifest.csv says" in gone.stderr
    assert "--images FOLDER" in gone.stderr
    assert page_of(fitted).html == before, "a page with pictures is not replaced by one without"
    draw(tmp_path / "moved" / "ann" / "00.png", seed=99)
    (tmp_path / "moved" / "bob" / "01.png").unlink()
    told = here_in(tmp_path, "report", "first", "--images", "moved", "--json")
    assert told.returncode == 0, told.stderr
    assert json.loads(told.stdout)["notes"][0] == (
        "1 picture of 18 changed since, or another has the name: not shown, the first is moved/ann/00.png"
    )
    data = page_of(fitted).data
    shown = {name for name, place in zip(data["ids"], data["thumb"], strict=True) if place >= 0}
    assert set(data["ids"]) - shown == {"ann/00.png", "bob/01.png"}


def test_what_cannot_be_shown_is_told_in_a_line_each(fitted: Workspace, tmp_path: Path) -> None:
    folder = fitted.out / "first"
    fitted.manifest.unlink()
    (folder / "projection.json").unlink()
    assert "no manifest at data/manifest.csv" in here_in(tmp_path, "report", "first").stderr
    told = here_in(tmp_path, "report", "first", "--images", fitted.root / "images")
    assert told.returncode == 0, told.stderr
    assert "pictures are known by their names" in told.stderr
    assert (
        f"there is no plane: {folder.relative_to(tmp_path) / 'projection.json'} is not there" in told.stderr
    )
    assert "x" not in page_of(fitted).data
    (folder / "report.html").unlink()
    without = here_in(tmp_path, "report", folder)
    assert without.returncode == 0, without.stderr
    assert "of that name" not in without.stderr, "a whole path is one run"
    assert "picture is gone" in page_of(fitted).words, "asked for by moving the former one away"


def test_what_is_no_fit_is_refused_in_one_line(fitted: Workspace, tmp_path: Path) -> None:
    folder = fitted.out / "first"
    wrong = {
        "predictions.csv": ("image_id,label\n", "does not belong to the result.json beside it"),
        "result.json": ("{", "cannot read"),
        "projection.json": ("[", "cannot read"),
    }
    for name, (content, words) in wrong.items():
        kept = (folder / name).read_bytes()
        (folder / name).write_text(content)
        told = here_in(tmp_path, "report", "first")
        assert (told.returncode, words in told.stderr) == (2, True), told.stderr
        assert len(told.stderr.splitlines()) == 1
        (folder / name).write_bytes(kept)
    result = json.loads((folder / "result.json").read_bytes())
    (folder / "result.json").write_text(json.dumps({k: v for k, v in result.items() if k != "confusion"}))
    told = here_in(tmp_path, "report", "first")
    assert "lacks what this version shows ('confusion'): fit again" in told.stderr
    (folder / "result.json").write_text(json.dumps(result | {"study": "artist"}))
    assert "only a fit's page can be made anew" in here_in(tmp_path, "report", "first").stderr
    assert "none by the name third; there are" in here_in(tmp_path, "report", "third").stderr
    assert "found none at nowhere" in here_in(tmp_path, "report", "first", "--images", "nowhere").stderr


def test_open_takes_the_newest_or_the_one_named(
    fitted: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []
    monkeypatch.setattr(
        webbrowser, "open", lambda page: bool(opened.append(page)) or page.endswith("first/report.html")
    )
    assert here_in(tmp_path, "open").stdout == (
        "page: pics-styleid/reports/second/report.html, the newest of 2\n"
    )
    assert opened == [], "nobody watches"
    monkeypatch.setattr("styleid.cli.open.somebody_watches", lambda: True)
    assert here_in(tmp_path, "open", "first").stderr == ""
    assert opened == [(fitted.out / "first" / "report.html").as_uri()]
    assert "found no browser" in here_in(tmp_path, "open", "pics").stderr
    for word in ("first", fitted.out / "first", fitted.out / "first" / "report.html"):
        told = here_in(tmp_path, "open", word, "--json")
        assert Path(tmp_path, json.loads(told.stdout)["page"]) == fitted.out / "first" / "report.html"
    wrong = here_in(tmp_path, "open", "third")
    assert wrong.returncode == 2
    assert "pics-styleid/reports/first, pics-styleid/reports/second" in wrong.stderr
    (empty := tmp_path / "empty").mkdir()
    assert "`styleid FOLDER` or `styleid fit` makes one" in here_in(empty, "open").stderr
