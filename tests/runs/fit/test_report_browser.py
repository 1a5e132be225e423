"""The page's script, in a real browser where the machine has one."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from html import unescape

import pytest
from report_cases import HOSTILE, make_run

from styleid.report.palette import tidy
from styleid.runs.fit.page import render_page

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
QUIET = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update", "--virtual-time-budget=4000",
    "--dump-dom",
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
seen.injected = count("img[onerror], img[src=x]");
seen.alerted = !!window.alerted;
seen.failed = window.failed || "";
const left = document.createElement("pre");
left.id = "seen";
left.textContent = JSON.stringify(seen);
document.body.append(left);
</script>
"""


@pytest.mark.skipif(BROWSER is None, reason="needs a Chromium")
def test_a_visit(tmp_path):
    run = make_run(tmp_path / "pictures", HOSTILE, 9, hit=0.5, gone=10)
    page = re.sub(r"<meta http-equiv[^>]*>", "", render_page(run))  # the visitor is a foreign script
    (tmp_path / "visit.html").write_text(VISITOR.replace("PAGE", page), encoding="utf-8")
    command = [
        BROWSER,
        *QUIET,
        f"--user-data-dir={tmp_path / 'profile'}",
        f"file://{tmp_path / 'visit.html'}",
    ]
    done = subprocess.run(command, capture_output=True, timeout=120, check=True, encoding="utf-8")
    seen = json.loads(unescape(re.search(r'<pre id="seen">(.*?)</pre>', done.stdout, re.DOTALL)[1]))

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
    assert (seen["injected"], seen["alerted"], seen["failed"]) == (0, False, "")
