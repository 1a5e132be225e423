"""What the scores mean, in plain words, and whether they are probabilities."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from styleid.questions.base import LOOK, Finding, Result
from styleid.questions.run_data import is_calibrated, is_guessing
from styleid.report.numbers import in_hundred, write_interval, write_score

#: The score whose bin stands for all of them in a sentence.
EXAMPLE = 0.8
#: A calibration error this far above a perfect head's is worth a caution: two points in a hundred.
CLEARLY_OFF = 0.02


def write_calibration(result: Result) -> list[str]:
    """Say what a score means, and what the calibration did to it, one sentence each."""
    calibration = result["calibration"]
    bins = calibration["after"]["curve"]
    sentences = []
    if bins:
        nearest = min(bins, key=lambda bin_: abs(bin_["score"] - EXAMPLE))
        word = "probability" if is_calibrated(result) else "score"
        kept = is_calibrated(result) and not is_guessing(result)  # a guess promises nothing
        sentences.append(
            f"Of 100 answers with a {word} near {write_score(nearest['score'])}, "
            f"{in_hundred(nearest['accuracy'])} were "
            f"right{write_interval(nearest)}{_kept(nearest) if kept else ''}."
        )
    if not is_calibrated(result):
        return sentences
    if bins and all(bin_["accuracy"] == 1 for bin_ in bins):
        return [*sentences, "It made no mistake here, so nothing shows how sure it is when it errs."]
    before, after = calibration["before"]["ece"], calibration["after"]["ece"]
    if None in (before["low"], before["high"], after["low"], after["high"]):
        return sentences
    values = f"{before['value']:.3f} before, {after['value']:.3f} after"
    if after["high"] < before["low"]:
        sentences.append(f"Calibration made the calibration error smaller: {values}.")
    elif after["low"] > before["high"]:
        sentences.append(f"Calibration made the calibration error larger: {values}.")
    else:
        sentences.append(
            f"Whether calibration helped cannot be told from so many pictures (calibration error {values})."
        )
    return sentences


def _kept(bin_: Result) -> str:
    """Say whether a probability was kept, as far as can be told."""
    if bin_["low"] is None or bin_["low"] <= bin_["score"] <= bin_["high"]:
        return ", which is what it promises, as far as can be told"
    return ": it promised " + ("more" if bin_["score"] > bin_["high"] else "less")


def find(result: Result) -> Iterator[Finding]:
    """Warn where the scores are no probabilities, or untrue ones."""
    after = result["calibration"]["after"]
    ece, perfect = after["ece"], after["ece_if_perfect"]
    if not is_calibrated(result):
        text = "The scores are not probabilities here: they could not be calibrated, and only rank."
        yield Finding("calibration", LOOK, text)
    elif ece["low"] is not None and ece["low"] > perfect + CLEARLY_OFF:
        yield Finding(
            "calibration",
            LOOK,
            f"Its probabilities are {_direction(after)} even after calibration: off by {ece['value']:.3f} on "
            f"average, where exact ones would seem off by {perfect:.3f}.",
        )


def _direction(after: Mapping[str, Any]) -> str:
    """Tell one-sided errors from those that cancel."""
    n = sum(bin_["n"] for bin_ in after["curve"])
    gap = sum(bin_["n"] * (bin_["score"] - bin_["accuracy"]) for bin_ in after["curve"]) / max(n, 1)
    if abs(gap) < after["ece"]["value"] / 2:
        return "wrong"
    return "too high" if gap > 0 else "too low"
