"""``styleid FOLDER``: from a folder of pictures to an answer, and what predict then says by itself."""

from __future__ import annotations

import csv
import json
import os
import re
import shutil
import subprocess
import sys
import time
import webbrowser
from collections.abc import Iterator
from pathlib import Path

import pytest
from drawing import draw
from PIL import Image, ImageOps
from quick import Quick
from typer.testing import CliRunner, Result

from styleid import StyleIdError, load_model, predict
from styleid.cli import open as open_
from styleid.cli.app import app


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder with three hands, one of a single picture and a file that is none, tried."""
    home = tmp_path_factory.mktemp("home")
    for style, label in enumerate(("ann", "bob", "cleo")):
        for i in range(8):
            draw(home / "drawings" / label / f"s{i // 2}" / f"{i}.png", 100 * style + i, style, (64, 64))
    draw(home / "drawings" / "dan" / "1.png", 999, 1, (64, 64))
    (home / "drawings" / "ann" / "bad.png").write_bytes(b"junk")
    draw(home / "drawings" / "loose.png", 998, 1, (64, 64))
    for label in ("ann", "dan"):
        draw(home / "drawings" / label / "both.png", 997, 1, (64, 64))
    draw(home / "new.png", 777, 2, (64, 64))
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(home)
        patch.setattr("styleid.runs.fit.run.ProjectionHandle", Quick)
        patch.setenv("http_proxy", "http://127.0.0.1:9")
        patch.setenv("https_proxy", "http://127.0.0.1:9")
        yield home


def styleid(*arguments: object, typed: str | bytes | None = None) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments], input=typed)


@pytest.fixture(scope="module")
def tried(home: Path) -> tuple[Result, Path]:
    before = sorted((home / "drawings").rglob("*"))
    said = styleid("drawings", "--jobs", 1)
    assert said.exit_code == 0, said.output
    assert sorted((home / "drawings").rglob("*")) == before, "nothing is written among the pictures"
    return said, home / "drawings-styleid"


def test_one_command_ends_in_three_lines(tried: tuple[Result, Path]) -> None:
    said, made = tried
    answer, against, page = said.stdout.splitlines()[-3:]
    assert answer.startswith(
        "Answer: Do not believe this score yet: the lda head names the right one of 3 labels"
    )
    assert against.startswith("Against it: ")
    record = json.loads((made / "reports" / "check" / "check.json").read_text())
    graver = [f["text"] for f in record["findings"] if f["severity"] == "stop"]
    assert against.removeprefix("Against it: ").split(" …")[0].split(" (")[0] in graver[0], (
        "the gravest comes first"
    )
    assert len(against) <= 120, "one line; the rest is on the page"
    fitted = json.loads((made / "reports" / "lda" / "result.json").read_text())
    cautions = [f for f in (*record["findings"], *fitted["findings"]) if f["severity"] != "note"]
    assert against.endswith(f"({len(cautions) - 1} more cautions on the pages)")
    assert [f["text"] for f in fitted["audit"]] == [
        f["text"] for f in record["findings"] if f["severity"] != "note"
    ]
    report = (made / "reports" / "lda" / "report.html").read_text()
    assert 'href="../check/check.html"' in report
    assert report.count("Do not believe this score yet") == 2, "in the headline, and over the box"
    assert '<h1 class="plain">' in report, "no proud number"
    assert "Before you trust it" not in report
    assert report.index('<aside class="caution stop"') < report.index(graver[0].split("“")[0][1:40])
    assert page == (
        "Page: drawings-styleid/reports/lda/report.html; the check: drawings-styleid/reports/check/check.html"
    )
    assert sorted(path.name for path in made.iterdir() if not path.name.startswith(".")) == [
        "manifest.csv",
        "manifest.scan.json",
        "reports",
        "vectors",
    ]
    first = said.stderr.splitlines()[0]
    assert first == "reading the pictures in drawings; what comes of them goes into drawings-styleid"
    assert "weights: the ones that ship with styleid (ImageNet's cannot be reached)" in said.stderr
    names = ("ann/bad.png", "loose.png", "ann/both.png", "dan/1.png")
    assert [said.output.count(name) for name in names] == [1] * 4, "by the first step that notices, not again"
    assert "1 picture without a vector:\n  ann/bad.png" in said.stdout
    assert "fewer than 2 groups ('dan')" in said.stderr, "who is left out is named"
    assert "has not looked at this manifest" not in said.stderr, "the check came first"
    told, notes = said.stderr.splitlines(), [note for note in fitted["notes"] if "loose.png" not in note]
    notes = [note for note in notes if "bad.png" not in note and "both.png" not in note]
    assert len(fitted["notes"]) == len(notes) + 3, "the run's own record names them"
    assert [told.count(note) for note in notes] == [1] * len(notes), "the check says some too"


@pytest.mark.usefixtures("tried")
def test_a_fit_of_its_own_names_the_way_past_small_labels_only_where_it_leads_on() -> None:
    way = "leave such labels out with --skip-small"
    plain = str(styleid("fit", "drawings").exception)
    assert "found fewer for 'dan' (1)" in plain
    assert way in plain
    for line, found in (
        (["--target", "dan"], "found fewer for 'dan' (1)"),
        (["--target", "dan", "--skip-small"], "found only 'others' ("),
        (["--where", "label=dan"], "found only 'dan' ("),
    ):
        said = str(styleid("fit", "drawings", *line).exception)
        assert found in said
        assert way not in said


def test_the_page_opens_where_somebody_watches(
    tried: tuple[Result, Path], home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []
    monkeypatch.setattr(webbrowser, "open", opened.append)
    monkeypatch.setattr(open_, "somebody_watches", lambda: True)
    (left := Path("drawings-styleid/reports/.check.99999999.new")).mkdir()
    again = styleid("try", "drawings/", "--jobs", 1)
    assert f"what a killed run left was removed: {left}" in again.stderr, "only the check says so"
    assert opened == [(tried[1] / "reports" / "lda" / "report.html").as_uri()]
    assert again.exit_code == 0
    told = json.loads(styleid("drawings", "--no-open", "--jobs", 1, "--json").stdout)
    assert set(told) == {"answer", "against", "page", "check", "run"}
    assert styleid("drawings", "--no-open", "--jobs", 1).exit_code == 0
    assert len(opened) == 1


def test_a_place_among_the_pictures_is_refused(home: Path) -> None:
    said = styleid("drawings", "--out", "drawings/results")
    assert "lies in drawings, where nothing is written" in str(said.exception)
    assert not (home / "drawings" / "results").exists()


def test_predict_takes_the_newest_run_and_says_which(tried: tuple[Result, Path], home: Path) -> None:
    said = styleid("predict", "new.png")
    assert "model: drawings-styleid/reports/lda/model.styleid\n" in said.stderr
    assert said.output.startswith("model: "), "before anything is told by it"
    assert said.stdout.splitlines()[1].split()[:2] == ["new.png", "cleo"]
    (home / "reports" / "mine").mkdir(parents=True)
    try:
        newer = shutil.copy(tried[1] / "reports" / "lda" / "model.styleid", home / "reports" / "mine")
        os.utime(newer, (time.time() + 9, time.time() + 9))
        told = styleid("predict", "new.png").stderr
        assert "model: reports/mine/model.styleid, the newest of 2; --model takes another" in told
    finally:
        shutil.rmtree(home / "reports")
    for folder in (
        "drawings",
        "drawings-styleid",
        "drawings-styleid/reports",
        "drawings-styleid/reports/lda",
    ):
        assert styleid("predict", "new.png", "-m", folder).stdout == said.stdout, folder
    nothing = styleid("predict", "new.png", "--out", home / "drawings" / "none")
    assert f"found none in {home / 'drawings' / 'none' / '*'} or {home / 'drawings'}/" in str(
        nothing.exception
    )
    assert "`styleid FOLDER`" in str(nothing.exception)
    assert "found none in" in str(styleid("predict", "new.png", "-m", "drawings/ann").exception)


def test_what_one_command_made_is_where_the_others_go_on(
    tried: tuple[Result, Path], home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    note = (
        "going on in drawings-styleid, which `styleid drawings` made: data/manifest.csv and data/vectors are"
    )
    asked: list[tuple[Path, ...]] = []

    def note_places(options: object, *places: object, **others: object) -> None:
        asked.append(tuple(place for place in places if isinstance(place, Path)))
        raise StyleIdError("asked")

    runs = ("check", "compare", "fit", "add.add_label", "embed.embed")
    for run in runs:
        command, _, function = run.partition(".")
        monkeypatch.setattr(
            f"styleid.runs.{command}{'' if command == 'embed' else '.run'}.{function or command}", note_places
        )
    for study in (
        "artist.run.study_artist",
        "forgetting.run.study_forgetting",
        "small_cnn.run.baseline_small_cnn",
    ):
        monkeypatch.setattr(f"styleid.studies.{study}", note_places)
    made = Path("drawings-styleid")
    there = (made / "manifest.csv", made / "vectors", made / "reports")
    model = ["--model", made / "reports" / "lda"]
    for line in (
        ["check"],
        ["compare"],
        ["fit", "--head", "svm"],
        ["add", "x", "new", *model],
        ["embed"],
        ["study", "artist"],
        ["study", "forgetting", "--labels", "ann,bob"],
        ["baseline", "small-cnn"],
    ):
        said = styleid(*line)
        assert str(said.exception) == "asked", said.output
        assert asked[-1] in (there, there[:2]), line
        assert said.stderr.startswith(note) or line[0] == "add"
    for word in ("drawings", "drawings/", "drawings-styleid", home / "drawings-styleid" / "reports" / "lda"):
        styleid("fit", word)
        assert [path.resolve() for path in asked[-1]] == [path.resolve() for path in there], word
    styleid("check", "--out", "mine")
    assert asked[-1] == (*there[:2], Path("mine")), "what is asked for is done"
    styleid("check", "--store", "v")
    assert asked[-1] == (Path("data/manifest.csv"), Path("v"), Path("reports"))
    listed = styleid("info")
    assert listed.stderr.startswith(note)
    assert "vectors in drawings-styleid/vectors" in listed.stdout
    assert "lda" in listed.stdout
    (home / "data" / "vectors").mkdir(parents=True)
    try:
        told = styleid("fit").stderr
        assert asked[-1][0] == Path("data/manifest.csv")
        assert "data/manifest.csv is not here, but in drawings-styleid" in told
        assert f"--manifest {there[0]} --store {there[1]} --out {there[2]}" in told
    finally:
        shutil.rmtree(home / "data")


@pytest.mark.usefixtures("tried")
def test_a_picture_that_was_learned_from_is_said_to_be(home: Path) -> None:
    shutil.copy(home / "drawings/bob/s0/0.png", home / "copy.png")
    with Image.open(home / "drawings/ann/s1/2.png") as picture:
        picture.resize((96, 96)).save(home / "near.jpg", quality=80)
    with Image.open(home / "drawings/bob/s0/1.png") as picture:
        picture.crop((4, 4, 60, 60)).save(home / "trimmed.png")
        ImageOps.expand(picture.convert("RGB"), 3, "white").save(home / "framed.png")
    model = load_model("drawings-styleid/reports/lda")
    verdicts = predict(model, ["absent.png", "copy.png", "new.png", "near.jpg", "trimmed.png", "framed.png"])
    assert [verdict.learned for verdict in verdicts] == [None, "exact", "no", "near", "near", "near"]
    said = styleid("predict", "copy.png", "new.png", "near.jpg", "-m", "drawings-styleid/reports/lda")
    title, copy, new, near = said.stdout.splitlines()
    assert title.endswith("learned from")
    assert copy.endswith("this picture")
    assert near.endswith("a near-duplicate")
    assert "picture" not in new
    assert "that it is right there says nothing" in said.stderr
    alone = styleid("predict", "new.png")
    assert "learned from" not in alone.output, "where there is nothing to say of it"


def test_a_verdict_does_not_wait_for_libraries_it_needs_nothing_of(
    tried: tuple[Result, Path], home: Path
) -> None:
    code = (
        "import sys; from styleid import load_model, predict\n"
        "verdict = predict(load_model(sys.argv[1]), 'new.png')[0]\n"
        # numba loads scipy itself, where it has to compile
        "heavy = 'scipy.special', 'scipy.fftpack', 'imagehash', 'sklearn'\n"
        "print(verdict.learned, [name for name in heavy if name in sys.modules])"
    )
    command = [sys.executable, "-c", code, str(tried[1] / "reports" / "lda")]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout == "no []\n"


def test_pictures_are_hashed_once_for_all_runs(
    tried: tuple[Result, Path], home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hashed = []
    monkeypatch.setattr("styleid.data.facts.picture_hashes", lambda pixels: hashed.append(1))
    places = ["--manifest", tried[1] / "manifest.csv", "--store", tried[1] / "vectors", "--jobs", 1]
    again = styleid("fit", *places, "--skip-small", "--folds", 2, "--out", tried[1] / "hashed")
    assert again.exit_code == 0, again.output
    assert not hashed
    first, second = (load_model(tried[1] / runs / "lda").learned for runs in ("reports", "hashed"))
    assert (first.hashes == second.hashes).all(), "what is kept serves as well"
    assert len(first.hashes) >= 24


def flat(home: Path) -> Path:
    for style in range(2):
        for i in range(4):
            draw(home / "flat" / f"{style}-{i}.png", 50 * style + i, style, (64, 64))
    return home / "flat"


@pytest.mark.parametrize(
    ("rows", "found"),
    [
        ([], "found 8 pictures without a label; make a sub-folder"),
        (["ann"] * 8, "found 8 pictures of 'ann'; make a sub-folder"),
        (["ann"] * 7 + ["bob"], "found 7 pictures of 'ann', 1 picture of 'bob'; make a sub-folder"),
    ],
)
def test_what_nothing_can_be_learned_from_ends_before_it_is_embedded(
    home: Path, tmp_path: Path, rows: list[str], found: str
) -> None:
    files = sorted(flat(home).iterdir())
    lines = [f"{file.name},{label}" for file, label in zip(files, rows, strict=False)]
    (tmp_path / "t.csv").write_text("\n".join(["file,label", *lines]))
    table = ["--table", tmp_path / "t.csv"] if rows else []
    said = styleid("flat", "--out", tmp_path / "out", *table)
    assert found in str(said.exception)
    assert "expected in flat a sub-folder for each artist" in str(said.exception)
    assert ("`styleid flat --table FILE`" in str(said.exception)) == (not rows)
    assert ("t.csv, which so far does not (" in str(said.exception)) == bool(rows)
    assert not (tmp_path / "out" / "vectors").exists()
    assert not list((tmp_path / "out").glob("manifest*")), "the next try finds nothing of this one"


def test_a_table_that_gives_no_label_is_named(home: Path, tmp_path: Path) -> None:
    lines = [f"{file.name},{'ab'[int(file.name[0])]}" for file in sorted(flat(home).iterdir())]
    (tmp_path / "t.csv").write_text("\n".join(["file,wer", *lines]))
    (tmp_path / "u.csv").write_text("\n".join(["Datei,wer", *lines]))
    said = str(styleid("flat", "--out", tmp_path / "out", "--table", tmp_path / "t.csv").exception)
    assert (
        "t.csv, which so far does not (has no column 'label', folders' names stand; it has file, wer; "
        in said
    )
    assert "--label-column names another)" in said
    both = str(styleid("flat", "--out", tmp_path / "out", "--table", tmp_path / "u.csv").exception)
    assert "expects a column 'file_name' or filename, file, path, image, and a column 'label'; it has" in both
    assert "it has Datei, wer; --file-column and --label-column name others" in both


def test_a_table_says_whose_pictures_in_one_folder_are(home: Path, tmp_path: Path) -> None:
    lines = [f"{file.name},{'ab'[int(file.name[0])]}" for file in sorted(flat(home).iterdir())]
    (tmp_path / "t.csv").write_text("\n".join(["file,label", *lines]))
    said = styleid("flat", "--out", tmp_path / "out", "--table", tmp_path / "t.csv", "--jobs", 1)
    assert said.exit_code == 0, said.output
    assert "lda head names the right one of 2 labels" in " ".join(said.stdout.split())


@pytest.mark.usefixtures("tried")
def test_a_stranger_is_not_given_a_name_beside_the_verdict(home: Path) -> None:
    Image.new("RGB", (64, 64), (250, 20, 90)).save(home / "strange.png")
    said = styleid("predict", "strange.png", "new.png")
    title, strange, new = said.stdout.splitlines()
    columns = ["picture", "verdict", "if by a known hand", "2.", "3.", "strangers named so"]
    assert re.split("  +", title.rstrip()) == columns
    name, verdict, likeliest, *_ = re.split("  +", strange)
    assert (name, verdict) == ("strange.png", "unknown")
    assert likeliest.startswith("("), "what holds only if a known hand made it stands in brackets"
    assert new.rstrip().endswith(" in 100"), "the price of a name stands beside it"
    assert "strangers named so: of 100 pictures by hands it had not seen" in said.stderr
    assert "(" not in new
    assert "in brackets holds only if a known hand made it" in said.stderr
    assert "in brackets" not in styleid("predict", "new.png").stderr, "said where there are any"
    assert "%" not in said.output, "no number is a percentage of likeness"
    more = styleid("predict", "new.png", "--top", 9)
    assert more.exit_code == 0, more.exception
    assert more.stdout.splitlines()[0].split() == title.split(), "there are no more labels"


@pytest.mark.usefixtures("tried")
def test_paths_come_on_standard_input_and_verdicts_go_a_line_each(home: Path) -> None:
    lines = styleid("predict", "-", "--jsonl", typed="new.png\n\ndrawings/bob/s0/0.png\n").stdout.splitlines()
    assert [json.loads(line)["path"] for line in lines] == ["new.png", "drawings/bob/s0/0.png"]
    zeros = styleid("predict", "-", "--json", typed=b"new.png\0absent.png\0")
    assert [verdict["verdict"] for verdict in json.loads(zeros.stdout)] == ["cleo", None]
    assert zeros.exit_code == 1
    assert "absent.png: " in zeros.stderr
    assert "found none" in str(styleid("predict", "-", typed="\n").exception)
    assert "leave out one" in str(styleid("predict", "new.png", "--json", "--jsonl").exception)
    whole = json.loads(styleid("predict", "drawings/bob", "--json").stdout)
    assert len(whole) == 8
    assert "no pictures in drawings/bob" in str(
        styleid("predict", "drawings/bob", "--no-recursive").exception
    )


@pytest.mark.usefixtures("tried")
def test_a_cut_picture_is_told_to_somebody_who_asks_whose_it_is(home: Path) -> None:
    (home / "cut.png").write_bytes((home / "new.png").read_bytes()[:2000])
    told = styleid("predict", "cut.png").stderr
    assert "fetch it again or leave it out; a model judges cut files only if" in told
    assert "styleid embed" not in told


def test_a_word_that_is_nothing_is_said_to_be() -> None:
    assert str(styleid("xyzzy").exception) == "no such folder or command: xyzzy; `styleid --help` lists them"
    assert str(styleid("fitt").exception) == "no such folder or command: fitt; is `styleid fit` meant?"


@pytest.mark.usefixtures("tried")
def test_the_table_runs_nothing_in_a_spreadsheet(home: Path) -> None:
    formulas = [f"{sign}cmd.png" for sign in "=+@"]
    for name in formulas:
        shutil.copy(home / "new.png", home / name)
    said = styleid("predict", "new.png", *formulas, "nowhere.png", "--csv", "told.csv")
    assert said.exit_code == 1
    assert "wrote 4 verdicts, and 1 without one to told.csv" in said.stderr
    data = (home / "told.csv").read_bytes()
    assert data.startswith(b"\xef\xbb\xbf"), "by which spreadsheets know UTF-8"
    rows = list(csv.DictReader(data.decode("utf-8-sig").splitlines()))
    assert [row["path"] for row in rows] == ["new.png", *(f"'{name}" for name in formulas), "nowhere.png"]
    assert [row["verdict"] for row in rows] == [*["cleo"] * 4, ""]
    assert "nowhere.png" in rows[4]["error"]
    scores = {label: rows[0][f"score:{label}"] for label in ("ann", "bob", "cleo")}
    assert max(scores, key=lambda label: float(scores[label])) == "cleo"
    assert sum(map(float, scores.values())) == pytest.approx(1, abs=2e-4)
    assert all(len(score) == 6 for score in scores.values()), "as many digits as mean something"
    assert {*scores.values()}.isdisjoint({"1.0000", "0.0000"}), "a probability is never certain"


@pytest.mark.usefixtures("tried")
def test_the_table_says_who_is_meant_beside_unknown(home: Path) -> None:
    Image.new("RGB", (64, 64), (250, 20, 90)).save(home / "strange.png")
    pictures = ("strange.png", "new.png", "nowhere.png")
    styleid("predict", *pictures, "--csv", "told.csv", "--coverage", 0.8)
    rows = list(csv.DictReader((home / "told.csv").read_text("utf-8-sig").splitlines()))
    strange, new, nowhere = rows
    told = json.loads(styleid("predict", *pictures, "--json").stdout)
    assert "label" not in new, "which of the two it is would be a guess"
    assert (strange["verdict"], strange["unknown"]) == ("unknown", "yes")
    assert strange["likeliest"] == told[0]["label"] in ("ann", "bob", "cleo")
    assert (new["verdict"], new["likeliest"], new["unknown"]) == ("cleo", "cleo", "no")
    assert "cleo" in new["label_set"].split(", ")
    assert float(new["nearer"]) == pytest.approx(told[1]["nearer"], abs=1e-4)
    given = {key: cell for key, cell in nowhere.items() if cell}
    assert set(given) == {"path", "error"}


@pytest.mark.parametrize(
    ("arguments", "right"),
    [
        (["train"], "`styleid fit`"),
        (["show"], "`styleid open`"),
        (["fit", "drawings/ann"], "`styleid embed drawings/ann`"),
        (["fit", "svm"], "`styleid fit --head svm`"),
        (["check", "drawings/ann"], "run it for all at once"),
        (["compare", "drawing"], "found drawing, which is no folder"),
        (["new.png"], "`styleid predict new.png`"),
    ],
)
@pytest.mark.usefixtures("home")
def test_wrong_guesses_answer_with_the_right_word(arguments: list[str], right: str) -> None:
    said = styleid(*arguments)
    assert isinstance(said.exception, StyleIdError), said.output
    assert right in str(said.exception)


def test_a_second_fit_says_what_it_replaces_and_points_to_the_check(tried: tuple[Result, Path]) -> None:
    places = ["--manifest", tried[1] / "manifest.csv", "--store", tried[1] / "vectors", "--skip-small"]
    places += ["--head", "centroid", "--folds", 2, "--jobs", 1]
    first = styleid("fit", *places, "--out", tried[1] / "elsewhere")
    assert "this replaces" not in first.stderr
    assert "run `styleid check`" in first.stderr
    assert "run <code>styleid check</code>" in (tried[1] / "elsewhere/centroid/report.html").read_text()
    assert "commonest label" in first.stdout
    assert "majority" not in first.stdout
    second = styleid("fit", *places, "--out", tried[1] / "elsewhere")
    assert f"this replaces what was in {tried[1] / 'elsewhere/centroid'} before" in second.stderr
    beside = styleid("fit", *places, "--out", tried[1] / "reports")
    assert "run `styleid check`" not in beside.stderr
    manifest = tried[1] / "manifest.csv"
    checked = manifest.read_bytes()
    try:
        manifest.write_bytes(b"".join(checked.splitlines(keepends=True)[:-1]))
        assert "run `styleid check`" in styleid("fit", *places, "--out", tried[1] / "reports").stderr
    finally:
        manifest.write_bytes(checked)


def test_views_for_one_purpose_do_not_change_what_a_fit_takes(tried: tuple[Result, Path]) -> None:
    places = ["--manifest", tried[1] / "manifest.csv", "--store", tried[1] / "vectors"]
    more = styleid("embed", *places, "--views", "center+augment:1")
    assert more.exit_code == 0, more.output
    assert "`styleid fit` goes on looking at square; with --views center+augment:1" in more.stderr
    fitted = styleid(
        "fit", *places, "--skip-small", "--head", "centroid", "--folds", 2, "--jobs", 1, "--json",
        "--out", tried[1] / "views",
    )  # fmt: skip
    assert json.loads(fitted.stdout)["views"] == "square"
