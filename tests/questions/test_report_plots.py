from __future__ import annotations

import dataclasses
from io import BytesIO

import matplotlib as mpl
import numpy as np
import pytest
from PIL import Image
from plot_cases import PLOTS, figure_of, texts_of
from report_cases import HOSTILE, make_run
from trust_cases import metric

from styleid.questions.projection.plot import place_points
from styleid.questions.run_data import Projection
from styleid.questions.scores import curves
from styleid.questions.scores import plot as scores
from styleid.questions.scores.confusion import MOST_LABELS, readable_part
from styleid.report import panel as panel_layout

RUNS = {
    "2": lambda folder: make_run(folder, ["mine", "others"], 6, one_vs_rest=True, curves=1),
    "3, tiny": lambda folder: make_run(None, ["a", "b", "c"], 1, curves=1),
    "hostile": lambda folder: make_run(folder, HOSTILE, 4, gone=14, curves=3),
    "30": lambda folder: make_run(None, [f"artist number {i}" for i in range(30)], 3),
    "60": lambda folder: make_run(None, [f"label {i}" for i in range(60)], 2),
}


@pytest.fixture(scope="module", params=RUNS)
def run(request, tmp_path_factory):
    return RUNS[request.param](tmp_path_factory.mktemp("pictures"))


@pytest.mark.parametrize("name", PLOTS)
def test_every_plot_of_every_run_shows_all_its_text(name, run, monkeypatch):
    """Warnings are errors here: missing glyphs and failed layouts would show, too."""
    if name == "curves" and not run.curves:
        pytest.skip("a run without curves")
    if name == "grid" and len(run.result["labels"]) > 7:
        pytest.skip("the grid shows 24 pictures, whatever the number of labels")
    figure = figure_of(name, run, monkeypatch)
    page = figure.bbox.padded(1.5)
    heading = figure.texts[:2]
    for text in texts_of(figure):
        box = text.get_window_extent()
        if text not in heading:
            assert not any(box.overlaps(line.get_window_extent()) for line in heading), text.get_text()
        assert page.x0 <= box.x0 < box.x1 <= page.x1, text.get_text()
        assert page.y0 <= box.y0 < box.y1 <= page.y1, text.get_text()
        assert text.get_fontsize() >= 6


def test_a_plot_is_the_same_png_each_time():
    png = scores.draw_confusion(make_run(None, ["a", "b"], 5))
    assert Image.open(BytesIO(png)).format == "PNG"
    assert png == scores.draw_confusion(make_run(None, ["a", "b"], 5))


def test_the_users_settings_neither_matter_nor_change(monkeypatch):
    run = make_run(None, ["$a$", "b"], 5)
    plain = scores.draw_per_label(run)
    with mpl.rc_context({"text.usetex": True, "font.size": 30, "axes.facecolor": "red"}):
        before = dict(mpl.rcParams)
        assert scores.draw_per_label(run) == plain
        assert dict(mpl.rcParams) == before


def cell_texts(figure):
    return {tuple(t.get_position()): t.get_text() for t in figure.axes[0].texts}


def test_confusion_counts_stand_in_their_cells(monkeypatch):
    run = make_run(None, ["a", "b", "c"], 30, hit=0.5)
    counts = np.asarray(run.result["confusion"])
    assert not (counts == counts.T).all(), "or a transposed plot would pass"
    texts = cell_texts(figure_of("confusion", run, monkeypatch))
    assert texts == {(c, r): str(counts[r, c]) for r in range(3) for c in range(3) if counts[r, c]}


def test_confusion_hides_counts_that_would_be_too_small(monkeypatch):
    run = make_run(None, [str(i) for i in range(25)], 2)
    assert cell_texts(figure_of("confusion", run, monkeypatch)) == {}


def test_shares_of_an_empty_row_are_zero():
    np.testing.assert_allclose(scores.row_shares(np.array([[1, 3], [0, 0]])), [[0.25, 0.75], [0, 0]])


def test_projection_marks_right_and_wrong_at_their_places(monkeypatch):
    run = make_run(None, ["a", "b"], 20, hit=0.5)
    figure = figure_of("projection", run, monkeypatch)
    drawn = [
        np.asarray(c.get_offsets()) for c in figure.axes[0].collections
    ]  # a right, a wrong, b right, ...
    right = run.true == run.predicted
    for label in (0, 1):
        for k, kind in enumerate((right, ~right)):
            np.testing.assert_array_equal(
                drawn[2 * label + k],
                place_points(run.projection.coordinates)[0][(run.true == label) & kind],
            )


@pytest.mark.parametrize(("labels", "has_legend"), [(8, True), (9, False)])
def test_projection_names_labels_where_colours_repeat(labels, has_legend, monkeypatch):
    run = make_run(None, [f"name{i}" for i in range(labels)], 3)
    axes = figure_of("projection", run, monkeypatch).axes[0]
    assert (axes.get_legend() is not None) == has_legend
    assert len(axes.texts) == (0 if has_legend else labels)


