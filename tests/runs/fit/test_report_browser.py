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

#: Before the page: notes what goes wrong, and what is drawn on the plane. After it: what all visitors need.
BEFORE = """
<script>
window.requestAnimationFrame = (draw) => setTimeout(draw, 0); // no window is shown: frames may not come
window.alert = () => { window.alerted = true; };
addEventListener("error", (event) => { window.failed = String(event.message); });
const names = [], on = CanvasRenderingContext2D.prototype, put = on.putImageData, write = on.fillText;
on.putImageData = function (...all) { names.length = 0; put.apply(this, all); };
on.fillText = function (name, x, y) {
  const half = this.measureText(name).width / 2;
  names.push([name, x - half, x + half, y]);
  write.call(this, name, x, y);
};
</script>
"""
AFTER = """
<script>
const seen = {}, map = document.getElementById("map"), dialog = document.getElementById("pictures");
const text = (id) => document.getElementById(id).textContent;
const count = (what) => document.querySelectorAll(what).length;
const press = (id) => document.getElementById(id).click();
const pressed = (name) => new KeyboardEvent("keydown", { key: name, bubbles: true, cancelable: true });
const key = (name) => map.dispatchEvent(pressed(name));
function pointer(kind, x, y, pointerId = 1) {
  const box = map.getBoundingClientRect();
  const place = { clientX: box.left + x, clientY: box.top + y, pointerId };
  map.dispatchEvent(new (kind === "click" ? MouseEvent : PointerEvent)(kind, place));
}
const settled = () => new Promise((done) => setTimeout(done, 30));
const state = async () => { await settled(); return map.dataset.drawn.match(/[0-9]+/g).map(Number); };
async function choose(id, value) {
  const select = document.getElementById(id);
  select.value = value;
  select.dispatchEvent(new Event("change"));
  return state();
}
(async () => {
  await settled();
  VISITOR
  seen.injected = count("img[onerror], img[src=x]");
  seen.alerted = !!window.alerted;
  seen.failed = window.failed || "";
})().catch((error) => { seen.failed = String(error.stack); }).finally(() => {
  const left = document.createElement("pre");
  left.id = "seen";
  left.textContent = JSON.stringify(seen);
  document.body.append(left);
});
</script>
"""

VISITOR = """
seen.cells = [...document.querySelectorAll(".confusion button")].map((button) => {
  button.click();
  const cell = [Number(button.dataset.own), Number(button.dataset.said), dialog.open,
    text("pictures-title"), count("#found li"), count("#found img"), text("pictures-count")];
  press("close");
  return cell;
});
seen.closed = !dialog.open;
seen.far = await state();
map.setPointerCapture = () => {};
map.focus();
for (let i = 0; i < 9; i++) key("ArrowRight"); // past those that are gone
seen.aloud = text("said-aloud");
seen.tip = [!document.getElementById("tip").hidden, count("#tip .near canvas")];
seen.meaning = document.querySelector("#tip .meaning").textContent;
key("Enter");
seen.entered = [dialog.open, count("#found .chosen"), count("#found li"), text("all")];
press("all");
seen.kind = [text("pictures-count"), count("#found .chosen")];
dialog.close();
key("Escape");
for (let i = 0; i < 3; i++) key("+");
seen.near = await state();
document.querySelector("#legend button").click();
seen.gone = await state();
document.querySelector("#legend button").click();
await settled();
seen.zoomed = text("said-aloud");
const before = map.toDataURL();
pointer("pointerdown", 300, 200);
for (const kind of ["pointermove", "pointerup"]) pointer(kind, 200, 150);
for (let x = 0; x < map.clientWidth; x += 20) {
  for (let y = 0; y < map.clientHeight; y += 20) pointer("click", x, y);
}
await settled();
seen.dragged = [dialog.open, map.toDataURL() !== before];
press("zoom-all");
seen.all = await state();
const rolled = (how) => new WheelEvent("wheel", { deltaY: -200, cancelable: true, ...how });
const wheel = (how) => !map.dispatchEvent(rolled(how));
map.blur();
seen.wheel = [wheel({}), wheel({ ctrlKey: true })];
map.focus();
seen.wheel.push(wheel({}));
press("zoom-all");
seen.wheel.push(wheel({ deltaY: 200 }));
pointer("pointerdown", 300, 200, 1); pointer("pointerdown", 400, 200, 2);
pointer("pointermove", 500, 200, 2);
pointer("pointerup", 300, 200, 1); pointer("pointerup", 500, 200, 2);
seen.pinched = await state();
press("zoom-all");
await settled();
seen.widths = ["", "beforeprint", "afterprint"].map((event) => (dispatchEvent(new Event(event)), map.width));
document.querySelector("#legend button").click();
seen.label = await state();
seen.wrong = await choose("only-marks", "wrong");
seen.shown = text("shown");
document.querySelector("#legend button").click();
seen.right = await choose("only-marks", "right");
seen.fold = [await choose("only-marks", ""), await choose("only-fold", "1")];
await choose("only-fold", "");
key("ArrowRight");
const { left, top } = document.getElementById("here").style;
for (const kind of ["pointerdown", "pointerup", "click"]) pointer(kind, parseFloat(left), parseFloat(top));
seen.clicked = [dialog.open, count("#found .chosen"), count("#found li")];
dialog.close();
const table = document.querySelector(".sortable");
const firsts = () => [...table.tBodies[0].rows].map((row) => row.cells[3].textContent);
seen.recalls = [firsts()];
table.querySelectorAll("thead button")[3].click();
seen.recalls.push(firsts());
seen.sorted = table.tHead.rows[0].cells[3].getAttribute("aria-sort");
document.querySelector(".faces .zoom").focus();
seen.enlarged = getComputedStyle(document.querySelector(".faces .zoom img")).position;
document.activeElement.dispatchEvent(pressed("Escape"));
seen.small = getComputedStyle(document.querySelector(".faces .zoom img")).position;
"""


