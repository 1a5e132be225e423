from __future__ import annotations

import math

import numpy as np
import pytest
from plot_cases import figure_of, texts_of
from report_cases import HOSTILE, make_run
from trust_cases import calibration, learning_curve, metric, no_trust, unknown

from styleid.questions.calibration.plot import lay_out_reliability
from styleid.questions.more_pictures.plot import lay_out_learning
from styleid.questions.strangers.plot import lay_out_coverage
from styleid.report import panel
from styleid.runs.fit.page import write_report

LABELS = ["ann", "ben", "cy"]


def run_with(**keys):
    run = make_run(None, LABELS, 4)
    run.result.update(keys)
    return run


def back(ends, place, low, high):
    """From a place to its number."""
    return ends[0] + (place - low) / (high - low) * (ends[1] - ends[0])


def test_reliability_panel_holds_both_stages_at_their_places():
    result = run_with().result
    drawn = lay_out_reliability(result)
    curves = [
        (stage, bin_) for stage in ("before", "after") for bin_ in result["calibration"][stage]["curve"]
    ]
    assert [mark.kind for mark in drawn.marks] == [stage for stage, _ in curves]
    right, bottom = panel.WIDTH - panel.RIGHT, panel.HEIGHT - panel.BOTTOM
    for mark, (_, bin_) in zip(drawn.marks, curves, strict=True):
        assert back((0, 1), mark.x, panel.LEFT, right) == pytest.approx(bin_["score"], abs=1e-3)
        for place, key in ((mark.y, "accuracy"), (mark.low, "low"), (mark.high, "high")):
            assert back((0, 1), place, bottom, panel.TOP) == pytest.approx(bin_[key], abs=1e-3)
    assert drawn.lines == [("ideal", f"{panel.LEFT}.0,{bottom}.0 {right}.0,{panel.TOP}.0")]
    assert drawn.x_title == "probability of the label given"


def test_scores_that_are_no_probabilities_are_drawn_once():
    drawn = lay_out_reliability(run_with(calibration=calibration("identity")).result)
    assert {mark.kind for mark in drawn.marks} == {"before"}
    assert drawn.x_title == "score of the label given"


def test_learning_panel_spaces_doublings_alike():
    drawn = lay_out_learning(run_with().result)
    steps = np.diff([mark.x for mark in drawn.marks])
    np.testing.assert_allclose(steps, steps[0], atol=0.11)
    assert [text for _, text in drawn.x_ticks] == ["17", "33", "67", "133"]
    assert all(mark.high < mark.y < mark.low for mark in drawn.marks)


def test_numbers_under_the_axis_do_not_touch():
    curve = learning_curve()
    curve["points"].insert(3, curve["points"][3] | {"pictures": 130.0})
    drawn = lay_out_learning(run_with(learning_curve=curve).result)
    assert [text for _, text in drawn.x_ticks] == ["17", "33", "67", "133"]
    assert len(drawn.marks) == 5


def test_coverage_panel_runs_from_few_to_all():
    drawn = lay_out_coverage(run_with().result)
    assert len(drawn.marks) == 20
    assert drawn.marks[0].x == panel.WIDTH - panel.RIGHT  # all kept
    assert all(0 <= mark.high <= mark.y <= mark.low <= panel.HEIGHT for mark in drawn.marks)


def test_points_without_an_interval_have_no_whisker_and_undefined_ones_are_left_out():
    found = unknown(LABELS)
    found["curve"][0]["accuracy"] = {"value": 0.8, "low": None, "high": None}
    found["curve"][1]["accuracy"] = metric(None)
    drawn = lay_out_coverage(run_with(unknown=found).result)
    assert len(drawn.marks) == 19
    assert (drawn.marks[0].low, drawn.marks[0].high) == (None, None)


def test_learning_points_without_a_score_are_left_out_of_panel_and_plot(monkeypatch):
    curve = learning_curve()
    curve["points"][1] |= {"score": None, "low": None, "high": None}
    drawn = lay_out_learning(run_with(learning_curve=curve).result)
    assert [text for _, text in drawn.x_ticks] == ["17", "67", "133"]
    assert len(drawn.marks) == len(drawn.lines[0][1].split()) == 3
    axes = figure_of("learning", run_with(learning_curve=curve), monkeypatch).axes[0]
    np.testing.assert_allclose(axes.lines[0].get_ydata(), [0.48, 0.64, 0.70])


