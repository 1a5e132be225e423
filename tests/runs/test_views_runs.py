"""Runs on several views: which are taken, how they become rows, and that everything says so."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from fitted import DIM, Workspace

from styleid import CheckOptions, CompareOptions, FitOptions, Run, check, compare, fit, load_model
from styleid.data.manifest.table import read_manifest
from styleid.data.views.names import CENTER, DEFAULT_VIEW, parse_views
from styleid.errors import InputError, StoreError
from styleid.heads.base import REGISTRY
from styleid.heads.voting import Voting
from styleid.model.predict import views_of
from styleid.rows.selection import settled
from styleid.rows.training_set import TrainingSet, training_set, vectors_to_compare
from styleid.runs.listing import finished_runs
from styleid.vectors.pooling import mean_of_views, pool_views
from styleid.vectors.store.space import read_current, write_current
from styleid.vectors.store.store import SpaceStore

VIEWS = "square+fit+grid:2@448"
NAMES = parse_views(VIEWS)


@pytest.fixture
def viewed(workspace: Workspace) -> Workspace:
    add_views(workspace, NAMES)
    return workspace


def add_views(workspace: Workspace, views: tuple[str, ...], recorded: str = VIEWS) -> None:
    """Give every picture further views, each a little apart from its centre, and record them."""
    rng = np.random.default_rng(7)
    for view in views:
        if view != DEFAULT_VIEW:
            points = workspace.points + rng.normal(0, 0.7, workspace.points.shape).astype(np.float32)
            workspace.store.append([(row.sha256, view) for row in workspace.rows], points, {})
    write_current(workspace.vectors, workspace.store.space, False, recorded)


def data_of(workspace: Workspace, **options: Any) -> TrainingSet:
    store = SpaceStore(workspace.vectors, workspace.store.space)
    return training_set(read_manifest(workspace.manifest), store, FitOptions(**options), 1)


def run(workspace: Workspace, **options: Any) -> Run:
    chosen = FitOptions(**{"head": "centroid", "folds": 3, **options})
    return fit(chosen, workspace.manifest, workspace.vectors, workspace.out, None, 1)


def test_mean_and_vote_are_made_of_the_same_vectors(viewed: Workspace) -> None:
    mean, vote = data_of(viewed, views=VIEWS), data_of(viewed, views=VIEWS, pool="vote")
    stack = np.stack([viewed.store.matrix(mean.manifest, view) for view in NAMES], axis=1)
    np.testing.assert_array_equal(mean.X, stack.mean(axis=1))
    np.testing.assert_array_equal(vote.X, np.concatenate([stack[:, v] for v in range(6)], axis=1))
    assert (mean.X.dtype, vote.X.dtype) == (np.float32, np.float32)
    assert (mean.n_views, vote.n_views) == (1, 6)
    np.testing.assert_array_equal(vote.vectors, mean.X)
    np.testing.assert_array_equal(mean.vectors, mean.X)
    np.testing.assert_array_equal(vote.components, mean.components)


@pytest.mark.parametrize("pool", ["mean", "vote"])
def test_rows_follow_the_manifest(viewed: Workspace, pool: str) -> None:
    before = data_of(viewed, views=VIEWS, pool=pool)
    order = np.random.default_rng(3).permutation(len(viewed.rows))
    manifest = read_manifest(viewed.manifest)
    shuffled = replace(manifest, rows=tuple(manifest.rows[i] for i in order))
    after = training_set(shuffled, viewed.store, FitOptions(views=VIEWS, pool=pool), 1)
    np.testing.assert_array_equal(after.X, before.X[order])


def test_the_views_embedded_last_are_taken(viewed: Workspace) -> None:
    def views_for(recorded: str | None) -> str | None:
        if recorded is not None:
            write_current(viewed.vectors, viewed.store.space, False, recorded)
        return settled(FitOptions(), viewed.store).views

    assert views_for(None) == VIEWS
    assert views_for("fit") == "fit"
    assert views_for("square+augment:4") == DEFAULT_VIEW, "made to learn from, not to be judged by"
    assert views_for("augment:4") == CENTER, "of which they are the changes"
    write_current(viewed.vectors, viewed.store.space, False)
    assert read_current(viewed.vectors).views[viewed.store.space.folder] == "augment:4", (
        "another write leaves it"
    )
    (viewed.vectors / "current.json").write_text(
        json.dumps({"space": viewed.store.space.folder, "automatic": None})
    )
    assert views_for(None) == CENTER, "stores from before there were views"
    assert settled(FitOptions(views=" fit + square"), viewed.store).views == "fit+square"


def test_one_view_has_nothing_to_vote_on(viewed: Workspace) -> None:
    assert settled(FitOptions(views="fit", pool="vote"), viewed.store).pool == "mean"


def test_what_cannot_be_is_refused_in_one_line(viewed: Workspace) -> None:
    with pytest.raises(InputError, match="--pool expects one of mean, vote; found 'max'"):
        run(viewed, pool="max")
    with pytest.raises(InputError, match="--views expects square, center, fit, grid:N@S"):
        run(viewed, views="spiral")
    with pytest.raises(
        StoreError, match=r"60 of 60 pictures have no vector.*run `styleid embed --views square\+grid:3@448`"
    ):
        run(viewed, views="square+grid:3@448")


@pytest.mark.parametrize("head", REGISTRY)
def test_every_head_makes_a_whole_run_by_vote(viewed: Workspace, head: str) -> None:
    done = run(viewed, head=head, views="square+fit", pool="vote")
    assert done.folder.name == f"{head}-square-fit-vote"
    assert (done.result["views"], done.result["pool"]) == ("square+fit", "vote")
    assert done.result["metrics"]["accuracy"]["value"] > 0.7
    bundle = load_model(done.folder / "model.styleid")
    assert views_of(bundle) == (("square", "fit"), "vote")
    assert isinstance(bundle.estimators[0].real, Voting)
    assert bundle.trust.unknown is not None
    assert bundle.trust.unknown.detector.dim == DIM
    data = data_of(viewed, views="square+fit", pool="vote")
    assert bundle.scores(data.X).shape == (60, 3)
    page = (done.folder / "report.html").read_text()
    assert "square+fit: 2 a picture, each judged by itself, their scores averaged" in page


def test_one_vs_rest_by_vote(viewed: Workspace) -> None:
    done = run(viewed, one_vs_rest=True, pool="vote")
    bundle = load_model(done.folder / "model.styleid")
    assert [estimator.n_views for estimator in bundle.estimators] == [6, 6, 6]
    assert done.result["metrics"]["accuracy"]["value"] > 0.7


def test_the_default_is_told_as_before(workspace: Workspace) -> None:
    done = run(workspace)
    assert done.folder.name == "centroid"
    assert (done.result["views"], done.result["pool"]) == ("square", "mean")
    assert "<th>Views" not in (done.folder / "report.html").read_text()
    (listed,) = finished_runs(workspace.out)
    assert (listed["views"], listed["pool"], listed["looked_at"]) == ("square", "mean", "square")


def test_the_views_embedded_last_are_told(viewed: Workspace) -> None:
    done = run(viewed)
    assert done.folder.name == "centroid-square-fit-grid-2-448"
    assert done.result["options"]["views"] == VIEWS
    assert f"{VIEWS}: 6 a picture, their vectors averaged" in (done.folder / "report.html").read_text()
    (listed,) = finished_runs(viewed.out)
    assert listed["looked_at"] == VIEWS
    run(viewed, pool="vote")
    assert {of["looked_at"] for of in finished_runs(viewed.out)} == {VIEWS, f"{VIEWS}, vote"}


def test_the_least_to_beat_does_not_depend_on_the_pooling(viewed: Workspace) -> None:
    mean, vote = run(viewed).result, run(viewed, pool="vote").result
    assert mean["baselines"] == vote["baselines"]
    assert mean["metrics"] == mean["baselines"]["centroid"], "one head, one set of vectors, one calibration"


def test_a_comparison_on_views(viewed: Workspace) -> None:
    options = CompareOptions(heads=("centroid", "knn"), folds=3, repeats=1, pool="vote")
    done = compare(options, viewed.manifest, viewed.vectors, viewed.out, None, 1)
    assert done.folder.name == "compare-square-fit-grid-2-448-vote"
    assert (done.result["views"], done.result["pool"]) == (VIEWS, "vote")
    assert "each judged by itself" in (done.folder / "compare.html").read_text()
    alone = compare(replace(options, views="square"), viewed.manifest, viewed.vectors, viewed.out, None, 1)
    assert (alone.folder.name, alone.result["pool"]) == ("compare", "mean")


def test_a_vote_in_a_comparison_is_the_vote_of_a_fit(viewed: Workspace) -> None:
    options = CompareOptions(heads=("centroid", "knn"), folds=3, repeats=1, pool="vote")
    compared = compare(options, viewed.manifest, viewed.vectors, viewed.out, None, 1)
    fitted = run(viewed, head="knn", pool="vote")
    value = compared.result["results"]["knn"]["metrics"]["balanced_accuracy"]["value"]
    assert value == pytest.approx(np.mean([fold["balanced_accuracy"] for fold in fitted.result["folds"]]))


def test_an_audit_on_views(viewed: Workspace) -> None:
    done = check(CheckOptions(folds=3), viewed.manifest, viewed.vectors, viewed.out, 1)
    assert done.result["views"] == VIEWS
    other = check(CheckOptions(folds=3, views="square"), viewed.manifest, viewed.vectors, viewed.out, 1)
    assert other.result["views"] == "square"
    assert other.result["scores"] != done.result["scores"]


def test_near_duplicates_are_looked_for_by_one_view_where_all_have_it(viewed: Workspace) -> None:
    manifest, store = read_manifest(viewed.manifest), viewed.store
    np.testing.assert_array_equal(vectors_to_compare(manifest, store, NAMES), viewed.points)
    some = SpaceStore(viewed.vectors.with_name("other"), store.space)
    some.create()
    stack = np.random.default_rng(0).normal(size=(60, 2, DIM)).astype(np.float32)
    for number, view in enumerate(("fit", "grid:1@448/0")):
        some.append([(row.sha256, view) for row in manifest.rows], stack[:, number], {})
    some.append([(manifest.rows[0].sha256, DEFAULT_VIEW)], stack[:1, 0], {})
    found = vectors_to_compare(manifest, some, ("fit", "grid:1@448/0"))
    np.testing.assert_array_equal(found, stack.mean(axis=1))
    some.append([(row.sha256, CENTER) for row in manifest.rows], stack[:, 1], {})
    found = vectors_to_compare(manifest, some, ("fit", "grid:1@448/0"))
    np.testing.assert_array_equal(found, stack[:, 1], "all of a store from before the square have the centre")


def test_a_picture_that_a_view_does_not_fit_is_left_out_where_that_view_is_asked_for(
    workspace: Workspace,
) -> None:
    views = [(row.sha256, "fit") for row in workspace.rows[1:]]
    workspace.store.append(views, workspace.points[1:], {})
    row = {"path": "x", "code": "too-narrow", "message": "m", "policy": "v1 fit"}
    workspace.store.append_failures([{"sha256": workspace.rows[0].sha256, **row}])
    assert len(data_of(workspace).y) == 60
    data = data_of(workspace, views="square+fit")
    assert len(data.y) == 59
    assert any(
        note.startswith("1 picture left out: it does not fit the views square+fit: ") for note in data.notes
    )


def test_pooling_by_hand() -> None:
    stack = np.random.default_rng(1).normal(size=(5, 3, 4)).astype(np.float32)
    np.testing.assert_array_equal(pool_views(stack, "mean"), stack.mean(axis=1))
    side_by_side = pool_views(stack, "vote")
    for v in range(3):
        np.testing.assert_array_equal(side_by_side[:, 4 * v : 4 * v + 4], stack[:, v])
    np.testing.assert_array_equal(mean_of_views(side_by_side, 3), stack.mean(axis=1))
    np.testing.assert_array_equal(mean_of_views(stack[:, 0], 1), stack[:, 0])
    assert pool_views(stack[:, :1], "mean").tolist() == stack[:, 0].tolist()


def test_files_written_before_there_were_views_are_listed(viewed: Workspace) -> None:
    done = run(viewed, views="square")
    result = {key: value for key, value in done.result.items() if key not in ("views", "pool")}
    (done.folder / "result.json").write_text(json.dumps(result))
    (listed,) = finished_runs(viewed.out)
    assert listed["looked_at"] == "center"
