"""The page's script, in a real browser where the machine has one."""

from __future__ import annotations

import dataclasses
import json
import re
import shutil
import subprocess
from html import unescape
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from report_cases import HOSTILE, make_run

from styleid.report.palette import tidy
from styleid.runs.fit.page import render_page

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
QUIET = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update", "--virtual-time-budget=4000",
    "--window-size=1300,1000", "--dump-dom",
)  # fmt: skip

#: Acts as a visitor does and leaves what it saw in an element that --dump-dom prints.
VISITOR = """
<script>
window.alert = () => { window.alerted = true; };
addEventListener("error", (event) => { window.failed = String(event.message); });
</script>
PAGE
<script>
const seen = {};
const text = (id) => document.getElementById(id).textContent;
const count = (selector) => document.querySelectorAll(selector).length;
const key = (name) => map.dispatchEvent(new KeyboardEvent("keydown", { key: name, cancelable: true }));
const dialog = document.getElementById("pictures"), map = document.getElementById("map");
seen.cells = [...document.querySelectorAll(".confusion button")].map((button) => {
  button.click();
  const cell = [Number(button.dataset.own), Number(button.dataset.said), dialog.open,
    text("pictures-title"), count("#found li"), count("#found img"), text("pictures-count")];
  document.getElementById("close").click();
  return cell;
});
seen.closed = !dialog.open;
seen.dots = count("#map g > circle");
seen.crosses = count("#map g > g");
map.focus(); key("ArrowRight"); key("ArrowRight");
seen.aloud = text("said-aloud");
seen.tip = !document.getElementById("tip").hidden;
seen.meaning = document.querySelector("#tip .others").textContent;
key("Enter");
seen.entered = dialog.open && count("#found .chosen");
dialog.close();
document.querySelector("#legend button").click();
seen.dimmed = count("#map .off");
document.querySelector("#legend .wrongs").click();
seen.dimmedWrong = count("#map .off");
const table = document.querySelector(".sortable");
const firsts = () => [...table.tBodies[0].rows].map((row) => row.cells[3].textContent);
seen.recalls = [firsts()];
table.querySelectorAll("thead button")[3].click();
seen.recalls.push(firsts());
seen.sorted = table.tHead.rows[0].cells[3].getAttribute("aria-sort");
document.querySelector(".faces .zoom").focus();
seen.enlarged = getComputedStyle(document.querySelector(".faces .zoom img")).position;
const escape = new KeyboardEvent("keydown", { key: "Escape", bubbles: true, cancelable: true });
document.activeElement.dispatchEvent(escape);
seen.small = getComputedStyle(document.querySelector(".faces .zoom img")).position;
seen.injected = count("img[onerror], img[src=x]");
seen.alerted = !!window.alerted;
seen.failed = window.failed || "";
const left = document.createElement("pre");
left.id = "seen";
left.textContent = JSON.stringify(seen);
document.body.append(left);
</script>
"""


def visit(folder: Path, run: Any, visitor: str) -> dict[str, Any]:
    """Open the page of a run, act, and return what was seen."""
    page = re.sub(r"<meta http-equiv[^>]*>", "", render_page(run))  # the visitor is a foreign script
    (folder / "visit.html").write_text(visitor.replace("PAGE", page), encoding="utf-8")
    command = [
        BROWSER,
        *QUIET,
        f"--user-data-dir={folder / 'profile'}",
        f"file://{folder / 'visit.html'}",
    ]
    done = subprocess.run(command, capture_output=True, timeout=120, check=True, encoding="utf-8")
    seen: dict[str, Any] = json.loads(
        unescape(re.search(r'<pre id="seen">(.*?)</pre>', done.stdout, re.DOTALL)[1])
    )
    return seen


@pytest.mark.skipif(BROWSER is None, reason="needs a Chromium")
def test_a_visit(tmp_path):
    run = make_run(tmp_path / "pictures", HOSTILE, 9, hit=0.5, gone=10)
    seen = visit(tmp_path, run, VISITOR)

    gone = [not path.exists() for path in run.paths]
    for own, said, is_open, title, shown, pictures, count in seen["cells"]:
        rows = [i for i, pair in enumerate(zip(run.true, run.predicted, strict=True)) if pair == (own, said)]
        assert is_open
        names = [tidy(HOSTILE[own]), tidy(HOSTILE[said])]
        assert title == (f"{names[0]}, named right" if own == said else " taken for ".join(names))
        assert shown == len(rows)
        assert pictures == len(rows) - sum(gone[i] for i in rows)
        assert count.startswith(f"{len(rows)} picture")
        assert count.endswith(
            "Beside each label: its probability. The one given comes first, then the next best."
        )
    assert sum(cell[4] for cell in seen["cells"]) == len(run.true)
    wrong = run.true != run.predicted
    assert (seen["dots"], seen["crosses"]) == (int((~wrong).sum()), int(wrong.sum()))
    assert seen["closed"]
    assert seen["tip"]
    assert seen["meaning"] == "probability"
    assert any(seen["aloud"].startswith(f"{tidy(image_id)}: ") for image_id in run.image_ids)
    assert seen["entered"] == 1
    assert seen["dimmed"] == len(run.true) - 9
    assert seen["dimmedWrong"] == len(run.true) - int((wrong & (run.true == 0)).sum())
    ends = [[text for text in column if text != "–"] for column in seen["recalls"]]
    assert ends[0] == sorted(ends[0]), "the least found first"
    assert (ends[1], seen["sorted"]) == (sorted(ends[0], reverse=True), "descending")
    assert (seen["enlarged"], seen["small"]) == ("fixed", "static")
    assert (seen["injected"], seen["alerted"], seen["failed"]) == (0, False, "")


