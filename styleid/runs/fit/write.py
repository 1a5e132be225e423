"""Write everything that is looked at into the folder of a run."""

from __future__ import annotations

from pathlib import Path

from styleid.questions.base import FIT, load_questions
from styleid.questions.run_data import RunData
from styleid.report.page import write_files
from styleid.runs.fit.grid import draw_grid
from styleid.runs.fit.page import render_page


def write_report(run: RunData, folder: Path) -> list[Path]:
    """Write the plots that the run has data for, then ``report.html``; return the paths in this order."""
    plots = {name: draw for question in load_questions(FIT) for name, draw in question.plots.items()}
    drawn = {name: draw(run) for name, draw in (plots | {"grid.png": draw_grid}).items()}
    there = {name: png for name, png in drawn.items() if png is not None}
    return write_files(folder, {**there, "report.html": render_page(run)})
