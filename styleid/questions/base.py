"""What a question is to a report: a measure, what it says, and how it is shown.

A question is a folder with a module ``question.py`` that holds its `QUESTION`, and a name in `FIT` or
`CHECK`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from styleid.registry import load
from styleid.report.numbers import write_number
from styleid.report.palette import tidy

Result = Mapping[str, Any]  # content of result.json or check.json, see docs/formats.md

#: What is asked of a fit, in the order of its cautions.
FIT = {
    name: f"styleid.questions.{name}.question:QUESTION"
    for name in ("leakage", "scores", "calibration", "label_sets", "strangers", "more_pictures", "projection")
}
#: What is asked of a set.
CHECK = {
    name: f"styleid.questions.{name}.question:QUESTION" for name in ("duplicates", "shortcuts", "doubtful")
}
SEVERITIES = STOP, LOOK, NOTE = ("stop", "look", "note")
#: What a finding that stops does to a score, in the words of every page and line.
DO_NOT_BELIEVE = "Do not believe {} yet"
#: Kinds of cautions by what they do to the claim of a score, the gravest first; those of a line do the same.
CLAIM = (
    *("guessing",),  # there is no claim
    *("shortcut-facts", "shortcut-colours", "shortcut-both"),  # it may be about something else than the hand
    *("chains", "leakage", "mislabels"),  # it may be too high, or wrong
    *("few-pictures", "few-groups", "wide-interval"),  # it rests on little
    *(
        "strangers",
        "small-label",
        "small-labels",
        "labels-left-out",
    ),  # it holds for some hands, not for others
    *("baseline", "calibration", "label-sets"),  # it holds, but not what stands beside it
    *(
        "degenerate",
        "outliers",
        "conflicts",
        "duplicates",
    ),  # single pictures, or what a fit sees to by itself
)


class Finding(NamedTuple):
    """One thing that a reader should know."""

    kind: str
    severity: str  # ``stop``: a score here is not to be believed; ``look``: look before; ``note``: know it
    text: str


@dataclass(frozen=True)
class Answer:
    """What was measured."""

    record: Mapping[str, Any]  # keys of the result -> records that `plain` turns into JSON
    notes: tuple[str, ...] = ()
    kept: Any = None  # what others need beside the record: a rule that ships in the model, say


@dataclass(frozen=True)
class Section:
    """A part of a page: a template that lies beside the question, and what fills it."""

    name: str
    template: Path
    values: Mapping[str, Any]


def _nothing(_: Any) -> tuple[()]:
    return ()


@dataclass(frozen=True)
class Question:
    """Something that is asked of every fit, or of every set.

    `measure` takes a context of `styleid.questions.context`; the others take what it gave, as JSON. None of
    them fails where nothing could be measured: then there is nothing to say and nothing to show.
    """

    name: str
    measure: Callable[[Any], Answer]
    findings: Callable[[Result], Iterable[Finding]] = _nothing
    summary: Callable[[Result], Iterable[str]] = _nothing  # the answer in a line or two
    sections: Callable[[Any], Sequence[Section]] = _nothing  # of what the page shows: a `RunData`, say
    plots: Mapping[str, Callable[[Any], bytes | None]] = field(default_factory=dict)  # file name -> PNG


def load_questions(registry: Mapping[str, str]) -> list[Question]:
    """Import the questions of a registry, in its order."""
    return [load(registry, name, Question) for name in registry]


def find_all(questions: Iterable[Question], result: Result) -> list[Finding]:
    """List the findings of all questions, the gravest first."""
    found = [finding for question in questions for finding in question.findings(result)]
    return by_claim(finding._replace(text=tidy(finding.text)) for finding in found)


def by_claim(findings: Iterable[Finding]) -> list[Finding]:
    """Order findings by what they do to the claim: what stops it, cautions as in `CLAIM`, then notes."""
    ranks = {kind: rank for rank, kind in enumerate(CLAIM)}
    last = len(ranks)

    def rank(one: Finding) -> tuple[bool, int]:
        return one.severity != STOP, last + 1 if one.severity == NOTE else ranks.get(one.kind, last)

    return sorted(findings, key=rank)


def show_all(registry: Mapping[str, str], shown: Any, places: Sequence[str]) -> list[Section]:
    """List the sections of all questions in the order of `places`; one without a place comes last."""
    sections = [section for question in load_questions(registry) for section in question.sections(shown)]
    ranks = {name: rank for rank, name in enumerate(places)}
    return sorted(sections, key=lambda section: ranks.get(section.name, len(ranks)))


def write_effect(result: Result, which: str) -> str:
    """Say what a score becomes without the doubtful pictures, beside what it is with them."""
    scores = result["scores"]
    before = write_number(scores["as_is"]["balanced_accuracy"])
    if scores[which] is None:
        return f"no score is possible any more (balanced accuracy as is {before})"
    after = write_number(scores[which]["balanced_accuracy"])
    return f"balanced accuracy {after}, as is {before}"
