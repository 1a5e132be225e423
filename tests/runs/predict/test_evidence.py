"""`styleid predict --report`: pages of evidence, by the command line, on drawn hands and the real network."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from base64 import b64encode
from hashlib import sha256
from html import unescape
from pathlib import Path

import numpy as np
import pytest
from bundle_cases import without_known
from command import here_in
from drawing import draw
from page_cases import Page
from PIL import Image
from quick import Quick, leave_plots_unpainted

from styleid import EmbedOptions, FitOptions, embed, fit, load_model
from styleid.runs.fit import run as fit_module
from styleid.runs.predict.run import page_name

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
QUIET = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update", "--virtual-time-budget=4000",
    "--window-size=1300,1000", "--dump-dom",
)  # fmt: skip
HANDS = ("stripe", "blot", "noise")
PARTS = (
    "Do we have it already?", "Which hands could it be?", "Which known pictures are nearest?",
    "Where in the picture?", "What would colours or the file alone have said?", "Where does it fall?",
    "What must a reader know of this model?",
)  # fmt: skip


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a model, and pictures of its hands that it has not seen; what it learned from is gone."""
    root = tmp_path_factory.mktemp("evidence")
    for style, hand in enumerate(HANDS):
        for i in range(14):
            draw(root / "images" / hand / f"s{i // 2}" / f"{i}.png", 100 * style + i, style, (64, 64))
        draw(root / "new" / f"{hand}.png", 900 + style, style, (64, 64))
    shutil.copy(root / "images" / "blot" / "s6" / "13.png", root / "new" / "known.png")
    halves = Image.new("RGB", (96, 96))
    for place, style in ((0, 0), (48, 2)):
        with Image.open(draw(root / "half.png", 700 + style, style, (96, 96))) as whole:
            halves.paste(whole.crop((place, 0, place + 48, 96)), (place, 0))
    halves.save(root / "new" / "two.png")
    (root / "new" / "bad.png").write_bytes(b"\x89PNG\r\n\x1a\nno more")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fit_module, "ProjectionHandle", Quick)
        leave_plots_unpainted(patch)
        embed(root / "images", root / "m.csv", root / "vectors", EmbedOptions("resnet18-style"))
        fit(
            FitOptions(folds=3, false_alarm=0.1), root / "m.csv", root / "vectors", root / "reports", "lda", 1
        )
        bare = FitOptions(folds=3, thumbnails=False)
        fit(bare, root / "m.csv", root / "vectors", root / "reports", "bare", 1)
    for gone in ("images", "vectors", "m.csv", "half.png"):
        path = root / gone
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    return root


def report(root: Path, *pictures: str, model: str = "reports/lda", out: str = "out") -> dict[str, str]:
    """Write evidence and return the pages by the names of their pictures."""
    done = here_in(root, "predict", *pictures, "--model", model, "--report", out)
    assert done.returncode in (0, 1), done.stderr
    assert "the evidence of" in done.stderr
    return {name: (root / out / page_name(root / name)).read_text("utf-8") for name in pictures}


def test_each_picture_has_a_page_in_the_order_of_the_questions(made: Path) -> None:
    pages = report(made, *(f"new/{hand}.png" for hand in HANDS))
    for hand in HANDS:
        html = pages[f"new/{hand}.png"]
        page = Page(html)
        assert re.findall(r"<h2[^>]*>([^<]*)", html) == list(PARTS)
        assert re.search(r"<h1[^>]*><bdi>([^<]*)", html)[1] in (hand, "None of the hands it knows")
        assert "No: neither it nor a near-duplicate is among the 42 pictures" in page.words
        assert page.words.count("as their own nearest") == 0
        assert "of 100 pictures of" in page.words
        assert len([one for one in page.all("img") if "a known picture of" in (one["alt"] or "")]) >= 8
        assert f"a known picture of {hand}" in html
        assert "The colours alone" in page.words
        assert "The hollow ring is approximate" in page.words


def test_a_page_asks_nothing_of_anybody_and_runs_its_own_script_alone(made: Path) -> None:
    html = report(made, "new/blot.png")["new/blot.png"]
    assert not re.findall(r"(?:src|href)=\"(?!data:|#)[^\"]*", html)
    assert "http:" not in html
    assert "https:" not in html
    assert str(made) not in html
    assert re.search(r"script-src 'sha256-[\w+/=]+'", html)
    article = html[html.index("<article") : html.index("</article>")]
    assert "style=" not in article
    assert "<script" not in article
    near = article[article.index("nearest?</h2>") : article.index("Where in the picture?</h2>")]
    assert "%" not in re.sub('data:[^"]*', "", near), "a cosine is no percentage"


