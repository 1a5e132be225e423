"""The answers say what the intervals allow, and no more."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from styleid.studies.forgetting.plot import place
from styleid.studies.forgetting.scores import Repeats
from styleid.studies.forgetting.words import answers, headline, points


def scores(
    transfer: tuple[float, float], gain: tuple[float, float], p: tuple[float, float]
) -> dict[str, Any]:
    def metric(low: float, high: float) -> dict[str, float]:
        return {"value": (low + high) / 2, "low": low, "high": high, "p": 0.5}

    def part(p: float | None = None) -> dict[str, Any]:
        return {"share": 0.1, "by_chance": None if p is None else 0.05, "p": p}

    near = metric(0.6, 0.7)
    return {
        "sequential": {
            "backward_transfer": metric(*transfer), "forgetting": metric(0, 0.1), "runs_that_lose": 0.75,
            "mean_just_trained": near, "mean_at_end": near, "matrix": [[metric(0.3, 0.45), near]],
        },
        "independent": {"mean_at_end": near},
        "joint": {"mean_at_end": near},
        "differences": {
            "independent_less_sequential": metric(*gain), "independent_less_joint": metric(-0.1, 0.1)
        },
        "order_effect": {
            "at_end": {"label": part(), "seed": part(), "order": part(p[0]), "position": part(p[1])},
            "just_trained": {"label": part(), "position": part(0.8)},
        },
    }  # fmt: skip


@pytest.mark.parametrize(
    ("transfer", "gain", "p", "verdicts"),
    [
        ((-0.2, -0.1), (0.1, 0.2), (0.01, 0.01), ["yes", "yes", "yes"]),
        ((0.1, 0.2), (-0.2, -0.1), (0.2, 0.01),
         ["no, it gains", "for each label, not on the whole", "no, it is worse"]),
        ((-0.2, 0.1), (-0.1, 0.2), (0.2, 0.2), ["cannot be told", "not shown", "cannot be told"]),
    ],
)  # fmt: skip
def test_verdicts_follow_intervals_and_tests(
    transfer: tuple[float, float], gain: tuple[float, float], p: tuple[float, float], verdicts: list[str]
) -> None:
    found = answers(scores(transfer, gain, p), "dense", False)
    assert [answer["verdict"] for answer in found] == verdicts
    assert "75 % show a loss" in found[0]["answer"]
    assert "When just trained, the place explains 10.0 % (p = 0.800;" in found[1]["answer"]


def test_a_contradiction_is_named_where_others_hold_the_labels() -> None:
    of = scores((-0.2, -0.1), (0.1, 0.2), (0.01, 0.01))
    assert "contradicted" in answers(of, "dense", False)[0]["answer"]
    assert "contradicted" not in answers(of, "dense", True)[0]["answer"]


def test_the_headline_speaks_of_each_learner() -> None:
    lost, unclear = scores((-0.2, -0.1), (0.1, 0.2), (1, 1)), scores((-0.2, 0.1), (-0.1, 0.2), (1, 1))
    assert headline({"dense": lost, "cnn": unclear}) == (
        "The dense head on cached vectors forgets, and models of their own are better; the small network on "
        "pictures cannot be told to forget, and models of their own cannot be told to be better."
    )


def test_points_are_written_with_signs() -> None:
    known = {"value": -0.067, "low": -0.091, "high": 0.042, "p": 0.5}
    assert points(known) == "\u22126.7 points (\u22129.1 to +4.2)"
    assert points({"value": 0.067, "low": None, "high": None, "p": None}) == "+6.7 points (one seed)"
    alike = points({"value": 0.5, "low": None, "high": None, "p": 0.25})
    assert alike == "+50.0 points (the same by every seed, so without an interval)"


def test_places_in_the_order_have_their_endings() -> None:
    named = [place(number - 1) for number in (1, 10, 11, 12, 13, 21, 22, 23, 24, 101, 111)]
    assert named == [
        "first",
        "tenth",
        *["11th", "12th", "13th", "21st", "22nd", "23rd", "24th", "101st", "111th"],
    ]


def test_a_difference_of_shares_stays_within_what_is_possible() -> None:
    """Three seeds that lose 80, 99 and 100 points: an interval to a loss of 125 would promise nonsense."""
    found = Repeats(0.4, 10).difference(np.array([-0.8, -0.99, -1.0]))
    assert found["low"] == -1.0
    assert found["value"] == pytest.approx(-0.93)
    assert -0.7 < found["high"] < 0
    still = Repeats(0.4, 10).difference(np.array([0.5, 0.5, 0.5]))
    assert (still["value"], still["low"], still["high"], still["p"]) == (0.5, None, None, 0.25)