def visit(folder: Path, run: Any, visitor: str) -> dict[str, Any]:
    """Open the page of a run, act, and return what was seen."""
    page = re.sub(r"<meta http-equiv[^>]*>", "", render_page(run))  # the visitor is a foreign script
    (folder / "visit.html").write_text(BEFORE + page + AFTER.replace("VISITOR", visitor), encoding="utf-8")
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
    wrong, label = run.true != run.predicted, run.true == 0
    n, fold = len(wrong), np.array(run.folds) == "fold 2"
    assert seen["closed"]
    assert seen["far"] == seen["all"] == [n, 0, 0], "marks when far"
    assert seen["near"][1] > 0, "pictures when near"
    assert seen["gone"][1] == 0, "of pictures that are gone the marks stay"
    assert seen["zoomed"] == "zoom 4.1"
    assert seen["dragged"] == [False, True], "what is dragged is not opened"
    assert seen["wheel"] == [False, True, True, False], "it scrolls the page unless the plane is meant"
    assert seen["pinched"][1] > 0
    assert seen["widths"][1] == pytest.approx(3 * seen["widths"][0], abs=2), "paper is finer than a screen"
    assert seen["widths"][2] == seen["widths"][0]
    assert seen["tip"][0]
    assert 0 < seen["tip"][1] <= 5
    assert seen["meaning"] == "probability"
    assert any(seen["aloud"].startswith(f"{tidy(image_id)}: ") for image_id in run.image_ids)
    assert ", probability " in seen["aloud"]
    assert "; nearest: " in seen["aloud"]
    assert seen["entered"][:3] == [True, 1, 12]
    assert seen["entered"][3].startswith("Show all pictures of its kind (")
    assert seen["kind"][1] == 1
    assert seen["clicked"] == [True, 1, 12]
    assert seen["label"] == [label.sum(), 0, n - label.sum()]
    assert seen["wrong"][0] == (wrong & label).sum()
    assert seen["shown"] == f"{(wrong & label).sum()} of {n} shown"
    assert seen["right"] == [n - wrong.sum(), 0, wrong.sum()]
    assert [part[0] for part in seen["fold"]] == [n, fold.sum()]
    ends = [[text for text in column if text != "–"] for column in seen["recalls"]]
    assert ends[0] == sorted(ends[0]), "the least found first"
    assert (ends[1], seen["sorted"]) == (sorted(ends[0], reverse=True), "descending")
    assert (seen["enlarged"], seen["small"]) == ("fixed", "static")
    assert (seen["injected"], seen["alerted"], seen["failed"]) == (0, False, "")


MANY = """
seen.held = count(".sortable .held");
document.querySelector(".rest").click();
seen.heldThen = count(".sortable .held");
document.querySelector('.confusion button[data-own="0"][data-said="0"]').click();
seen.opened = [count("#found li"), text("all")];
press("all");
seen.openedThen = [count("#found li"), document.getElementById("all").hidden];
seen.shapes = [...document.querySelectorAll("#legend canvas")].map((small) => small.toDataURL());
const reached = new Set(), here = document.getElementById("here");
for (let x = 0; x < map.clientWidth; x += 5) for (let y = 0; y < map.clientHeight; y += 5) {
  pointer("pointermove", x, y);
  if (!here.hidden) reached.add(here.style.left + here.style.top);
}
seen.reached = reached.size;
"""


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
    assert seen["reached"] == len(run.true), "of eighty pictures in one place each can be pointed at"


VERY_MANY = """
seen.names = names.map(([name]) => name);
const isCut = ([, left, right, y]) => left < 0 || right > map.clientWidth || y < 8 || y > map.clientHeight;
seen.cut = [names.filter(isCut).length];
for (let i = 0; i < 4; i++) { key("+"); await settled(); seen.cut.push(names.filter(isCut).length); }
const buttons = [...document.querySelectorAll(".confusion button")];
seen.rows = count(".confusion tbody tr");
seen.mistaken = buttons.filter((button) => {
  button.click();
  const shown = Number(text("pictures-count").match(/[0-9]+/)[0]);
  press("close");
  return shown !== Number(button.textContent);
}).length;
"""


@pytest.mark.skipif(BROWSER is None, reason="needs a Chromium")
def test_a_visit_of_very_many_labels(tmp_path):
    """A thousand labels make no page of a million cells, and what is shown opens its own pictures."""
    labels = [f"hand {i}" for i in range(90)]
    seen = visit(tmp_path, make_run(None, labels, 3, hit=0.5), VERY_MANY)
    assert seen["cut"] == [0] * 5, "no name is cut off at the frame's edge"
    assert seen["names"] == labels[:60], "all are of one size: the first 60"
    assert seen["rows"] == 60
    assert (seen["mistaken"], seen["failed"]) == (0, "")