def test_the_index_and_the_table_name_every_picture(made: Path) -> None:
    pictures = [*(f"new/{hand}.png" for hand in HANDS), "new/bad.png", "new/absent.png"]
    done = here_in(
        made, "predict", *pictures, "--model", "reports/lda", "--report", "all", "--csv", "plain.csv"
    )
    assert done.returncode == 1
    again = here_in(made, "predict", *pictures, "--model", "reports/lda", "--csv", "again.csv")
    assert again.returncode == 1
    index = (made / "all" / "index.html").read_text("utf-8")
    assert "3 pictures judged, 2 that could not be used" in index
    for name in pictures:
        assert name in index
        assert (made / "all" / page_name(made / name)).exists()
    assert {one["href"] for one in Page(index).all("a")} == {
        "predictions.csv",
        *(page_name(made / name) for name in pictures),
    }
    assert "no such file" in index.lower()
    table = (made / "all" / "predictions.csv").read_text("utf-8")
    assert table == (made / "plain.csv").read_text("utf-8")
    rows, others = (text.splitlines() for text in (table, (made / "again.csv").read_text("utf-8")))
    assert [row.split(",")[:4] for row in rows] == [row.split(",")[:4] for row in others]
    bad = (made / "all" / page_name(made / "new/bad.png")).read_text("utf-8")
    assert "This picture cannot be used" in bad


def test_a_picture_that_was_learned_from_is_said_first_and_shown(made: Path) -> None:
    html = report(made, "new/known.png")["new/known.png"]
    words = Page(html).words
    assert "Yes: this very picture is among the 42 pictures" in words
    known = html[html.index("Do we have it already?</h2>") : html.index("Which hands could it be?</h2>")]
    model = load_model(made / "reports/lda").known
    here = model.digests.tolist().index(list(sha256((made / "new/known.png").read_bytes()).digest()[:16]))
    own = "data:image/webp;base64," + b64encode(model.thumbnails[here]).decode()
    assert re.findall(r'<img[^>]* src="([^"]*)"', known) == [own], "itself"
    assert "its own series is left out" in words
    assert "it is at its own place" in words
    assert "they have seen it, too" in words


def test_the_map_of_a_picture_by_two_hands_finds_both(made: Path) -> None:
    html = report(made, "new/two.png")["new/two.png"]
    key = re.findall(r'<text x="10" y="15">(\w)</text></svg><bdi>(\w+)</bdi>', html)
    letters = {label: letter for letter, label in key}
    rows = re.search(r'aria-label="Rows from the top: ([^"]*)"', html)[1].split("; ")
    cells = np.array([row.split() for row in rows])
    assert cells.shape == (4, 4)
    assert (cells[:, 0] == letters["stripe"]).all()
    assert (cells[:, 2:] == letters["noise"]).all()
    assert "560 pictures made of two halves by two hands" in Page(html).words
    assert html.count("speaks most for") == 2


def test_sets_grow_with_the_rate_and_a_table_stands_there_without_a_script(made: Path) -> None:
    html = report(made, "new/noise.png")["new/noise.png"]
    data = json.loads(re.search(r'data-sets="([^"]*)"', html)[1].replace("&#34;", '"'))["sets"]
    assert [level for level, _ in data] == [round(0.8 + 0.01 * step, 2) for step in range(20)]
    sizes = [len(labels) for _, labels in data]
    assert sizes == sorted(sizes)
    assert sizes[0] == 1
    assert sizes[-1] == 3, "so few groups promise no 99 in 100"
    first = re.search(
        r"At (\d+) % and more, sets of labels hold every label: to promise (\d+) %", Page(html).words
    )
    assert first
    assert 80 < int(first[1]) == int(first[2]) <= 99
    table = re.search(r'<table class="flat without-script">(.*?)</table>', html, re.DOTALL)[1]
    assert re.findall(r'<th scope="row">(\d+) %', table) == ["80", "90", "95", "99"]
    for rate in (0.80, 0.95):
        here = here_in(
            made, "predict", "new/noise.png", "--model", "reports/lda", "--coverage", rate, "--json"
        )
        assert json.loads(here.stdout)[0]["label_set"] == dict(data)[rate]


def test_what_a_model_does_not_carry_is_one_line_and_the_rest_is_there(made: Path) -> None:
    html = report(made, "new/blot.png", model="reports/bare", out="bare")["new/blot.png"]
    assert "--no-thumbnails" in html
    assert "a known picture of" not in html
    assert "of 100 pictures of" in html
    without_known(load_model(made / "reports" / "lda"), made / "old.styleid")
    html = report(made, "new/blot.png", model="old.styleid", out="old")["new/blot.png"]
    assert re.findall(r"<h2[^>]*>([^<]*)", html) == list(PARTS)
    assert html.count("before models kept what this is shown from; fit it again") == 4
    assert "Rows from the top" in html