def test_projection_tells_method_trustworthiness_and_note(monkeypatch):
    run = make_run(None, ["a", "b"], 2)
    words = " ".join(t.get_text() for t in texts_of(figure_of("projection", run, monkeypatch)))
    assert "UMAP, trustworthiness 0.93 (1 is best)" in words
    fallback = Projection(np.zeros((4, 2)), "pca", None, "PCA instead of UMAP: too few")
    words = " ".join(
        t.get_text()
        for t in texts_of(figure_of("projection", dataclasses.replace(run, projection=fallback), monkeypatch))
    )
    assert "PCA, trustworthiness not defined" in words
    assert "PCA instead of UMAP: too few." in words


def test_per_label_is_sorted_and_draws_the_intervals(monkeypatch):
    run = make_run(None, ["a", "b", "c"], 10)
    for label, recall in zip("abc", (0.2, 0.9, None), strict=True):
        run.result["per_label"][label]["recall"] = metric(recall, 0.05)
    axes = figure_of("per_label", run, monkeypatch).axes[0]
    assert [t.get_text() for t in axes.get_yticklabels()] == ["b (10)", "a (10)", "c (10)"]
    lines = [line.get_xdata() for line in axes.lines]
    expected = ([0.85, 0.95], [0.9], [0.15, 0.25], [0.2])
    for drawn, wanted in zip(lines, expected, strict=True):
        np.testing.assert_allclose(drawn, wanted)


def test_scores_leave_out_the_baseline_that_is_the_head(monkeypatch):
    run = make_run(None, ["a", "b"], 10)
    legend = figure_of("scores", run, monkeypatch).axes[0].get_legend()
    assert [t.get_text() for t in legend.get_texts()] == ["svm", "nearest centroid", "commonest label"]
    run.result["head"] = "centroid"
    legend = figure_of("scores", run, monkeypatch).axes[0].get_legend()
    assert [t.get_text() for t in legend.get_texts()] == ["centroid", "commonest label"]


def test_scores_say_what_is_not_defined(monkeypatch):
    run = make_run(None, ["a", "b"], 10)
    run.result["metrics"]["macro_f1"] = metric(None)
    words = [t.get_text() for t in texts_of(figure_of("scores", run, monkeypatch))]
    assert words.count("not defined") == 1


def test_curves_ring_the_best_epoch(monkeypatch):
    run = make_run(None, ["a", "b"], 10, curves=2)
    axes = figure_of("curves", run, monkeypatch).axes[0]
    rings = [np.asarray(c.get_offsets())[0] for c in axes.collections]
    np.testing.assert_allclose(
        rings, [[13, run.curves[0]["val_loss"][12]], [14, run.curves[1]["val_loss"][13]]]
    )


def test_curves_without_validation_or_that_ran_away(monkeypatch):
    alone = {
        "name": "x",
        "loss": [1.0, float("nan"), None, 0.5],
        "accuracy": [0.5],
        "val_loss": [],
        "best_epoch": 4,
    }
    run = dataclasses.replace(make_run(None, ["a", "b"], 5, curves=1), curves=[alone])
    figure_of("curves", run, monkeypatch)
    loss, accuracy = curves.lay_out_curves([alone])
    assert len(loss.lines) == 1
    assert len(loss.lines[0][1].split()) == 2
    assert loss.marks == accuracy.marks == []
    seen = figure_of("curves", run, monkeypatch)
    said = " ".join(text.get_text() for text in texts_of(seen))
    assert "learned from all pictures" in said
    for word in ("validation", "Ring", "best epoch"):
        assert word not in said, "what was not looked at is not spoken of"
    assert not curves.has_validation([alone])
    assert curves.has_validation(make_run(None, ["a", "b"], 5, curves=1).curves)


def test_curve_layout_stays_inside_and_runs_the_right_way():
    run = make_run(None, ["a", "b"], 5, curves=3)
    for panel in curves.lay_out_curves(run.curves):
        places = [tuple(map(float, p.split(","))) for _, line in panel.lines for p in line.split()]
        assert all(0 <= x <= panel_layout.WIDTH and 0 <= y <= panel_layout.HEIGHT for x, y in places)
        assert len(panel.marks) == 3
        values = [float(text) for _, text in panel.y_ticks]
        heights = [y for y, _ in panel.y_ticks]
        assert heights == sorted(heights, reverse=True)
        assert values == sorted(values)
    assert curves.lay_out_curves([]) == []


def test_grid_shows_pictures_names_and_gaps(tmp_path, monkeypatch):
    run = make_run(tmp_path, ["ann", "ben"], 20, hit=0.3, gone=20)
    figure = figure_of("grid", run, monkeypatch)
    words = [t.get_text() for t in texts_of(figure)]
    gaps = words.count("picture\nis gone")
    assert 0 < gaps < 24
    assert sum(len(axes.images) for axes in figure.axes) == 24
    assert sum(word.startswith("is ") for word in words) >= 8, "each wrong one tells its own label"


