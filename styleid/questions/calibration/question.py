"""Whether the scores of a fit are probabilities, and true ones."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from styleid.questions.base import Answer, Question, Section
from styleid.questions.calibration.measure import calibration_metrics
from styleid.questions.calibration.plot import draw_reliability, lay_out_reliability
from styleid.questions.calibration.words import find, write_calibration
from styleid.questions.context import FitContext
from styleid.questions.run_data import RunData, is_calibrated, score_word
from styleid.report.numbers import Reading, read_metric

_METRICS = {"ece": "calibration error (ECE)", "brier": "Brier score", "log_loss": "log-loss"}


def measure(context: FitContext) -> Answer:
    """Measure the scores before and after the calibration that each fold learned without its test part."""
    scored = context.scored
    predictions, seed = scored.predictions, context.options.seed
    components = context.data.components[predictions.rows]
    before, after = (
        calibration_metrics(predictions.true, scores, components, seed=seed)
        for scores in (scored.plain, predictions.scores)
    )
    method = context.shipped.calibrator.method
    return Answer({"calibration": {"method": method, "before": before, "after": after}})


def show(run: RunData) -> list[Section]:
    """Show the reliability diagram beside the errors."""
    result = run.result
    values = {
        "calibrated": is_calibrated(result),
        "score_word": score_word(result),
        "sentences": write_calibration(result),
        "n_bins": result["calibration"]["after"]["n_bins"],
        "table": tabulate_calibration(result),
        "reliability": lay_out_reliability(result),
    }
    return [Section("calibration", Path(__file__).with_name("section.html.j2"), values)]


def draw(run: RunData) -> bytes | None:
    """Draw the reliability diagram, where there are points for it."""
    return draw_reliability(run) if run.result["calibration"]["after"]["curve"] else None


def tabulate_calibration(result: Mapping[str, Any]) -> dict[str, Any]:
    """Lay the calibration metrics before and after beside each other.

    Scores without a calibration have one measured column. The last reading is what exact
    probabilities would show, which is known for the calibration error only.
    """
    calibration = result["calibration"]
    stages = {"before": "before", "after": "after"} if is_calibrated(result) else {"after": "as given"}
    perfect = {"value": calibration["after"]["ece_if_perfect"], "low": None, "high": None}
    rows = []
    for key, name in _METRICS.items():
        readings = [read_metric(calibration[stage][key]) for stage in stages]
        values = [calibration[stage][key]["value"] for stage in stages]
        # The better of two that differ as they are written; less is better.
        apart = None not in values and len({reading.value for reading in readings}) == 2
        best = [readings[values.index(min(values))]] if apart else []
        rows.append((name, [*readings, read_metric(perfect) if key == "ece" else Reading("")], best))
    never_0 = rows[0][1][-1].value not in ("–", "0.000")
    return {"columns": [*stages.values(), "if exact"], "rows": rows, "never_0": never_0}


QUESTION = Question(
    "calibration",
    measure,
    findings=find,
    summary=lambda result: write_calibration(result)[:1],
    sections=show,
    plots={"reliability.png": draw},
)
