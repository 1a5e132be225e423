"""The findings of the artist study: short, and true whatever was found."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

import pytest

from styleid.report.numbers import write_points, write_points_interval
from styleid.studies.artist.words import (
    best_beside,
    best_head,
    best_step,
    find_step,
    step_less_head,
    write_artist_findings,
    write_artist_headline,
)

SPLITS = ("per picture", "grouped")
STEPS = {
    "trainable": ("v1", 0.925, "backbone left trainable by mistake"),
    "frozen": ("v1", 0.58, "backbone frozen"),
    "refined": ("v2", 0.5, "L2, dropout, augmentation"),
}
#: Balanced accuracy on v1 and on v2.
HEADS = {"logreg": (0.7, 0.66), "mlp": (0.8, 0.63), "mlp + views": (0.75, 0.68)}
OUT_OF_FOLD = {"logreg": 0.76, "mlp": 0.777, "mlp + views": 0.76}


def metric(value: float | None, low: float | None = None, high: float | None = None) -> dict[str, Any]:
    return {"value": value, "low": low, "high": high}


def around(value: float, by: float = 0.05) -> dict[str, Any]:
    return metric(value, value - by, value + by)


@pytest.fixture
def result() -> dict[str, Any]:
    """What is looked at of a study in which the first step is clearly ahead."""
    steps = [
        {
            "step": name, "words": words, "version": version, "split": split, "n_train": 1413, "n_test": 132,
            "n_test_seen": 0 if split == "grouped" else 104, "majority_accuracy": 0.857, "cpu_seconds": 530.2,
            "metrics": {"balanced_accuracy": around(value if split == "grouped" else value - 0.03)},
            "per_label": {"ann": {"recall": metric(0.0, 0.0, 0.3)}},
        }
        for name, (version, value, words) in STEPS.items()
        for split in SPLITS
    ]  # fmt: skip
    heads = [
        {
            "head": name,
            "metrics": {"balanced_accuracy": around(OUT_OF_FOLD[name])},
            "leakage_gap": None
            if "+" in name
            else {"naive": 0.9, "grouped": OUT_OF_FOLD[name], "opened": name == "mlp"},
            "gain": {"gap": -0.017, "low": -0.052, "high": 0.018} if "+" in name else None,
            "divisions": [
                {
                    "version": version, "split": split, "cpu_seconds": 1.25,
                    "metrics": {"balanced_accuracy": around(value)},
                }
                for version, value in zip(("v1", "v2"), values, strict=True)
                for split in SPLITS
            ],
        }
        for name, values in HEADS.items()
    ]  # fmt: skip
    less = [
        {
            "step": step["step"], "version": step["version"], "split": step["split"], "head": name,
            "balanced_accuracy": around(
                step["metrics"]["balanced_accuracy"]["value"] - values[step["version"] == "v2"], 0.08
            ),
        }
        for step in steps
        for name, values in HEADS.items()
    ]  # fmt: skip
    return {
        "target": "ann", "n_images": 1000, "options": {"quick": False}, "steps": steps,
        "answer": {"heads": heads, "n_views": 4}, "trained_less_heads": less,
        "embedding": {"cpu_seconds_a_picture": 0.059},
        "normalisation": [
            {"step": name, "split": split, "balanced_accuracy": of}
            for split in SPLITS
            for name, of in (("frozen", metric(0.193, 0.051, 0.314)), ("refined", metric(0.0, 0.0, 0.0)))
        ],
        "misalignment": {
            "model": "trainable, v1", "aligned": {"balanced_accuracy": 0.925},
            "orders": {"n": 1000, "value": 0.498, "low": 0.433, "high": 0.587},
        },
    }  # fmt: skip


def beside(result: Mapping[str, Any], step: str, head: str, **of: float | None) -> None:
    """Change a difference of the grouped division."""
    (entry,) = [
        less
        for less in result["trained_less_heads"]
        if (less["step"], less["split"], less["head"]) == (step, "grouped", head)
    ]
    entry["balanced_accuracy"] = of


def told(result: dict[str, Any], start: str) -> str:
    (finding,) = [finding for finding in write_artist_findings(result) if finding.startswith(start)]
    return finding


def test_every_finding_is_one_or_two_short_sentences(result: dict[str, Any]) -> None:
    findings = write_artist_findings(result)
    assert len(findings) == 10
    for finding in findings:
        sentences = finding.rstrip(".").split(". ")
        assert 1 <= len(sentences) <= 2, finding
        assert len(finding) < 240, finding
        assert finding.endswith("."), finding
        assert finding.count("95 % interval") <= 2
    result["options"]["quick"] = True
    assert write_artist_findings(result) == findings, "page and terminal say it above all else"


def test_the_numbers_are_those_of_the_result(result: dict[str, Any]) -> None:
    story, careless, best, refined, times, common, normal, order, views, claimed = write_artist_findings(
        result
    )
    assert (
        "left trainable 92 % (95 % interval 88 to 98), frozen 58 % (53 to 63), refined 50 % (45 to 55)"
        in (story)
    )
    assert (
        "they reach 90 %, 55 % and 47 %. Then 104 of 132 (v1) and 104 of 132 (v2) test pictures" in careless
    )
    assert best == (
        "On the same pictures (v1: 1,413 to learn from, 132 to score) “backbone left trainable by mistake” "
        "reaches 92 %, the best of 3 heads, mlp, 80 %. "
        "The training is ahead by 12.5 points (95 % interval 4.5 to 20.5)."
    )
    assert refined.startswith("On the same pictures (v2: ")
    assert "reaches 50 %, the best of 3 heads, mlp + views, 68 %. The head is ahead by 18.0 points" in refined
    assert "(95 % interval 10.0 to 26.0)" in refined
    assert times.startswith("“backbone left trainable by mistake” took 530 s of processor time, mlp 1.2 s")
    assert "takes 59 s for one view" in times
    assert "right 86 times in 100. The refined step finds 0 in 100 pictures of the target" in common
    assert "(95 % interval 0 to 30)" in common
    assert "the frozen step by +19.3 points (95 % interval 5.1 to 31.4) and the refined step by 0.0" in normal
    assert "trainable, v1 falls from 92 % to 50 % on average (95 % of 1,000 orders: 43 to 59 %)" in order
    assert "4 augmented views" in views
    assert "mlp + views by −1.7 points (95 % interval −5.2 to 1.8)" in views
    assert (
        claimed == "Random folds would put mlp at 90 % instead of 78 %. They flatter mlp by more than chance."
    )


def test_the_verdict_follows_the_paired_interval(result: dict[str, Any]) -> None:
    assert (
        "; a training on pictures, “backbone left trainable by mistake”, is ahead by 12.5 points (4.5 to "
        in (write_artist_headline(result))
    )
    beside(result, "trainable", "mlp", value=0.12, low=-0.01, high=0.25)
    finding = told(result, "On the same pictures (v1")
    assert finding.endswith("They are not to be told apart: +12.0 points (95 % interval −1.0 to 25.0).")
    assert "ahead" not in write_artist_headline(result)
    beside(result, "trainable", "mlp", value=0.0, low=0.0, high=0.0)
    assert "They are not to be told apart: 0.0 points" in told(result, "On the same pictures (v1")
    beside(result, "trainable", "mlp", value=-0.1, low=-0.2, high=-0.02)
    assert "The head is ahead by 10.0 points (95 % interval 2.0 to 20.0)" in told(
        result, "On the same pictures (v1"
    )
    assert "ahead" not in write_artist_headline(result)
    for of in ({"value": 0.1, "low": None, "high": None}, dict.fromkeys(("value", "low", "high"))):
        beside(result, "trainable", "mlp", **of)
        assert told(result, "On the same pictures (v1").endswith("The difference has no interval here.")
        assert "ahead" not in write_artist_headline(result)


def test_the_refined_step_is_told_once_where_it_is_the_best(result: dict[str, Any]) -> None:
    for of in result["steps"]:
        if of["step"] == "refined":
            of["metrics"]["balanced_accuracy"] = around(0.95)
    findings = write_artist_findings(result)
    assert sum(finding.startswith("On the same pictures") for finding in findings) == 1
    assert told(result, "“").startswith("“L2, dropout, augmentation” took")


def test_the_best_head_is_that_of_the_division(result: dict[str, Any]) -> None:
    trainable, refined = (find_step(result, name, "grouped") for name in ("trainable", "refined"))
    assert best_head(result)["head"] == "mlp"
    assert best_step(result) is trainable
    assert (best_beside(result, trainable)["head"], best_beside(result, refined)["head"]) == (
        "mlp",
        "mlp + views",
    )
    head = best_beside(result, refined)
    assert step_less_head(result, refined, head)["value"] == pytest.approx(0.5 - 0.68)
    assert best_step({**result, "steps": [*result["steps"], copy.deepcopy(trainable)]}) is trainable, (
        "the first of equals"
    )


def test_what_is_not_there_is_not_told(result: dict[str, Any]) -> None:
    for of in result["answer"]["heads"]:
        of["gain"] = of["leakage_gap"] = None
    findings = " ".join(write_artist_findings(result))
    assert "Random folds" not in findings
    assert "augmented view" not in findings
    for step in result["steps"]:
        step["metrics"]["balanced_accuracy"] = metric(0.5)
        step["per_label"]["ann"]["recall"] = metric(None)
    findings = " ".join(write_artist_findings(result))
    assert "left trainable 50 %, frozen 50 %, refined 50 %" in findings
    assert "finds ? in 100 pictures of the target." in findings
    result["normalisation"][2]["balanced_accuracy"] = metric(None)
    assert "the frozen step by an amount that cannot be told" in " ".join(write_artist_findings(result))


def test_random_folds_that_flatter_nobody(result: dict[str, Any]) -> None:
    for of in result["answer"]["heads"]:
        if of["leakage_gap"] is not None:
            of["leakage_gap"] = {"naive": 0.7, "grouped": of["leakage_gap"]["grouped"], "opened": False}
    assert told(result, "Random folds would put mlp at 70 % instead of 78 %").endswith(
        "They flatter no head by more than chance."
    )


def test_a_model_at_chance_cannot_fall(result: dict[str, Any]) -> None:
    result["misalignment"]["aligned"]["balanced_accuracy"] = 0.55
    told(
        result, "trainable, v1 is no better beside its own labels (55 %) than beside labels in another order"
    )
    assert "falls" not in " ".join(write_artist_findings(result))


def test_one_view_is_no_views(result: dict[str, Any]) -> None:
    result["answer"]["n_views"] = 1
    assert "Learning from 1 augmented view of each" in told(result, "Learning")


@pytest.mark.parametrize(
    ("share", "plain", "signed"),
    [(0.125, "12.5", "+12.5"), (-0.004, "−0.4", "−0.4"), (0.0, "0.0", "0.0"), (-0.0004, "0.0", "0.0")],
)
def test_points(share: float, plain: str, signed: str) -> None:
    assert (write_points(share), write_points(share, signed=True)) == (plain, signed)
    assert write_points_interval({"low": share, "high": 0.2}) == f" (95 % interval {plain} to 20.0)"
    assert write_points_interval({"low": share, "high": 0.2}, named=False) == f" ({plain} to 20.0)"
    assert write_points_interval({"low": None, "high": None}) == ""
