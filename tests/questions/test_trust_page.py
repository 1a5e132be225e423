from __future__ import annotations

import re

import pytest
from page_cases import Page
from report_cases import HOSTILE, make_run
from trust_cases import calibration, label_sets, learning_curve, metric, no_trust, strangers, unknown

from styleid.questions.calibration.question import tabulate_calibration
from styleid.questions.label_sets.question import MOST_SET_ROWS, tabulate_sets
from styleid.questions.strangers.question import tabulate_hidden, tabulate_strangers
from styleid.report.palette import tidy
from styleid.runs.fit import pictures as grid
from styleid.runs.fit.page import render_page, write_report

LABELS = ["ann", "ben", "cy"]


def run_with(**keys):
    run = make_run(None, LABELS, 8)
    run.result.update(keys)
    return run


def section(page: Page, name: str) -> str:
    """The words of one section."""
    found = re.search(rf"<section aria-labelledby=\"{name}\".*?</section>", page.html, re.DOTALL)
    return Page(found[0]).words if found else ""


def test_the_numbers_of_each_section_are_on_the_page():
    page = Page(render_page(run_with()))
    told = section(page, "h-calibration")
    for number in ("0.130", "0.115–0.145", "0.030", "0.021", "0.420", "1.234", "1.100–1.400", "12 heaps"):
        assert number in told
    told = section(page, "h-unknown")
    for number in ("0.620", "0.820", "0.560–0.680", "0.810", "0.052", "0.032–0.072", "80 of 100"):
        assert number in told
    assert "known pictures were called unknown by mistake" in told
    assert "pictures of the other labels called unknown meanwhile; above, known pictures were" in told, (
        "two numbers of one name would differ"
    )
    assert "Strangers" not in told
    told = section(page, "h-sets")
    for number in ("0.800", "0.750–0.850", "1.90 of 3 labels"):
        assert number in told
    assert "1.3 to 7.3 points" in section(page, "h-learning")


def test_strangers_stand_beside_the_same_when_known():
    page = Page(render_page(run_with(target="cy", strangers=strangers(["ann", "ben"]))))
    told = section(page, "h-unknown")
    for number in ("0.150", "0.100–0.200", "0.170", "0.060", "0.030–0.090"):
        assert number in told


def test_sections_without_numbers_are_left_out():
    page = Page(render_page(run_with(**no_trust())))
    headings = re.findall(r"<h2 id=\"(h-\w+)\"", page.html)
    assert "h-calibration" in headings
    assert not {"h-unknown", "h-sets", "h-learning"} & set(headings)
    assert "None" not in section(page, "h-calibration")


def test_strangers_alone_make_a_section():
    keys = no_trust() | {"strangers": [], "target": "cy"}
    assert "only one label besides the target" in section(Page(render_page(run_with(**keys))), "h-unknown")


def test_undefined_metrics_and_one_point_leave_no_gap():
    keys = {"unknown": unknown(["ann"]), "learning_curve": learning_curve(), "label_sets": label_sets(LABELS)}
    keys["unknown"]["hidden"][0]["auroc"] = metric(None)
    keys["unknown"]["curve"] = keys["unknown"]["curve"][:1]
    keys["learning_curve"]["points"] = keys["learning_curve"]["points"][-1:]
    keys["label_sets"]["by_label"]["ben"] = None
    page = Page(render_page(run_with(**keys)))
    assert "None" not in section(page, "h-sets") + section(page, "h-learning")
    assert not re.search(r"nan|None\"", "".join(re.findall(r"<svg viewBox.*?</svg>", page.html, re.DOTALL)))
    assert page.html.count("<svg viewBox") == 1  # the reliability diagram


def test_a_point_without_an_interval_is_drawn_without_a_whisker():
    found = unknown(LABELS)
    found["curve"][3]["accuracy"] = {"value": 0.8, "low": None, "high": None}
    page = Page(render_page(run_with(unknown=found)))
    drawn = re.findall(r"<svg viewBox.*?</svg>", page.html, re.DOTALL)[1]
    assert (drawn.count("<circle"), drawn.count('<line class="whisker')) == (20, 19)


