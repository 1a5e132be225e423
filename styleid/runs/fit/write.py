"""Write everything that is looked at into the folder of a run."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from styleid.questions.calibration.plot import draw_reliability
from styleid.questions.more_pictures.plot import draw_learning, lay_out_learning
from styleid.questions.projection.plot import draw_projection
from styleid.questions.run_data import RunData
from styleid.questions.scores.confusion import draw_confusion
from styleid.questions.scores.curves import draw_curves
from styleid.questions.scores.intervals import draw_per_label, draw_scores
from styleid.questions.strangers.plot import draw_unknown
from styleid.report.page import write_files
from styleid.runs.fit.grid import draw_grid
from styleid.runs.fit.page import render_page


def write_report(run: RunData, folder: Path) -> list[Path]:
    """Write the plots that the run has data for, then ``report.html``; return the paths in this order."""
    plots: dict[str, Callable[[RunData], bytes]] = {
        "scores.png": draw_scores,
        "confusion.png": draw_confusion,
        "per_label.png": draw_per_label,
        "grid.png": draw_grid,
    }
    if run.projection is not None:
        plots["projection.png"] = draw_projection
    if run.curves:
        plots["curves.png"] = draw_curves
    unknown = run.result["unknown"]
    if run.result["calibration"]["after"]["curve"]:
        plots["reliability.png"] = draw_reliability
    if unknown is not None and (unknown["hidden"] or unknown["curve"]):
        plots["unknown.png"] = draw_unknown
    if lay_out_learning(run.result) is not None:
        plots["learning.png"] = draw_learning
    drawn = {name: draw(run) for name, draw in plots.items()}
    return write_files(folder, {**drawn, "report.html": render_page(run)})
