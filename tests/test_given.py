"""What a caller gives wrongly ends at once in one line of ours, by every name of the door."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from bundle_cases import saved
from command import here_in
from fitted import Workspace

from styleid import (
    CheckOptions,
    CompareOptions,
    DecodePolicy,
    EmbedOptions,
    FitOptions,
    ScanOptions,
    check,
    compare,
    cross_validate,
    embed,
    fit,
    grouped_folds,
    join_groups,
    load_model,
    make_head,
    make_table,
    metrics_with_intervals,
    predict,
)
from styleid.errors import InputError

RNG = np.random.default_rng(0)
X, Y, COMPONENTS = RNG.normal(size=(12, 8)).astype(np.float32), ["a", "b"] * 6, list(range(12))
HOLED = np.where(np.arange(96).reshape(12, 8) == 3, np.nan, X)
NAN = float("nan")
TABLE = make_table(X, Y, COMPONENTS)
FOLDS = grouped_folds(Y, COMPONENTS, 3)[0]
SCORED = cross_validate("centroid", TABLE, FOLDS)

WRONG: dict[str, tuple[Callable[[], Any], str]] = {
    "name of a head is a list": (lambda: make_head(["lda"]), "there is no head called"),
    "parameter of a head": (
        lambda: make_head("lda", foo=1),
        "lda has no parameter 'foo'; choose from: shrinkage",
    ),
    "seed of a head": (lambda: make_head("mlp", seed=-1), "seed expects a whole number from 0 to 4294967295"),
    "seed beyond": (lambda: make_head("mlp", seed=2**32), "found 4294967296"),
    "vectors with nan": (lambda: make_table(HOLED, Y, COMPONENTS), "finite numbers"),
    "vectors of text": (lambda: make_table([["x"]] * 12, Y, COMPONENTS), "finite numbers"),
    "a label is None": (
        lambda: make_table(X, [None, "a"] * 6, COMPONENTS),
        "label for every row, found None",
    ),
    "a label is nan": (lambda: make_table(X, [NAN, "a"] * 6, COMPONENTS), "label for every row, found nan"),
    "components of None": (lambda: make_table(X, Y, [None] * 12), "component for every row"),
    "components of nan": (lambda: make_table(X, Y, [NAN] * 12), "found nan at row 0 and 11 more"),
    "labels of folds": (lambda: grouped_folds([NAN] * 6 + ["a"] * 6, COMPONENTS), "label for every row"),
    "no keys": (lambda: join_groups(None), "expected keys with a value for every row"),
    "folds as text": (lambda: grouped_folds(Y, COMPONENTS, "3"), "n_splits expects a whole number"),
    "folds as a fraction": (lambda: grouped_folds(Y, COMPONENTS, 2.5), "found 2.5"),
    "seed of folds": (lambda: grouped_folds(Y, COMPONENTS, seed=-1), "seed expects"),
    "seed as text": (lambda: grouped_folds(Y, COMPONENTS, seed="5"), "found '5'"),
    "a classifier": (lambda: cross_validate(make_head("lda"), TABLE, FOLDS), "give its name, such as 'lda'"),
    "an array": (lambda: cross_validate("lda", X, FOLDS), "make one by make_table"),
    "no folds": (lambda: cross_validate("lda", TABLE, None), "expected a list of folds, found None"),
    "folds of another": (lambda: cross_validate("lda", TABLE, [(FOLDS[0].train,)]), "expected a fold"),
    "longer folds": (
        lambda: cross_validate("lda", make_table(X[:6], Y[:6], COMPONENTS[:6]), FOLDS),
        "beyond the 6 of the table",
    ),
    "no jobs": (lambda: cross_validate("lda", TABLE, FOLDS, n_jobs=0), "n_jobs expects"),
    "seed of scores": (lambda: cross_validate("lda", TABLE, FOLDS, seed=2**40), "seed expects"),
    "no components": (lambda: metrics_with_intervals(SCORED, None), "component for every row, found None"),
    "few components": (
        lambda: metrics_with_intervals(SCORED, COMPONENTS[:-1]),
        "12 or more, found shape (11,)",
    ),
    "no predictions": (lambda: metrics_with_intervals(None, COMPONENTS), "give what cross_validate returns"),
    "seed of intervals": (lambda: metrics_with_intervals(SCORED, COMPONENTS, -1), "seed expects"),
    "no model": (lambda: load_model(None), "the model expects a path, found None"),
    "a model that is none": (lambda: predict(3, "x.png"), "give what load_model returns"),
    "folds of a fit": (lambda: FitOptions(folds="5"), "FitOptions.folds expects a whole number, found '5'"),
    "rate of a fit": (lambda: FitOptions(false_alarm="0.1"), "FitOptions.false_alarm expects a number"),
    "views of a fit": (lambda: FitOptions(views=["square"]), "FitOptions.views expects text or None"),
    "where of a fit": (lambda: FitOptions(where=3), "FitOptions.where expects text or None, found 3"),
    "truth of a fit": (lambda: FitOptions(folds=True), "FitOptions.folds expects a whole number, found True"),
    "heads of a comparison": (lambda: CompareOptions(heads="lda"), "several, each text, found 'lda'"),
    "seed of a fit": (lambda: FitOptions(seed=-1), "FitOptions.seed expects a whole number from 0"),
    "seed of a check": (lambda: CheckOptions(seed=2**32), "CheckOptions.seed expects a whole number from 0"),
    "options of another": (lambda: fit(CompareOptions()), "expected FitOptions, found CompareOptions; give"),
    "a name for options": (lambda: fit("lda"), "expected FitOptions, found 'lda'; give FitOptions(...)"),
    "options of no comparison": (lambda: compare(None), "expected CompareOptions, found None"),
    "a number for a folder": (
        lambda: embed(5),
        "images expects a path, found 5",
    ),
    "options of an embedding": (lambda: embed("B", options=5), "expected EmbedOptions, found 5"),
    "an empty folder": (lambda: embed(""), "images expects a path, found an empty text"),
    "a store": (lambda: embed("B", store=5), "store expects a path, found 5"),
    "a policy": (lambda: embed("B", policy="x"), "expected DecodePolicy, found 'x'"),
    "options of a scan": (lambda: embed("B", scan=5), "expected ScanOptions, found 5"),
    "two folders": (lambda: embed("B", scan=ScanOptions(images="/other")), "give one folder"),
    "a table": (lambda: ScanOptions(table=5), "ScanOptions.table expects text or a path or None, found 5"),
    "folders of a split": (
        lambda: ScanOptions(split_folders="train,test"),
        "several, each text or None",
    ),
    "tidy in words": (lambda: ScanOptions(tidy_labels="yes"), "expects True or False or None, found 'yes'"),
    "cut in words": (lambda: DecodePolicy(allow_truncated="no"), "expects True or False, found 'no'"),
    "no formats": (lambda: DecodePolicy(formats=()), "DecodePolicy.formats expects at least one, of JPEG"),
    "a format by itself": (lambda: DecodePolicy(formats="PNG"), "several, each text, found 'PNG'"),
    "apart in words": (lambda: EmbedOptions(isolate="no"), "EmbedOptions.isolate expects True or False"),
    "weights": (lambda: EmbedOptions(weights=3), "EmbedOptions.weights expects text or a path or None"),
    "options of no check": (lambda: check(FitOptions()), "expected CheckOptions, found FitOptions; give"),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_value_is_one_line_of_ours(case: str) -> None:
    call, message = WRONG[case]
    with pytest.raises(InputError, match=re.escape(message)) as raised:
        call()
    assert "\n" not in str(raised.value)


def test_places_and_jobs_of_a_fit(tmp_path: Path) -> None:
    made = Workspace(tmp_path)
    place = {"manifest": made.manifest, "store": made.vectors, "out": made.out}
    for wrong, message in (
        ({"manifest": None}, "manifest expects a path, found None"),
        ({"store": None}, "store expects a path"),
        ({"name": 3}, "--name expects a plain name, found 3"),
        ({"name": "a\0b"}, "--name expects a plain name"),
        ({"n_jobs": 0}, "n_jobs expects a whole number of at least 1"),
    ):
        with pytest.raises(InputError, match=message):
            fit(FitOptions(head="centroid"), **(place | wrong))


def test_pictures_of_a_verdict(tmp_path: Path) -> None:
    saved(tmp_path / "m.styleid")
    for wrong, message in (
        (
            {"pictures": [np.zeros((4, 4, 3), np.uint8)]},
            "expected a path of each picture, found ndarray",
        ),
        ({"pictures": [b"x"]}, "expected a path of each picture, found b'x'"),
        ({"pictures": ["x"], "recursive": "no"}, "expected True or False for recursive, found 'no'"),
    ):
        with pytest.raises(InputError, match=message):
            predict(tmp_path / "m.styleid", **wrong)


def test_what_was_right_stays_right() -> None:
    """Lists of components and of heads, numpy's whole numbers, the highest seed, one job less than all."""
    listed = metrics_with_intervals(SCORED, COMPONENTS).metrics
    assert listed == metrics_with_intervals(SCORED, np.array(COMPONENTS)).metrics
    names = metrics_with_intervals(SCORED, [f"c{number:02}" for number in COMPONENTS]).metrics
    assert names["accuracy"] == listed["accuracy"]
    assert CompareOptions(heads=["lda", "knn"]).heads == ["lda", "knn"]
    assert len(grouped_folds(Y, COMPONENTS, np.int64(3), np.int64(7))[0]) == 3
    make_head("mlp", seed=2**32 - 1)
    assert FitOptions(false_alarm=1, seed=2**32 - 1).false_alarm == 1
    assert cross_validate("centroid", TABLE, FOLDS, n_jobs=-1).scores.shape == (12, 2)


@pytest.mark.parametrize("command", [["fit"], ["check"], ["compare"], ["study", "artist"]])
def test_the_command_line_bounds_seeds(command: list[str], tmp_path: Path) -> None:
    shown = here_in(tmp_path, *command, "--seed", "4294967296")
    assert shown.returncode == 2
    assert "4294967295" in shown.stderr
