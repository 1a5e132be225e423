"""What becomes of a hand that the head has never seen, in plain words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from styleid.questions.base import LOOK, Finding, Result
from styleid.report.numbers import in_hundred, write_interval
from styleid.report.palette import elide

#: Mean AUROC below which distances tell nothing; 0.5 is a coin.
CHANCE = 0.55
#: Mean shares recognised below which "none of these" mostly fails, and from which it mostly works.
MOSTLY_FAILS, MOSTLY_WORKS = 0.25, 0.75
#: Probability from which on a name is taken for a sure one.
SURELY = 0.8
#: A stranger called the target more often than this, for certain, is worth a caution.
OFTEN = 0.2


def write_unknown(result: Result) -> list[str]:
    """Say how well pictures of a hidden label were told from known ones; ``unknown`` must be there."""
    unknown = result["unknown"]
    alarms = unknown["false_alarms"]
    mistaken = (
        f"{in_hundred(alarms['value'])} of 100 known pictures were called unknown by "
        f"mistake{write_interval(alarms)}; the aim was {in_hundred(unknown['false_alarm'])}."
    )
    hidden = unknown["hidden"]
    if not hidden:
        return [
            "No label could be hidden, so nothing tells what becomes of a hand it has never seen.",
            mistaken,
        ]
    if len(hidden) == 1:
        (one,) = hidden
        whose = f": “{elide(one['label'], 40)}”, hidden from it{write_interval(one['recognised'])}"
    else:
        sample = f" of {len(result['labels'])}" if len(hidden) < len(result["labels"]) else ""
        whose = f" (mean over {len(hidden)}{sample} labels, hidden in turn)"
    only = "only " if unknown["recognised"] < MOSTLY_FAILS else ""
    sentences = [
        f"It recognised {only}{in_hundred(unknown['recognised'])} of 100 pictures by a hand it had never "
        f"seen{whose}.",
        _verdict(unknown),
    ]
    if len(hidden) == 1:
        sentences.append("One hidden label says little about other hands.")
    else:
        ranked = sorted(hidden, key=_auroc)
        least, most = (f"{_auroc(end):.2f}" for end in (ranked[0], ranked[-1]))
        spread = (
            f"{most} for each of the {len(hidden)}"
            if least == most
            else f"{unknown['auroc']:.2f} on average, from {least} for “{elide(ranked[0]['label'], 40)}” to "
            f"{most} for “{elide(ranked[-1]['label'], 40)}”"
        )
        sentences.append(f"AUROC (0.5 is chance, 1 is best): {spread}.")
    if named := _surely(result):
        sentences.append(
            f"A name is no proof: with a probability of {named['probability']:g} or more were "
            f"{write_called(result)} {in_hundred(named['strangers'])} of 100 pictures by a hand it had never "
            f"seen, and {in_hundred(named['known'])} of 100 known ones."
        )
    return [*sentences, mistaken]


def write_called(result: Result) -> str:
    """Say what a name is: any, or the target's."""
    target = result["target"]
    return "named" if target is None else f"called “{elide(str(target), 40)}”"


def _surely(result: Result) -> Mapping[str, Any] | None:
    """Return the shares named with a probability of `SURELY` or more; None where they were not measured."""
    named = (result["unknown"] or {}).get("named") or ()
    return next((one for one in named if one["probability"] == SURELY), None)


def write_strangers(result: Result) -> list[str]:
    """Say how often a hand that was never shown is called the target; ``strangers`` must be there."""
    strangers, target = result["strangers"], elide(str(result["target"]), 40)
    if not strangers:
        return ["There is only one label besides the target, so none could be left out of training."]
    called, known = (in_hundred(_average(strangers, key)) for key in ("called_target", "when_known"))
    sentences = [
        f"By a hand it had never seen, {called} of 100 pictures were called “{target}”; with that hand among "
        f"the others in training, {known}."
    ]
    worst = _most_called(strangers)
    if len(strangers) > 1 and worst["called_target"]["value"]:
        sentences.append(
            f"Most often “{elide(worst['label'], 40)}”: "
            f"{in_hundred(worst['called_target']['value'])}{write_interval(worst['called_target'])}."
        )
    return sentences


def find(result: Result) -> Iterator[Finding]:
    """Warn of what a reader with an unknown hand before them must not miss."""
    unknown, strangers = result["unknown"], result["strangers"]
    if unknown is not None and unknown["hidden"]:
        if _is_chance(unknown):
            text = "“None of these” is no better than chance: a hand it has never seen gets a known name."
            yield Finding("strangers", LOOK, text)
        elif unknown["recognised"] < MOSTLY_WORKS:
            often = "mostly fails" if unknown["recognised"] < MOSTLY_FAILS else "often fails"
            surely, named = "", _surely(result)
            if named is not None:
                called = f" are {write_called(result)}" if result["target"] else ""
                surely = f", {in_hundred(named['strangers'])}{called} with a probability of {SURELY} or more"
            yield Finding(
                "strangers",
                LOOK,
                f"“None of these” {often}: of 100 pictures by a hand it has never seen, about "
                f"{in_hundred(1 - unknown['recognised'])} get a known name{surely}.",
            )
    if strangers:
        worst = _most_called(strangers)
        called = worst["called_target"]
        if ((called["value"] or 0.0) if called["low"] is None else called["low"]) > OFTEN:
            yield Finding(
                "strangers",
                LOOK,
                f"A hand it has never seen is often called “{elide(str(result['target']), 40)}”: "
                f"“{elide(worst['label'], 40)}”, left out of training, for {in_hundred(called['value'])} of "
                f"100 pictures{write_interval(called)}.",
            )


def _verdict(unknown: Mapping[str, Any]) -> str:
    if _is_chance(unknown):
        return "That is no better than chance: do not rely on “none of these”, nor on its absence."
    if unknown["recognised"] < MOSTLY_FAILS:
        return "It mostly does not work: an unknown hand is given a known name far more often than not."
    if unknown["recognised"] < MOSTLY_WORKS:
        return "It works in part: a known name is no proof that the hand is known."
    return "It mostly works; what it misses gets a known name."


def _is_chance(unknown: Mapping[str, Any]) -> bool:
    """Say whether no label, or not the mean, lies above a coin's 0.5."""
    lows = [label["auroc"]["low"] for label in unknown["hidden"] if label["auroc"]["low"] is not None]
    return bool(unknown["auroc"] < CHANCE or (lows and max(lows) <= 0.5))


def _auroc(label: Mapping[str, Any]) -> float:
    value = label["auroc"]["value"]
    return 0.0 if value is None else float(value)


def _average(strangers: Sequence[Mapping[str, Any]], key: str) -> float | None:
    """Average a share over the pictures of those strangers for whom it is defined; None without any."""
    defined = [one for one in strangers if one[key]["value"] is not None]
    if not defined:
        return None
    return float(
        np.average([one[key]["value"] for one in defined], weights=[one["n_images"] for one in defined])
    )


def _most_called(strangers: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    return max(strangers, key=lambda stranger: stranger["called_target"]["value"] or 0.0)
