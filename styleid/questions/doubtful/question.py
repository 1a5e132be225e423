"""Which pictures may be labelled wrong, or be no work of their kind."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from styleid.questions.audit import CheckContext, CheckData, metrics_shown
from styleid.questions.base import Answer, Question, Section
from styleid.questions.doubtful.measure import foreign_neighbours, likely_mislabels, outliers
from styleid.questions.doubtful.words import find
from styleid.questions.pictures import show_pictures

#: Shorter sides than this hold little of a hand: a backbone sees 224 pixels.
TINY = 32
#: Standard deviation of pixel values, of 255, below which a picture is of one colour.
ONE_COLOUR = 2.0

_SHOWN = {
    "mislabels": (
        "Labels to look at",
        "Head and nearest neighbours agree on another label. The surest come first, by a score that only "
        "ranks: it is no probability of a mistake.",
    ),
    "outliers": ("Far from all others", "No picture of another group is near."),
    "degenerate": ("Pictures that hold next to nothing", "Tiny, or of one colour."),
}


def measure(context: CheckContext) -> Answer:
    """List likely mislabels, whose rows are kept, lone pictures, and such as hold next to nothing."""
    predictions = context.predictions
    neighbours, distance = foreign_neighbours(context.data.X, context.table.components)
    rows, suggested = likely_mislabels(predictions.scores, predictions.true, neighbours)
    notes = []
    right = metrics_shown(predictions, context.table.components, context.seed)["balanced_accuracy"]
    if len(rows) and right["low"] is not None and right["low"] <= 1 / len(predictions.labels):
        why = "no better than chance on these pictures, so what it contradicts says nothing of a label"
        notes.append(f"no picture is listed as labelled wrong: the head of a check is {why}")
        rows, suggested = rows[:0], suggested[:0]
    mislabels = [
        context.name_row(row)
        | {"suggested": predictions.labels[column], "score": round(float(predictions.scores[row, column]), 4)}
        for row, column in zip(rows.tolist(), suggested.tolist(), strict=True)
    ]
    record = {
        "mislabels": mislabels,
        "outliers": [context.name_row(row) for row in outliers(distance).tolist()],
        "degenerate": _degenerate(context),
    }
    return Answer(record, tuple(notes), kept=rows)


def _degenerate(context: CheckContext) -> list[dict[str, Any]]:
    listed = []
    for row, fact in enumerate(context.facts):
        if fact is None:
            continue
        if fact.spread < ONE_COLOUR:
            listed.append(context.name_row(row) | {"why": "one colour"})
        elif min(fact.width, fact.height) < TINY:
            listed.append(context.name_row(row) | {"why": f"tiny: {fact.width} x {fact.height} pixels"})
    return listed


def show(data: CheckData) -> list[Section]:
    """Show the first pictures of each kind."""
    sections = []
    for name, (title, hint) in _SHOWN.items():
        if rows := data.result[name]:
            values: dict[str, Any] = {"name": name, "title": title, "hint": hint, "total": len(rows)}
            values["rows"] = show_pictures(rows, data.paths)
            sections.append(Section(name, Path(__file__).with_name("section.html.j2"), values))
    return sections


QUESTION = Question("doubtful", measure, findings=find, sections=show)
