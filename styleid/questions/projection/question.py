"""Where each picture lies among the others."""

from __future__ import annotations

from pathlib import Path

from styleid.questions.base import Answer, Question, Section
from styleid.questions.context import FitContext
from styleid.questions.projection.plot import describe_projection, draw_projection, write_far
from styleid.questions.run_data import RunData

#: Draws the plane in the browser; a part of the page's own script.
MAP = Path(__file__).with_name("map.js")


def measure(context: FitContext) -> Answer:
    """Wait for the projection, and keep its coordinates."""
    context.progress("projection", 0, 0)
    projection = context.project()
    record = {"method": projection.method, "trustworthiness": projection.trustworthiness}
    notes = () if projection.note is None else (projection.note,)
    return Answer({"projection": record}, notes, kept=projection)


def show(run: RunData) -> list[Section]:
    """Show the plane, whose points the page's script draws."""
    if run.projection is None:
        return []
    values = {
        "method": describe_projection(run.projection),
        "note": run.projection.note,
        "far": write_far(run.projection),
    }
    return [Section("projection", Path(__file__).with_name("section.html.j2"), values)]


def draw(run: RunData) -> bytes | None:
    """Draw all pictures as points."""
    return None if run.projection is None else draw_projection(run)


QUESTION = Question("projection", measure, sections=show, plots={"projection.png": draw})
