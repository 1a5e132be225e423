"""Tables of the page about single answers: calibration, hidden labels, strangers, sets of labels."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from styleid.questions.calibration.words import is_calibrated
from styleid.report.numbers import Reading, read_metric
from styleid.report.palette import tidy

#: Rows of the table of sets; of more labels, those that sets hold least often.
MOST_SET_ROWS = 12

_CALIBRATION = {
    "ece": "calibration error (ECE)",
    "brier": "Brier score",
    "log_loss": "log-loss",
}


def tabulate_calibration(result: Mapping[str, Any]) -> dict[str, Any]:
    """Lay the calibration metrics before and after beside each other.

    Scores without a calibration have one measured column. The last reading is what exact
    probabilities would show, which is known for the calibration error only.
    """
    calibration = result["calibration"]
    stages = {"before": "before", "after": "after"} if is_calibrated(result) else {"after": "as given"}
    perfect = {"value": calibration["after"]["ece_if_perfect"], "low": None, "high": None}
    rows = [
        (
            name,
            [
                *(read_metric(calibration[stage][key]) for stage in stages),
                read_metric(perfect) if key == "ece" else Reading(""),
            ],
        )
        for key, name in _CALIBRATION.items()
    ]
    return {"columns": [*stages.values(), "if exact"], "rows": rows}


def tabulate_hidden(result: Mapping[str, Any]) -> list[dict[str, Any]]:
    """List the labels that were hidden, the highest AUROC first; empty where nothing was hidden."""
    unknown = result["unknown"]
    rows = [
        {
            "name": tidy(hidden["label"]),
            "images": hidden["n_images"],
            "fpr": f"{hidden['fpr_at_95_tpr']:.3f}",
        }
        | {key: read_metric(hidden[key]) for key in ("auroc", "recognised", "false_alarms")}
        for hidden in (unknown["hidden"] if unknown else [])
    ]
    return sorted(rows, key=lambda row: -1.0 if row["auroc"].at is None else row["auroc"].at, reverse=True)


def tabulate_strangers(result: Mapping[str, Any]) -> list[dict[str, Any]]:
    """List the labels left out of training, the one most often called the target first.

    The list is empty without a target.
    """
    rows: list[dict[str, Any]] = [
        {"name": tidy(stranger["label"]), "images": stranger["n_images"]}
        | {key: read_metric(stranger[key]) for key in ("called_target", "when_known")}
        for stranger in result["strangers"] or []
    ]
    return sorted(rows, key=lambda row: row["called_target"].at or 0.0, reverse=True)


def tabulate_sets(result: Mapping[str, Any]) -> dict[str, Any]:
    """List how often label sets hold each label, the least held first, at most `MOST_SET_ROWS` of them.

    ``left_out`` counts the labels that are not listed; ``level`` is the stated coverage in per cent.
    """
    sets = result["label_sets"]
    if sets is None:
        return {"rows": [], "left_out": 0, "level": 0.0}
    rows: list[dict[str, Any]] = [
        {"name": tidy(label), "coverage": read_metric(metric)} for label, metric in sets["by_label"].items()
    ]
    rows.sort(key=lambda row: 101.0 if row["coverage"].at is None else row["coverage"].at)
    shown = rows[:MOST_SET_ROWS]
    return {"rows": shown, "left_out": len(rows) - len(shown), "level": 100 * sets["level"]}