def test_a_far_group_leaves_no_half_of_the_plane_blank():
    rng = np.random.default_rng(0)
    near = rng.normal(size=(60, 2))
    points = np.concatenate([near, near[:20] + (500.0, 0.0)])
    placed, beyond = place_points(points)
    width = np.ptp(placed[:, 0])
    assert not beyond.any(), "a quarter of all is no stray"
    assert np.ptp(placed[:60, 0]) > 0.4 * width, "what was a speck can be seen"
    assert np.diff(np.sort(placed[:, 0])).max() <= 0.081 * width
    order = np.argsort(points[:, 0])
    assert (np.diff(placed[order, 0]) >= 0).all(), "left stays left of right"
    dense = rng.uniform(size=(400, 2))
    np.testing.assert_allclose(place_points(dense)[0], dense - dense.min(axis=0), atol=1e-9)
    assert place_points(np.ones((1, 2)))[0].tolist() == [[0.0, 0.0]]


def test_strays_stand_at_the_edge_and_the_bulk_fills_the_plane():
    """Ten pictures, each far beyond the one before, took four fifths of the plane."""
    bulk = np.random.default_rng(0).normal(size=(990, 2))
    strays = np.column_stack([50.0 * 2 ** np.arange(10), np.zeros(10)])
    points = np.concatenate([bulk, strays, [[0.0, -1e9]]])
    placed, beyond = place_points(points)
    assert np.ptp(placed[:990], axis=0).min() > 0.6 * np.ptp(placed, axis=0).max()
    assert (np.ptp(placed[:990], axis=0) > 0.6 * np.ptp(placed, axis=0)).all()
    np.testing.assert_array_equal(beyond[-11:], [[1, 0]] * 10 + [[0, -1]])
    assert not beyond[:990].any()
    for axis in (0, 1):
        assert (np.diff(placed[np.argsort(points[:, axis], kind="stable"), axis]) >= 0).all()
    assert (np.diff(placed[990:1000, 0]) > 0).all(), "even they can be told apart"
    assert not place_points(points[-11:])[1].any(), "of eleven nobody can say which lies far out"


def test_a_stray_has_a_triangle_that_points_outwards_and_is_told(monkeypatch):
    run = make_run(None, ["a", "b"], 20)
    plane = run.projection.coordinates.copy()
    plane[3] = (900.0, 0.0)
    run = dataclasses.replace(run, projection=dataclasses.replace(run.projection, coordinates=plane))
    figure = figure_of("projection", run, monkeypatch)
    (line,) = figure.axes[0].lines
    np.testing.assert_array_equal(line.get_xydata(), place_points(plane)[0][3:4])
    assert line.get_marker() == (3, 0, -90.0), "to the right"
    told = "1 picture lies far outside and stands at the edge, with a triangle that points outwards."
    assert told in " ".join(text.get_text() for text in texts_of(figure))


def test_no_name_is_cut_off_at_the_edge_of_the_plane(monkeypatch):
    labels = [f"a hand with a long name {i}" for i in range(12)]
    run = make_run(None, labels, 3)
    plane = run.projection.coordinates.copy()
    plane[:3] = plane.min(axis=0) - 4  # one label in a corner
    run = dataclasses.replace(run, projection=dataclasses.replace(run.projection, coordinates=plane))
    figure = figure_of("projection", run, monkeypatch)
    frame = figure.axes[0].get_window_extent()
    for text in figure.axes[0].texts:
        box = text.get_window_extent()
        assert frame.x0 - 1 <= box.x0, text
        assert box.x1 <= frame.x1 + 1, text


@pytest.mark.parametrize("name", ["confusion", "projection", "per_label"])
def test_a_plot_of_very_many_labels_is_no_larger_than_one_of_many(name, monkeypatch):
    """The picture of a matrix of 300 labels was of 8,900 pixels a side, and took 6 GB to make."""
    figure = figure_of(name, make_run(None, [f"label {i}" for i in range(700)], 2), monkeypatch)
    assert max(figure.bbox.width, figure.bbox.height) < 2600
    assert sum(text.get_text().startswith("label") for text in texts_of(figure)) <= 2 * MOST_LABELS + 1
    subtitle = figure.texts[1].get_text()
    assert "60" in subtitle, "it is said what is left out"


def test_the_labels_most_confused_are_those_shown():
    confusion = 5 * np.eye(9, dtype=np.int64)
    confusion[7, 2], confusion[2, 7], confusion[4, 0], confusion[3, 8] = 3, 2, 4, 1
    labels, counts = readable_part(confusion, most=4)
    assert labels.tolist() == [2, 7, 0, 4]  # 2 and 7 make five mistakes, 4 and 0 four, 3 and 8 one
    assert counts.tolist() == [[5, 2, 0, 0, 0], [3, 5, 0, 0, 0], [0, 0, 5, 0, 0], [0, 0, 4, 5, 0]]
    assert readable_part(confusion, most=5).labels.tolist() == [2, 7, 0, 4, 3]
    assert readable_part(confusion, most=5).counts[4].tolist() == [0, 0, 0, 0, 5, 1]  # 8 is not shown
    assert readable_part(np.eye(9, dtype=np.int64), most=3).labels.tolist() == [0, 1, 2]
    assert readable_part(confusion, most=9).counts is confusion