def test_a_name_that_is_hostile_is_text_and_its_page_has_a_safe_name(made: Path) -> None:
    name = "new/<img src=x onerror=alert(1)>\u202eé .png"
    shutil.copy(made / "new" / "blot.png", made / name)
    html = report(made, name, out="hostile")[name]
    assert "<img src=x" not in html
    assert "\u202e" not in html
    assert re.fullmatch(r"[\w.-]+\.html", page_name(made / name), re.ASCII)
    assert page_name(Path("a/x.png")) != page_name(Path("b/x.png"))
    assert page_name(Path("a/x.png")) == page_name(Path("a/x.png").absolute())
    assert len(page_name(Path("x" * 240 + ".png"))) < 100


def test_a_folder_of_other_things_is_left_alone(made: Path) -> None:
    report(made, "new/blot.png", out="twice")
    (made / "mine").mkdir(exist_ok=True)
    (made / "mine" / "index.html").write_text("my page")
    (made / "mine" / "predictions.csv").write_text("my table")
    done = here_in(made, "predict", "new/blot.png", "--model", "reports/lda", "--report", "mine")
    assert done.returncode == 2
    assert "--report mine holds other things than pages of evidence; choose another folder" in done.stderr
    assert (made / "mine" / "index.html").read_text() == "my page"
    assert len(list((made / "mine").iterdir())) == 2
    (made / "mine" / "predictions.csv").write_bytes((made / "twice" / "predictions.csv").read_bytes())
    done = here_in(made, "predict", "new/blot.png", "--model", "reports/lda", "--report", "mine")
    assert done.returncode == 2, "a table of verdicts beside a page of one's own"
    assert (made / "mine" / "index.html").read_text() == "my page"
    report(made, "new/noise.png", out="twice")  # its own is written over
    assert (made / "twice" / page_name(made / "new/blot.png")).exists()


VISITOR = """
<script>addEventListener("error", (event) => { window.failed = String(event.message); });</script>
PAGE
<script>
const seen = {}, one = (selector) => document.querySelector(selector);
const input = one(".chooser input"), cells = () => getComputedStyle(one(".cells")).display;
const texts = () => [one(".chooser output").textContent, one(".chosen").textContent];
const state = () => [...texts(), input.getAttribute("aria-valuetext")];
seen.first = state();
activate(document);
input.value = 19; input.dispatchEvent(new Event("input"));
seen.last = state();
seen.table = getComputedStyle(one(".without-script")).display;
seen.cells = [cells()];
for (const press of [0, 1]) {
  one(".bare").click();
  seen.cells.push(cells(), one(".bare").getAttribute("aria-pressed"));
}
seen.wide = document.documentElement.scrollWidth > innerWidth;
seen.failed = window.failed || "";
const left = document.createElement("pre");
left.id = "seen";
left.textContent = JSON.stringify(seen);
document.body.append(left);
</script>
"""


@pytest.mark.skipif(BROWSER is None, reason="needs a Chromium")
def test_a_visit(made: Path, tmp_path: Path) -> None:
    html = report(made, "new/noise.png")["new/noise.png"]
    data = json.loads(unescape(re.search(r'data-sets="([^"]*)"', html)[1]))["sets"]
    page = re.sub(r"<meta http-equiv[^>]*>", "", html)  # the visitor is a foreign script
    (tmp_path / "visit.html").write_text(VISITOR.replace("PAGE", page), encoding="utf-8")
    command = [
        BROWSER,
        *QUIET,
        f"--user-data-dir={tmp_path / 'profile'}",
        f"file://{tmp_path / 'visit.html'}",
    ]
    done = subprocess.run(command, capture_output=True, timeout=120, check=True, encoding="utf-8")
    seen = json.loads(unescape(re.search(r'<pre id="seen">(.*?)</pre>', done.stdout, re.DOTALL)[1]))
    assert seen["first"] == ["90 %", ", ".join(data[10][1]), "90 %"]
    assert seen["last"] == ["99 %", ", ".join(data[19][1]), "99 %"]
    assert seen["table"] == "none"
    shown = seen["cells"][0]
    assert seen["cells"] == [shown, "none", "true", shown, "false"], "made active twice, it answers once"
    assert not seen["wide"]
    assert seen["failed"] == ""
