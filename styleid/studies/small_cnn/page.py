"""The page of the small network as a baseline: one file that opens offline, like a head's."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from styleid.files import write_atomic
from styleid.questions.scores.tables import tabulate_confusion, tabulate_labels
from styleid.questions.scores.words import BASELINES, METRICS
from styleid.report.numbers import read_metric
from styleid.report.page import TEMPLATES
from styleid.report.palette import tidy
from styleid.studies.small_cnn.words import write_recipe

_SHOWN = ("accuracy", "balanced_accuracy", "macro_f1", "roc_auc")
PAGE = "report.html"


def write_baseline(result: Mapping[str, Any], folder: Path) -> None:
    """Write a baseline's page, from the content of ``result.json``; the folder is made if missing."""
    write_atomic(folder / PAGE, render_baseline(result))


def render_baseline(result: Mapping[str, Any]) -> str:
    """Render a baseline as one HTML page whose content security policy forbids all scripts and requests."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("baseline.html.j2").render(
        result=result,
        accuracy=read_metric(result["metrics"]["accuracy"]),
        metrics=[METRICS[name] for name in _SHOWN],
        rows=_rows(result),
        labels=tabulate_labels(result),
        confusion=tabulate_confusion(result),
        measured=_measured(result),
        notes=[tidy(note) for note in result["notes"]],
        style=Markup((TEMPLATES / "report.css").read_text(encoding="utf-8")),
    )


def _rows(result: Mapping[str, Any]) -> list[tuple[str, list[Any], str]]:
    """Lay the network beside heads on vectors and the simplest guesses: name, readings, seconds."""
    seconds = result["timing_seconds"]["total"]
    rows = [(f"{result['head']}, from scratch", result["metrics"], f"{seconds:.0f} s")]
    rows += [(tidy(run["run"]), run["metrics"], f"{run['seconds']:.0f} s") for run in result["beside"]]
    rows += [(BASELINES[name], of, "") for name, of in result["baselines"].items()]
    return [(name, [read_metric(of[metric]) for metric in _SHOWN], time) for name, of, time in rows]


def _measured(result: Mapping[str, Any]) -> list[tuple[str, str]]:
    folds = "; ".join(
        f"{fold['name']}: {fold['n_train']:,} / {fold['n_test']:,}, balanced accuracy "
        f"{fold['balanced_accuracy']:.3f}, {fold['fit_seconds']:.0f} s"
        for fold in result["folds"]
    )
    pairs = [
        (
            "Network",
            "grey 100 x 100, divided by 255; convolutions of 3 x 3 with 32, 64 and 128 filters, each with a "
            "2 x 2 max-pool; dropout; dense 250; softmax. All weights learned here, the last epoch used",
        ),
        ("Training", write_recipe(result["head_params"])),
        (
            "Folds",
            "those of the heads: grouped, each picture scored once by a network that saw nothing of its "
            f"group. Trained on / scored: {folds}",
        ),
        ("Intervals", "95 %, by a bootstrap over groups"),
        (
            "Pictures",
            f"{result['n_images']:,}, {len(result['labels'])} labels, {result['n_groups']:,} groups; "
            f"{result['n_excluded']:,} left out",
        ),
        ("Seed", str(result["seed"])),
        ("Versions", ", ".join(f"{name} {value}" for name, value in result["versions"].items())),
        ("Run", f"{result['run']}, {result['created']}"),
    ]
    return [(name, tidy(text)) for name, text in pairs]