MANY = (
    VISITOR[: VISITOR.index("const seen")]
    + """const seen = {}, count = (selector) => document.querySelectorAll(selector).length;
seen.held = count(".sortable .held");
document.querySelector(".rest").click();
seen.heldThen = count(".sortable .held");
document.querySelector('.confusion button[data-own="0"][data-said="0"]').click();
seen.opened = [count("#found li"), document.getElementById("all").textContent];
document.getElementById("all").click();
seen.openedThen = [count("#found li"), document.getElementById("all").hidden];
seen.shapes = [...document.querySelectorAll("#legend svg")].map((svg) => svg.firstChild.outerHTML);
const places = [...document.querySelectorAll("#map .dot")].map((dot) => dot.getBBox())
  .map((box) => [box.x + box.width / 2, box.y + box.height / 2]);
const distances = ([x, y], i) => places.slice(i + 1).map(([a, b]) => Math.hypot(x - a, y - b));
seen.nearest = Math.min(...places.flatMap(distances));
const left = document.createElement("pre");
left.id = "seen";
left.textContent = JSON.stringify(seen);
document.body.append(left);
</script>
"""
)


@pytest.mark.skipif(BROWSER is None, reason="needs a Chromium")
def test_what_is_held_back_shows_when_asked_for_and_every_label_has_its_own_mark(tmp_path):
    run = make_run(None, [f"name {i}" for i in range(40)], 3, hit=1.0)
    more = make_run(None, ["name 0"], 80, hit=1.0)
    none = np.zeros(80, dtype=np.int64)
    plane, first = run.projection, run.projection.coordinates[:1]
    run = dataclasses.replace(
        run,
        image_ids=[*run.image_ids, *more.image_ids],
        paths=[*run.paths, *more.paths],
        true=np.concatenate([run.true, none]),
        predicted=np.concatenate([run.predicted, none]),
        scores=np.concatenate([run.scores, np.tile(run.scores[:1], (80, 1))]),
        off_centre=np.concatenate([run.off_centre, more.off_centre]),
        folds=[*run.folds, *more.folds],
        projection=dataclasses.replace(
            plane, coordinates=np.concatenate([plane.coordinates, np.tile(first, (80, 1))])
        ),
    )
    own = int(((run.true == 0) & (run.predicted == 0)).sum())
    seen = visit(tmp_path, run, MANY)
    assert (seen["held"], seen["heldThen"]) == (20, 0)
    assert seen["opened"] == [60, f"Show the rest ({own - 60} pictures)"]
    assert seen["openedThen"] == [own, True]
    assert len(set(seen["shapes"])) == 40, "a colour that comes round again has another shape"
    assert seen["nearest"] > 3, "eighty pictures in one place can be told apart"


VERY_MANY = (
    VISITOR[: VISITOR.index("const seen")]
    + """const seen = { failed: window.failed || "" };
seen.names = [...document.querySelectorAll("#map > text")].map((text) => text.textContent);
const buttons = [...document.querySelectorAll(".confusion button")];
seen.rows = document.querySelectorAll(".confusion tbody tr").length;
seen.wrong = buttons.filter((button) => {
  button.click();
  const shown = Number(document.getElementById("pictures-count").textContent.match(/[0-9]+/)[0]);
  document.getElementById("close").click();
  return shown !== Number(button.textContent);
}).length;
const left = document.createElement("pre");
left.id = "seen";
left.textContent = JSON.stringify(seen);
document.body.append(left);
</script>
"""
)


@pytest.mark.skipif(BROWSER is None, reason="needs a Chromium")
def test_a_visit_of_very_many_labels(tmp_path):
    """A thousand labels make no page of a million cells, and what is shown opens its own pictures."""
    labels = [f"hand {i}" for i in range(90)]
    seen = visit(tmp_path, make_run(None, labels, 3, hit=0.5), VERY_MANY)
    assert seen["names"] == labels[:60], "all are of one size: the first 60"
    assert seen["rows"] == 60
    assert (seen["wrong"], seen["failed"]) == (0, "")
