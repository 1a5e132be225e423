"""A verdict on one picture in sentences, as a person asks."""

from __future__ import annotations

from dataclasses import dataclass

from styleid.data.manifest.labels import OTHERS
from styleid.model.contents import MULTICLASS, Bundle
from styleid.model.verdict import GUESSING, HALF, Verdict
from styleid.model.words import explain
from styleid.report.numbers import count_of, enumerate_names, in_hundred, write_score
from styleid.report.palette import tidy


@dataclass(frozen=True)
class Answer:
    """The verdict in words."""

    title: str
    number: str  # the label's probability; empty where the scores only rank, or no hand is named
    lines: tuple[str, ...]
    reading: tuple[str, ...]  # how to read it, by what was measured when the model was made


def write_answer(model: Bundle, verdict: Verdict) -> Answer:
    """Say what the model says of a picture, and at which rate it says so of others."""
    label = tidy(verdict.label or "")
    score = verdict.scores[verdict.label or ""]
    number = write_score(score) if model.calibrated and not verdict.guessing else ""
    lines = []
    if verdict.unknown:
        title = "None of the hands it knows"
        if verdict.another_kind:
            title += ", and of another kind"
        known = f", with a probability of {_in_prose(number)}" if number else ""
        lines = [
            _far(model, verdict),
            f"If one of the known hands did make it, then {label}{known}; all that follows holds only then.",
        ]
        return Answer(title, "", tuple(lines), tuple(explain(model, None, [verdict])))
    if verdict.guessing:
        lines.append("This model was no better than guessing when it was tested: the name says nothing.")
    if verdict.label == OTHERS and model.options.get("target"):
        title = f"One of the others, not {tidy(str(model.options['target']))}"
    elif verdict.likely is None or len(verdict.likely) == 1:
        title = label
    elif verdict.likely:
        title = enumerate_names([tidy(one) for one in verdict.likely])
    else:
        title = f"None above {HALF}; the nearest is {label}"
    lines.append(_probability(model, number))
    lines.append(_far(model, verdict))
    if verdict.strangers is not None:
        lines.append(
            f"Of 100 pictures by hands it had not seen, {in_hundred(verdict.strangers)} got a name at least "
            "as surely: that is the price of a name."
        )
    return Answer(title, number, tuple(filter(None, lines)), tuple(explain(model, None, [verdict])))


def _in_prose(number: str) -> str:
    return number.replace(">", "more than ").replace("<", "less than ")


def _probability(model: Bundle, number: str) -> str:
    if model.options.get(GUESSING):
        return ""
    if not number:
        return "The model ranks its labels; it knows no probability."
    if model.kind == MULTICLASS:
        hands = count_of(len(model.labels), "hand")
        return f"The probability is {_in_prose(number)}, if one of these {hands} made it."
    return f"The probability is {_in_prose(number)}; each label has its own, and they need not add up to 1."


def _far(model: Bundle, verdict: Verdict) -> str:
    """Say of 100 known pictures how many lie as far out."""
    unknown = model.trust.unknown
    if verdict.nearer is None or unknown is None:
        return "The model cannot tell whether the picture is by a hand that it does not know."
    farther = in_hundred(1 - verdict.nearer) if verdict.nearer < 1 else "none"
    allowed = f"{100 * unknown.false_alarm:g}"
    lie = "lies" if farther in ("1", "none") else "lie"
    said = f"Of 100 known pictures {farther} {lie} as far out as this one, or farther"
    if verdict.unknown:
        return f"{said}: fewer than {allowed}, and from there on the model gives no name."
    return f"{said}; a name is given as long as {allowed} do."
