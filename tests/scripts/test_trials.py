"""The harness pairs what it compares, and no way of calibrating sees what it is judged by."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).parents[2] / "scripts"))

from trials import judge, outsiders, probabilities, strangers, targets, views, witnesses
from trials.build import spread, without_copies
from trials.trial import MOST, Choice, Trial, fewer_rows, make_trial, tried_rows, uneven_rows
from trials.works import Work

from styleid import make_table


def hands(
    n: int = 120, labels: int = 4, shift: float = 1.2, seed: int = 0
) -> tuple[NDArray[np.float32], list[str]]:
    """Return vectors of hands whose means lie apart, and labels in turn."""
    rng = np.random.default_rng(seed)
    means = rng.normal(0, shift, (labels, 12))
    X = np.stack([means[row % labels] + rng.normal(0, 1, 12) for row in range(n)]).astype(np.float32)
    return X, [f"hand {row % labels}" for row in range(n)]


@pytest.fixture
def trial() -> Trial:
    X, y = hands()
    return make_trial(make_table(X, y, np.arange(len(y))), "made up", 0)


def test_a_folds_own_pictures_do_not_teach_its_map(trial: Trial) -> None:
    seen: list[NDArray[np.int64]] = []

    def spy(known: probabilities.HeldOut) -> probabilities.Calibrator:
        seen.append(known.rows)
        return probabilities.by_consistency(known)

    probabilities.other_folds(trial, "lda", learn=spy)
    for fold, rows in zip(trial.folds, seen, strict=True):
        assert not set(rows) & set(fold.test)
        assert set(rows) | set(fold.test) == set(range(len(trial.table.y)))


def test_calibration_brings_flat_scores_near_the_floor_of_exact_ones(trial: Trial) -> None:
    flat = trial.predictions("lda")
    modest = flat.with_scores((flat.scores**0.2) / (flat.scores**0.2).sum(axis=1, keepdims=True))
    trial.known["predictions lda"] = modest
    assert probabilities.no_map(trial, "lda")["too_modest"] > 0.1
    assert abs(probabilities.other_folds(trial, "lda")["too_modest"]) < 0.05


def test_a_label_far_from_all_others_is_a_stranger_to_every_detector() -> None:
    X, y = hands(100)
    far = X[::4] * 0 + np.r_[np.full(6, 9), np.full(6, -9)].astype(np.float32)
    rng = np.random.default_rng(1)
    X = np.concatenate([X, far + rng.normal(0, 1, far.shape).astype(np.float32)])
    y += ["far off"] * len(far)
    one = make_trial(make_table(X, y, np.arange(len(y))), "made up", 0)
    hidden = next(found for found in strangers.hidden(one) if found.label == "far off")
    for name, least in (("mahalanobis", 0.95), ("white cosine to 3", 0.8), ("ridge", 0.95)):
        assert strangers.auroc(*strangers.alone(name)(hidden)) > least, name
    together = strangers.together("mahalanobis", "white cosine to 3")(hidden)
    assert strangers.auroc(*together) > 0.9


def test_differences_are_paired_by_set_and_seed() -> None:
    choice = Choice("?", "old", {"old": lambda trial: {}, "new": lambda trial: {}}, {"good": 1})
    rows = [
        {
            "set": name,
            "seed": seed,
            "way": way,
            "values": {"good": level + 0.1 * seed + gain * (way == "new")},
        }
        for name, level, gain in (("easy", 0.9, 0.02), ("hard", 0.2, 0.04))
        for seed in (0, 1)
        for way in ("old", "new")
        if (name, seed, way) != ("hard", 1, "old")  # half measured: its seed has no pair
    ]
    new = judge.summarise(choice, rows)["metrics"]["good"]["ways"]["new"]
    assert new["differences"] == pytest.approx({"easy": 0.02, "hard": 0.04})
    assert new["difference"] == pytest.approx(0.03)
    assert new["high"] - new["difference"] == pytest.approx(12.706 * 0.01 * 2**0.5 / 2**0.5, rel=1e-3)
    assert new["better_in"] == 2


def test_what_is_measured_is_not_measured_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    X, y = hands(40)
    monkeypatch.setattr(judge, "load_table", lambda data, name: make_table(X, y, np.arange(len(y))))
    asked: list[tuple[str, int]] = []

    def way(trial: Trial) -> dict[str, float]:
        asked.append((trial.name, trial.seed))
        return {"good": 1.0}

    choice = Choice("?", "old", {"old": way}, {"good": 1})
    for seeds in (1, 2):
        judge.measure(choice, ["old"], ["a", "b"], range(seeds), tmp_path, tmp_path / "rows.jsonl")
    assert asked == [("a", 0), ("b", 0), ("a", 1), ("b", 1)]
    assert len([json.loads(line) for line in (tmp_path / "rows.jsonl").read_text().splitlines()]) == 4


def test_of_copies_by_two_hands_none_stays_and_by_one_hand_the_first() -> None:
    rng = np.random.default_rng(0)
    looks = rng.integers(0, 256, (4, 32), dtype=np.uint8)
    made = [
        (Work(hand, "", None), b"", look)
        for hand, look in (
            ("a", looks[0]),
            ("b", looks[0]),
            ("a", looks[1]),
            ("a", looks[1]),
            ("b", looks[2]),
        )
    ]
    assert list(without_copies(made)) == [2, 4]


def test_fewer_rows_keep_components_whole_and_spread_works_reach_both_ends() -> None:
    components = np.repeat(np.arange(100), 9)
    table = make_table(np.zeros((900, 2), np.float32), ["a", "b", "c"] * 300, components)
    kept = fewer_rows(table)
    assert len(kept) <= MOST
    assert set(np.bincount(components[kept])) == {0, 9}
    works = [Work("a", str(number)) for number in range(50)]
    assert [work.group for work in spread(works, 3)] == ["0", "24", "49"]


def test_a_witness_tells_what_was_planted_and_is_level_with_a_head_that_knows_it_too(trial: Trial) -> None:
    rng = np.random.default_rng(0)
    noise = rng.normal(size=(len(trial.table.y), 4)).astype(np.float32)
    trial.known["witness tables"] = {"facts": noise, "steps of 4": trial.table.X, "steps of 8": noise}
    found = witnesses.scored(trial, "forest", "steps of 4")
    assert found["colours"] > 0.8
    assert found["both"] > 0.8
    assert found["facts"] < 0.4
    assert (found["facts_level"], found["colours_level"]) == (0.0, 1.0)
    assert witnesses.scored(trial, "forest", "steps of 8")["colours"] < 0.4


def test_the_better_of_two_witnesses_is_chosen_within_the_training_part(trial: Trial) -> None:
    found, _ = witnesses._witness(trial, "today or forest", trial.table.X)
    assert {run.params["model"] for run in found.runs} <= {"today", "forest"}
    assert all(run.search_seconds > run.fit_seconds for run in found.runs), "six fits before one"


def test_an_uneven_set_takes_the_same_rows_of_every_table() -> None:
    X, y = hands()
    table = make_table(X, y, np.arange(len(y)))
    rows = tried_rows(table, uneven=True)
    assert len(rows) < len(y)
    assert table.take(rows).y.tolist() == table.take(fewer_rows(table)).take(uneven_rows(table)).y.tolist()


def test_an_added_interval_holds_its_probability_and_narrows_with_what_is_known() -> None:
    rng = np.random.default_rng(0)

    def width(n: int) -> float:
        share = rng.uniform(0.02, 0.98, n)
        scores = np.column_stack([share, 1 - share])
        known = probabilities.HeldOut(
            np.arange(n), (rng.random(n) > share).astype(np.int64), scores, np.arange(n)
        )
        asked = np.linspace(0.05, 0.95, 12)
        value, low, high = targets.venn_abers(known, np.column_stack([asked, 1 - asked]))
        assert (low <= value).all()
        assert (value <= high).all()
        assert np.abs(value - asked).mean() < 0.15  # column 0 is the target's
        return float((high - low).mean())

    assert width(40) > 2 * width(600)


def test_the_outside_is_a_stranger_that_no_detector_learned_from() -> None:
    X, y = hands()
    table = make_table(X, y, np.arange(len(y)))
    learned: list[set[str]] = []

    def spy(X: NDArray[np.float32], y: NDArray[np.str_]) -> dict[str, strangers.Measure]:
        learned.append(set(y.tolist()))
        return {"length": lambda rows: np.linalg.norm(rows, axis=1)}

    found = strangers.hidden(make_trial(table, "made up", 0), [spy], ["length"], "hand 3")
    assert sorted(one.label for one in found) == ["hand 0", "hand 1", "hand 2"]
    assert not any("hand 3" in labels for labels in learned)
    lengths = np.linalg.norm(X[table.y == "hand 3"], axis=1)
    for one in found:
        np.testing.assert_allclose(one.strange["length"][-len(lengths) :], lengths)
        assert len(one.strange["length"]) == 2 * len(lengths)


def test_a_threshold_by_the_outside_parts_what_can_be_parted() -> None:
    known, outside = np.arange(10.0), np.arange(20.0, 25.0)
    assert 9 <= outsiders.by_outside(known, outside) < 20


def test_windows_that_show_the_same_are_scored_as_one(trial: Trial, monkeypatch: pytest.MonkeyPatch) -> None:
    trial.known["short side"] = 256.0
    one = trial.table.X[:, None]
    sizes = {views.SQUARE: 1, views.FOUR: 4}
    monkeypatch.setattr(views, "stacked", lambda trial, view: np.repeat(one, sizes[view], axis=1))
    ways = [views.VIEWS.candidates[way](trial)["balanced_accuracy"] for way in ("square", *WINDOWS)]
    assert ways == pytest.approx([ways[0]] * len(ways), abs=1e-6)


WINDOWS = ("four windows by their mean", "square and four windows by their mean", "four windows by votes")
