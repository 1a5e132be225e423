"""Whether more pictures would help."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from styleid.questions.base import Answer, Question, Result, Section
from styleid.questions.context import FitContext
from styleid.questions.more_pictures.measure import learning_curve
from styleid.questions.more_pictures.plot import draw_learning, lay_out_learning
from styleid.questions.more_pictures.words import write_learning
from styleid.questions.run_data import RunData


def measure(context: FitContext) -> Answer:
    """Learn anew from fewer pictures of each label, up to the headline's score before calibration.

    Calibration changes which label is named only where each has a head of its own.
    """
    predictions, plain = context.scored.predictions, context.scored.plain.argmax(axis=1)
    context.progress("learning curve", 0, 0)
    curve = learning_curve(
        context.head,
        [run.params for run in predictions.runs],
        context.data.table,
        context.scored.folds,
        full=plain.astype(np.int64),
        seed=context.options.seed,
        n_jobs=context.n_jobs,
    )
    same = np.array_equal(plain, predictions.predicted)
    note = "the learning curve is drawn by scores before calibration, and so does not end at the headline's"
    return Answer({"learning_curve": curve}, () if same else (note,))


def summarise(result: Result) -> list[str]:
    """Say whether more pictures would help."""
    return [] if result["learning_curve"] is None else [write_learning(result)]


def show(run: RunData) -> list[Section]:
    """Show the score over the pictures of a label."""
    result = run.result
    if result["learning_curve"] is None:
        return []
    values = {"sentence": write_learning(result), "curve": lay_out_learning(result)}
    return [Section("more_pictures", Path(__file__).with_name("section.html.j2"), values)]


def draw(run: RunData) -> bytes | None:
    """Draw the curve, where it has two points."""
    return None if lay_out_learning(run.result) is None else draw_learning(run)


QUESTION = Question("more_pictures", measure, summary=summarise, sections=show, plots={"learning.png": draw})
