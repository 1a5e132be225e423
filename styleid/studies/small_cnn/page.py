"""The page of the small network as a baseline."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from styleid.questions.scores.question import tabulate_confusion, tabulate_labels
from styleid.questions.scores.words import BASELINES, METRICS
from styleid.report.numbers import read_metric, write_recipe
from styleid.report.page import list_method, render
from styleid.report.palette import tidy
from styleid.studies.small_cnn.record import SHOWN

PAGE = "report.html"


def render_baseline(result: Mapping[str, Any]) -> str:
    """Render a baseline as one HTML page."""
    return render(
        Path(__file__).with_name("report.html.j2"),
        result=result,
        accuracy=read_metric(result["metrics"]["accuracy"]),
        metrics=[METRICS[name] for name in SHOWN],
        rows=_rows(result),
        labels=tabulate_labels(result),
        confusion=tabulate_confusion(result),
        measured=_measured(result),
        notes=result["notes"],
    )


def _rows(result: Mapping[str, Any]) -> list[tuple[str, list[Any], str]]:
    """Lay the network beside heads on vectors and the simplest guesses: name, readings, seconds."""
    seconds = result["timing_seconds"]["total"]
    rows = [(f"{result['head']}, from scratch", result["metrics"], f"{seconds:.0f} s")]
    rows += [(tidy(run["run"]), run["metrics"], f"{run['seconds']:.0f} s") for run in result["beside"]]
    rows += [(BASELINES[name], metrics, "") for name, metrics in result["baselines"].items()]
    return [(name, [read_metric(metrics[key]) for key in SHOWN], time) for name, metrics, time in rows]


def _measured(result: Mapping[str, Any]) -> list[tuple[str, str]]:
    network = (
        "grey 100 x 100, divided by 255; convolutions of 3 x 3 with 32, 64 and 128 filters, each with a 2 x "
        "2 max-pool; dropout; dense 250; softmax. All weights learned here, the last epoch used"
    )
    folds = "; ".join(
        f"{fold['name']}: {fold['n_train']:,} / {fold['n_test']:,}, balanced accuracy "
        f"{fold['balanced_accuracy']:.3f}, {fold['fit_seconds']:.0f} s"
        for fold in result["folds"]
    )
    scored = (
        "those of the heads: grouped, each picture scored once by a network that saw nothing of its group. "
        f"Trained on / scored: {folds}"
    )
    return list_method(
        result,
        [
            ("Network", network),
            ("Training", write_recipe(result["head_params"])),
            ("Folds", scored),
            ("Intervals", "95 %, by a bootstrap over groups"),
            "Pictures",
            "Seed",
            "Versions",
            "Run",
        ],
    )
