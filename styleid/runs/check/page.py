"""The page of an audit."""

from __future__ import annotations

from pathlib import Path

from styleid.questions.audit import CheckData
from styleid.questions.base import CHECK, load_questions, show_all
from styleid.report.numbers import write_number
from styleid.report.page import render, render_part, write_files
from styleid.report.palette import tidy

#: Key of ``scores`` -> words on the page and on the terminal.
SCORES = {
    "as_is": "as is: the groups given, same bytes together",
    "together": "near-duplicates kept together as well",
    "left_out": "the same, without conflicts and likely wrong labels",
}
#: Sections in the order of the page; one without a place comes last.
PLACES = ("shortcuts", "conflicts", "duplicates", "mislabels", "outliers", "degenerate")


def write_check(data: CheckData, folder: Path) -> list[Path]:
    """Write the plots that the audit has data for, then ``check.html``; return the paths in this order."""
    plots = {name: draw(data) for q in load_questions(CHECK) for name, draw in q.plots.items()}
    there = {name: png for name, png in plots.items() if png is not None}
    return write_files(folder, {**there, "check.html": render_check(data)})


def render_check(data: CheckData) -> str:
    """Render an audit as one HTML page."""
    result = data.result
    return render(
        Path(__file__).with_name("check.html.j2"),
        result=result,
        findings=result["findings"],
        scores=[
            (
                SCORES[name],
                scored and [write_number(scored[metric]) for metric in ("balanced_accuracy", "accuracy")],
                scored,
            )
            for name, scored in result["scores"].items()
        ],
        sections=[render_part(part.template, part.values) for part in show_all(CHECK, data, PLACES)],
        labels=[(tidy(label), counts) for label, counts in result["labels"].items()],
        notes=result["notes"],
    )