def test_probabilities_are_called_so():
    page = Page(render_page(run_with()))
    assert page.data["score_words"] == "probability"
    assert "with its probability, and its own label" in section(page, "h-grid")
    assert "not a probability" not in page.words
    assert "not probabilities" not in page.words


def test_scores_that_are_no_probabilities_are_called_so_wherever_they_stand():
    page = Page(render_page(run_with(calibration=calibration("identity"))))
    assert page.data["score_words"] == "score, not a probability"
    assert "with its score, which is not a probability" in section(page, "h-grid")
    cards = [attributes for attributes in page.all("span") if attributes.get("class") == "score"]
    assert cards
    assert {card["title"] for card in cards} == {"score, not a probability"}
    assert re.search(r">score \d\.\d\d<", page.html)
    assert "Scores are not probabilities here." in section(page, "h-calibration")
    assert "as given" in section(page, "h-calibration")
    assert "as the head gives them: not probabilities" in section(page, "h-how")
    assert re.search(r"<aside.*not probabilities.*</aside>", page.html, re.DOTALL)
    assert 'class="after"' not in re.findall(r"<svg viewBox.*?</svg>", page.html, re.DOTALL)[0]


def test_the_grid_says_what_its_numbers_are(monkeypatch):
    said = []
    real = grid.new_figure
    monkeypatch.setattr(grid, "new_figure", lambda *of: said.append(of[-1]) or real(*of))
    grid.draw_grid(run_with())
    grid.draw_grid(run_with(calibration=calibration("identity")))
    assert "its probability," in said[0]
    assert "its score (which is not a probability)," in said[1]


def test_hostile_names_stay_text_in_all_sections():
    run = make_run(None, HOSTILE, 2)
    run.result.update(target=HOSTILE[0], strangers=strangers(HOSTILE[1:]))
    page = Page(render_page(run))
    assert len(page.scripts) == 2
    assert not [a for _, attributes in page.tags for a in attributes if a.startswith("on")]
    for name in ("h-unknown", "h-sets"):
        for label in HOSTILE[1:]:
            assert tidy(label) in section(page, name)
    assert "\u202e" not in page.html


def test_tables_are_sorted_and_cut():
    names = [f"label {i}" for i in range(50)]
    run = make_run(None, names, 1)
    run.result["strangers"] = strangers(names[:3])
    assert [row["name"] for row in tabulate_hidden(run.result)] == names[::-1]
    assert [row["name"] for row in tabulate_strangers(run.result)] == names[2::-1]
    sets = tabulate_sets(run.result)
    assert [row["name"] for row in sets["rows"]] == names[:MOST_SET_ROWS]
    assert sets["left_out"] == 50 - MOST_SET_ROWS
    assert f"{50 - MOST_SET_ROWS} more are in result.json" in section(Page(render_page(run)), "h-sets")


def test_calibration_columns():
    table = tabulate_calibration(run_with().result)
    assert table["columns"] == ["before", "after", "if exact"]
    assert [reading.value for reading in table["rows"][0][1]] == ["0.130", "0.030", "0.021"]
    assert [reading.value for reading in table["rows"][1][1]] == ["0.420", "0.420", ""]


@pytest.mark.parametrize(
    ("keys", "missing"),
    [
        ({}, set()),
        (no_trust(), {"unknown.png", "learning.png"}),
        ({"unknown": unknown([]) | {"curve": []}}, {"unknown.png"}),
        ({"learning_curve": learning_curve() | {"points": learning_curve()["points"][:1]}}, {"learning.png"}),
        ({"unknown": unknown([])}, set()),
    ],
)
def test_plots_are_written_where_there_is_something_to_draw(keys, missing, tmp_path):
    names = {path.name for path in write_report(run_with(**keys), tmp_path)}
    assert {"reliability.png", "unknown.png", "learning.png"} - names == missing
