"""The notebook's questions, answered in plain sentences from measured numbers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from styleid.report.numbers import write_p, write_percent, write_points, write_points_interval

#: The notebook's figures: accuracy of each person when just trained, and of all at the end.
THEIRS: dict[str, Any] = {
    "just_trained": [0.744, 0.689, 0.644],
    "at_end": [0.644, 0.656, 0.644],
    "conclusions": [
        "no clear effect of the order",
        "the network forgets",
        "one model per person is better",
    ],
    "rests_on": "one run of one order",
}
LEVEL = 0.05
NAMES = {"dense": "the dense head on cached vectors", "cnn": "the small network on pictures"}


def answers(scores: Mapping[str, Any], learner: str, shared_others: bool) -> list[dict[str, str]]:
    """Answer each of the notebook's questions for one learner, from what `score_learner` returned.

    ``verdict`` is a word or a few, ``answer`` is sentences.
    """
    answered = {
        "Does it forget?": _forgets(scores["sequential"], shared_others),
        "Does the order matter?": _order(scores),
        "Is one model per person better?": _own_models(scores),
    }
    return [
        {"learner": learner, "question": question, "verdict": verdict, "answer": answer}
        for question, (verdict, answer) in answered.items()
    ]


def _forgets(sequential: Mapping[str, Any], shared_others: bool) -> tuple[str, str]:
    moved = sequential["backward_transfer"]
    side = _side(moved)
    verdict = {-1: "yes", 1: "no, it gains", 0: "cannot be told"}[side]
    how = {-1: "worse", 1: "better", 0: "no different, as far as can be told,"}[side]
    first = sequential["matrix"][-1][0]
    contradicted = not shared_others and first["high"] is not None and first["high"] < 0.5
    why = (
        " What was learned first ends below chance, for the next task calls these pictures others: it is not "
        "only forgotten, it is contradicted."
        if contradicted
        else ""
    )
    gap = "" if side == 0 else f"{abs(100 * moved['value']):.1f} points "
    return verdict, (
        f"Labels learned earlier are {gap}{how} at the end than when just trained: backward transfer "
        f"{points(moved)}, {_written(sequential['mean_just_trained'])} of all when just trained, "
        f"{_written(sequential['mean_at_end'])} at the end. Forgetting, the loss from the best score "
        f"before, is {points(sequential['forgetting'])}. Of single runs, "
        f"{write_percent(sequential['runs_that_lose'], 0)} show a loss.{why}"
    )


def _order(scores: Mapping[str, Any]) -> tuple[str, str]:
    at_end, just_trained = scores["order_effect"]["at_end"], scores["order_effect"]["just_trained"]
    last = [cell["value"] for cell in scores["sequential"]["matrix"][-1]]
    if at_end["order"]["p"] is None:
        return "cannot be told", "It takes two orders and two seeds or more to tell."
    whole, place = at_end["order"]["p"] < LEVEL, at_end["position"]["p"] < LEVEL
    verdict = "yes" if whole else "for each label, not on the whole" if place else "not shown"
    on_the_whole = "some orders do better than others" if whole else "no order does better than another"
    for_one = "the place in the order counts" if place else "no effect of its place in the order is shown"
    return verdict, (
        f"On the whole {on_the_whole}{'' if whole else ', as far as can be told'}: the order explains "
        f"{_share(at_end['order'])} of the variance at the end. For a single label {for_one}: "
        f"{_share(at_end['position'])}; learned first it stands at {write_percent(last[0])} at the end, "
        f"learned last at {write_percent(last[-1])}. Which label it is explains "
        f"{write_percent(at_end['label']['share'], 0)}, the seed "
        f"{write_percent(at_end['seed']['share'], 0)}. When just trained, the place explains "
        f"{_share(just_trained['position'])}, the label {write_percent(just_trained['label']['share'], 0)}."
    )


def _own_models(scores: Mapping[str, Any]) -> tuple[str, str]:
    gain = scores["differences"]["independent_less_sequential"]
    joint = scores["differences"]["independent_less_joint"]
    side = _side(gain)
    verdict = {1: "yes", -1: "no, it is worse", 0: "cannot be told"}[side]
    beside = {1: "better than", -1: "worse than", 0: "not to be told from"}[_side(joint)]
    return verdict, (
        f"Models of their own reach {_written(scores['independent']['mean_at_end'])}, the retrained one "
        f"{_written(scores['sequential']['mean_at_end'])} at the end: a difference of {points(gain)}. They "
        f"are {beside} one joint model, {_written(scores['joint']['mean_at_end'])}: {points(joint)}."
    )


def headline(scores: Mapping[str, Mapping[str, Any]]) -> str:
    """Say in one sentence what the study found, from the scores of each learner."""
    said = []
    for learner, measured in scores.items():
        lost, gain = _side(measured["sequential"]["backward_transfer"]), measured["differences"]
        forgets = {-1: "forgets", 1: "gains by retraining", 0: "cannot be told to forget"}[lost]
        better = {1: "are better", -1: "are worse", 0: "cannot be told to be better"}[
            _side(gain["independent_less_sequential"])
        ]
        said.append(f"{NAMES[learner]} {forgets}, and models of their own {better}")
    text = "; ".join(said)
    return text[0].upper() + text[1:] + "."


def points(metric: Mapping[str, Any]) -> str:
    """Write a difference in percentage points with its interval, such as ``+6.7 points (+4.2 to +9.1)``."""
    alone = " (one seed)" if metric["p"] is None else " (the same by every seed, so without an interval)"
    interval = write_points_interval(metric, named=False, signed=True) or alone
    return f"{write_points(metric['value'], signed=True)} points{interval}"


def _written(metric: Mapping[str, Any]) -> str:
    value = write_percent(metric["value"])
    if metric["low"] is None:
        return f"{value} (one seed)"
    return f"{value} ({write_percent(metric['low'])} to {write_percent(metric['high'])})"


def _share(part: Mapping[str, Any]) -> str:
    return (
        f"{write_percent(part['share'])} ({write_p(part['p'], named=True)}; orders without any effect would "
        f"show {write_percent(part['by_chance'])})"
    )


def _side(metric: Mapping[str, Any]) -> int:
    """Return on which side of zero the whole interval lies, 0 for neither."""
    if metric["low"] is None:
        return 0
    return 1 if metric["low"] > 0 else -1 if metric["high"] < 0 else 0