def test_one_learning_point_with_a_score_makes_no_plot(tmp_path):
    curve = learning_curve()
    for point in curve["points"][1:]:
        point |= {"score": None, "low": None, "high": None}
    run = run_with(learning_curve=curve)
    assert lay_out_learning(run.result) is None
    assert "learning.png" not in {path.name for path in write_report(run, tmp_path)}


def test_nothing_to_lay_out():
    result = run_with(**no_trust()).result
    assert lay_out_coverage(result) is lay_out_learning(result) is None
    result["calibration"]["before"]["curve"] = []
    assert lay_out_reliability(result) is None


def test_hidden_labels_are_drawn_best_first_with_their_intervals(monkeypatch):
    axes = figure_of("unknown", run_with(), monkeypatch).axes[0]
    assert [t.get_text() for t in axes.get_yticklabels()] == ["cy (22)", "ben (21)", "ann (20)"]
    spans = [line.get_xdata() for line in axes.lines if len(line.get_xdata()) == 2][1:]
    np.testing.assert_allclose(spans, [[0.76, 0.88], [0.66, 0.78], [0.56, 0.68]])


def test_many_hidden_labels_are_cut_to_the_least_told_and_the_plot_says_so(monkeypatch):
    names = [f"label {i}" for i in range(50)]
    figure = figure_of("unknown", run_with(unknown=unknown(names)), monkeypatch)
    ticks = [t.get_text() for t in figure.axes[0].get_yticklabels()]
    assert len(ticks) == 30
    assert (ticks[-1], ticks[0]) == ("label 0 (20)", "label 29 (49)")
    assert any("the 30 told least well of 50" in t.get_text() for t in texts_of(figure))


@pytest.mark.parametrize(
    ("keys", "panels"),
    [({"hidden": [], "auroc": None}, 1), ({"curve": []}, 1), ({}, 2)],
)
def test_unknown_with_one_of_its_panels(keys, panels, monkeypatch):
    figure = figure_of("unknown", run_with(unknown=unknown(LABELS) | keys), monkeypatch)
    assert len(figure.axes) == panels


def test_hostile_names_in_the_plot_of_hidden_labels(monkeypatch):
    figure = figure_of("unknown", make_run(None, HOSTILE, 1), monkeypatch)
    assert any("$" in t.get_text() for t in texts_of(figure))


def test_reliability_names_the_axis_by_what_it_is(monkeypatch):
    axes = figure_of("reliability", run_with(), monkeypatch).axes[0]
    assert axes.get_xlabel() == "probability"
    assert len(axes.get_legend().get_texts()) == 2
    axes = figure_of("reliability", run_with(calibration=calibration("identity")), monkeypatch).axes[0]
    assert axes.get_xlabel() == "score, not a probability"
    assert len(axes.get_legend().get_texts()) == 1


def test_reliability_points_lie_where_the_bins_do(monkeypatch):
    run = run_with()
    axes = figure_of("reliability", run, monkeypatch).axes[0]
    drawn = [np.asarray(c.get_offsets()) for c in axes.collections if len(c.get_offsets()) > 1]
    for offsets, stage in zip(drawn, ("before", "after"), strict=True):
        bins = run.result["calibration"][stage]["curve"]
        np.testing.assert_allclose(offsets, [[b["score"], b["accuracy"]] for b in bins])


def test_learning_plot_is_spaced_by_doubling_and_says_the_note(monkeypatch):
    figure = figure_of("learning", run_with(), monkeypatch)
    axes = figure.axes[0]
    assert axes.get_xscale() == "log"
    assert [t.get_text() for t in axes.get_xticklabels()] == ["17", "33", "67", "133"]
    assert math.isclose(axes.lines[0].get_ydata()[-1], 0.70)
    assert figure.texts[0].get_text() == "Twice as many pictures would likely add about 4.3 points"
