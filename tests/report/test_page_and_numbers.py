"""What all pages and sentences are made with."""

from __future__ import annotations

import base64
import re

import pytest
from jinja2 import UndefinedError
from report_cases import HOSTILE, metric

from styleid.report.numbers import (
    MINUS,
    Reading,
    read_metric,
    read_points,
    write_number,
    write_p,
    write_points_interval,
    write_range,
    write_recipe,
    write_share,
)
from styleid.report.page import _PACKAGE, data_uri, list_method, render, show_sentence, write_files

BASELINE = _PACKAGE / "studies" / "small_cnn" / "report.html.j2"
NONE = {"value": 0.5, "low": None, "high": None}


def baseline(**changes: object) -> dict[str, object]:
    shape = {"upright": False, "small": False, "shown": "", "others": False, "cell": 3.4}
    confusion = {"names": [], "rows": []} | shape
    context = {
        "result": {"run": "r", "beside": [], "options": {"quick": False}},
        "accuracy": Reading("0.5"),
        "metrics": [],
        "rows": [],
    }
    return context | {"labels": [], "confusion": confusion, "measured": [], "notes": []} | changes


def test_a_page_asks_for_nothing_and_runs_nothing():
    page = render(BASELINE, **baseline(notes=list(HOSTILE), measured=[("<b>", "<script>")]))
    assert "default-src 'none'; img-src data:; style-src 'unsafe-inline'\"" in page
    assert page.startswith("<!DOCTYPE html>")
    assert "<script" not in page
    assert "<b>" not in page
    assert "\u202e" not in page


def test_what_a_page_lacks_is_an_error_and_no_empty_place():
    context = baseline()
    del context["accuracy"]
    with pytest.raises(UndefinedError, match="accuracy"):
        render(BASELINE, **context)


def test_only_the_script_that_is_given_may_run(tmp_path):
    script = tmp_path / "one.js"
    script.write_text("1 < 2", encoding="utf-8")
    page = render(BASELINE, script=script, **baseline())
    assert re.search(r"script-src 'sha256-[\w+/]{43}='\"", page)


def test_files_are_written_in_their_order(tmp_path):
    written = write_files(tmp_path / "new", {"b.png": b"1", "a.html": "é"})
    assert [path.name for path in written] == ["b.png", "a.html"]
    assert written[1].read_text(encoding="utf-8") == "é"


@pytest.mark.parametrize(("start", "kind"), [(b"\x89PNG\r\n", "png"), (b"RIFF....WEBP", "webp")])
def test_pictures_are_held_by_their_address(start, kind):
    head, data = data_uri(start).split(",")
    assert head == f"data:image/{kind};base64"
    assert base64.b64decode(data) == start


def test_rows_of_the_method_are_common_or_given_and_empty_ones_left_out():
    result = {
        "seed": 7,
        "target": None,
        "versions": {"python": "3", "torch": "2"},
        "run": "x",
        "created": "now",
    }
    rows = list_method(result, [("Own", "a\x07b"), "Target", ("Views", ""), "Seed", "Versions", "Run"])
    assert rows == [("Own", "a\ufffdb"), ("Seed", "7"), ("Versions", "python 3, torch 2"), ("Run", "x, now")]


def test_a_number_with_its_interval():
    assert write_number(metric(0.8125, 0.02)) == "0.812 (0.792 to 0.833)"
    assert write_number(metric(0.8125, 0.02), named=True) == "0.812 (95 % interval 0.792 to 0.833)"
    assert write_number(NONE) == "0.500"
    assert write_number(None) == write_number(metric(None)) == "not defined"
    assert write_number(None, undefined="-") == "-"
    assert write_range(metric(1.0, 0.25), 2) == " (0.75 to 1.00)"
    assert write_range(NONE) == ""


def test_shares_and_differences():
    assert write_share(metric(0.812, 0.02)) == "81 % (95 % interval 79 to 83)"
    assert write_share(metric(0.812, 0.02), named=False) == "81 % (79 to 83)"
    assert write_share(NONE) == "50 %"
    difference = {"value": 0.01, "low": -0.02, "high": 0.0}
    assert write_points_interval(difference, named=False, signed=True) == f" ({MINUS}2.0 to 0.0)"
    assert read_points(difference) == Reading("+1.0", f"{MINUS}2.0 to 0.0")
    assert read_points(difference | {"high": 0.04}, signed_ends=False).interval == f"{MINUS}2.0 to 4.0"
    assert read_points(NONE).interval == ""
    assert read_points(None) == read_points(metric(None)) == Reading("–")


def test_p_values():
    assert [write_p(p) for p in (0.0009, 0.0123)] == ["< 0.001", "0.012"]
    assert [write_p(p, named=True) for p in (0.0009, 0.0123)] == ["p < 0.001", "p = 0.012"]


def test_recipes():
    recipe = {
        "epochs": 60,
        "batch_size": 32,
        "bias": True,
        "augmentation": {"zoom": (0.7, 1.4), "flip": False},
    }
    assert (
        write_recipe(recipe) == "epochs 60, batch size 32, bias yes, augmentation (zoom 0.7 to 1.4, flip no)"
    )


def test_a_metric_that_is_not_defined_has_no_mark():
    undefined = dict.fromkeys(("value", "low", "high"))
    assert read_metric(None) == read_metric(undefined) == Reading("–")


@pytest.mark.parametrize(
    ("remark", "sentence"),
    [
        ("near-duplicates join 3 groups", "Near-duplicates join 3 groups."),
        ("too few files are left", "Too few files are left."),
        ("run `styleid embed A<B` first.", "Run <code>styleid embed A&lt;B</code> first."),
        ("ann/01.jpg cannot be read", "ann/01.jpg cannot be read."),
        ("svm: no search", "svm: no search."),
        ("svm has no search", "svm has no search."),
        ("5 % of “ann”", "5\u00a0% of “ann”."),
    ],
)
def test_remarks_are_sentences_and_names_stay_as_they_are(remark, sentence):
    assert show_sentence(remark) == sentence


def test_the_line_of_contents_leads_to_every_section():
    page = render(BASELINE, **baseline())
    links = re.findall(r'<a href="#(h-[a-z]+)">([^<]+)</a>', page)
    assert links == re.findall(r'<h2 id="(h-[a-z]+)">([^<]+)</h2>', page)
    assert ("h-confusion", "Whose pictures are taken for whose") in links


def test_a_quick_run_says_so_at_the_top():
    quick = {"run": "r", "beside": [], "options": {"quick": True}}
    assert "This was a quick run." in render(BASELINE, **baseline(result=quick)).partition("<h1>")[0]
    assert "quick run" not in render(BASELINE, **baseline())


def test_an_interval_without_width_is_not_written():
    still = {"value": 0.5, "low": 0.5, "high": 0.5}
    assert (write_number(still), read_metric(still).interval) == ("0.500", "")
