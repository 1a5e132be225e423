from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from report_cases import make_run

from styleid.report.palette import elide, short_names, tidy
from styleid.runs.fit.pictures import (
    choose_faces,
    choose_mistake,
    choose_picks,
    choose_thumbnails,
    rank_in_cell,
    said_score,
)


@pytest.fixture(scope="module")
def run():
    return make_run(None, ["a", "b", "c"], 40, hit=0.5)


def test_said_score_is_of_the_predicted_label(run):
    assert said_score(run).tolist() == [run.scores[i, run.predicted[i]] for i in range(len(run.true))]


def test_picks_are_what_they_are_called(run):
    picks = choose_picks(run, 6)
    assert (run.true[picks.right] == run.predicted[picks.right]).all()
    assert (run.true[picks.wrong] != run.predicted[picks.wrong]).all()
    chosen = np.concatenate([picks.right, picks.wrong, picks.doubtful])
    assert len(set(chosen.tolist())) == 18
    surest = said_score(run)
    is_right = run.true == run.predicted
    assert picks.right[0] == np.flatnonzero(is_right)[surest[is_right].argmax()]
    assert picks.wrong[0] == np.flatnonzero(~is_right)[surest[~is_right].argmax()]
    ranked = np.sort(run.scores, axis=1)
    assert picks.doubtful[0] == (ranked[:, -1] - ranked[:, -2]).argmin()


def test_each_label_and_each_mistake_comes_once_before_any_comes_twice(run):
    picks = choose_picks(run, 6)
    assert sorted(run.true[picks.right][:3].tolist()) == [0, 1, 2]
    mistakes = list(zip(run.true[picks.wrong].tolist(), run.predicted[picks.wrong].tolist(), strict=True))
    assert len(set(mistakes)) == 6


def test_a_run_without_mistakes_has_no_wrong_picks(run):
    right = dataclasses.replace(run, predicted=run.true)
    assert choose_picks(right, 6).wrong.size == 0
    assert choose_picks(right, 6).doubtful.size == 6


def test_a_single_picture():
    one = make_run(None, ["a", "b"], 1)
    assert sum(len(part) for part in choose_picks(one, 8)) == 2


def test_rank_counts_each_cell_from_its_surest(run):
    rank, score = rank_in_cell(run), said_score(run)
    for own in range(3):
        for said in range(3):
            cell = np.flatnonzero((run.true == own) & (run.predicted == said))
            assert sorted(rank[cell]) == list(range(len(cell)))
            assert (np.diff(score[cell[np.argsort(rank[cell])]]) <= 0).all()


@given(st.integers(1, 130), st.integers(1, 12))
@settings(deadline=None, max_examples=30)
def test_thumbnails_prefer_what_cells_open_and_what_is_wrong(run, at_most, a_cell):
    chosen = choose_thumbnails(run, at_most, a_cell)
    assert len(chosen) == len(set(chosen.tolist())) == min(at_most, len(run.true))
    rank, wrong = rank_in_cell(run), run.true != run.predicted
    opened = rank < a_cell
    in_turn = [wrong & opened, ~wrong & opened, wrong & ~opened, ~wrong & ~opened]
    kinds = [next(k for k, kind in enumerate(in_turn) if kind[row]) for row in chosen]
    assert kinds == sorted(kinds)
    np.testing.assert_array_equal(chosen, choose_thumbnails(run, at_most, a_cell))


@given(st.text())
@settings(deadline=None, max_examples=100)
def test_tidy_and_elided_names_are_one_visible_line(text):
    for shown in (tidy(text), elide(text, 12)):
        assert len(shown.splitlines()) <= 1
        shown.encode("utf-8")
    assert len(elide(text, 12)) <= 12


def test_elided_names_keep_both_ends_and_stay_apart():
    assert elide("Vincent van Gogh, attributed", 14) == "Vincent v…uted"
    assert elide("a\u202eb\ud800c\x00d") == "a\ufffdb\ufffdc\ufffdd"
    same = ["x" * 20 + "1" + "y" * 20, "x" * 20 + "2" + "y" * 20, "z"]
    assert short_names(same, 10) == ["xxxxxx…yyy (1)", "xxxxxx…yyy (2)", "z"]


def test_paths_are_paths(run):
    assert all(isinstance(path, Path) for path in run.paths)


def test_a_face_is_of_its_label_and_the_most_typical(run):
    faces = choose_faces(run)
    assert run.true[faces].tolist() == sorted(set(run.true.tolist()))
    for row in faces:
        assert run.off_centre[row] == run.off_centre[run.true == run.true[row]].min()
    alike = dataclasses.replace(run, off_centre=np.ones(len(run.true)), image_ids=run.image_ids[::-1])
    last = [np.flatnonzero(run.true == label).max() for label in np.unique(run.true)]
    assert choose_faces(alike).tolist() == last, "of equals, the first by its name"


def test_the_commonest_mistake_is_shown_beside_what_it_was_taken_for(run):
    mistake = choose_mistake(run)
    wrong = np.array(run.result["confusion"])
    np.fill_diagonal(wrong, 0)
    row, face, times = mistake
    assert times == wrong.max() == wrong[run.true[row], run.predicted[row]]
    assert run.true[face] == run.predicted[row] != run.true[row]
    assert face not in choose_faces(run), "which stand above the pair already"


def test_without_a_mistake_there_is_none_to_show():
    run = make_run(None, ["a", "b"], 4)
    rows = run.true.tolist()
    right = dataclasses.replace(run, predicted=run.true, result=run.result | {"confusion": [[4, 0], [0, 4]]})
    assert choose_mistake(right) is None
    assert run.true[choose_faces(right)].tolist() == sorted(set(rows))
