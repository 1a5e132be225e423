"""The page of the artist study: one file that opens offline, like a run's."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from styleid.files import write_atomic
from styleid.report.numbers import read_metric, write_points, write_points_interval
from styleid.report.page import TEMPLATES
from styleid.report.palette import tidy
from styleid.studies.artist.plot import draw_orders, draw_paired, draw_routes
from styleid.studies.artist.words import (
    best_head,
    find_step,
    on_division,
    step_less_head,
    write_artist_findings,
    write_artist_headline,
)

_SHOWN = ("accuracy", "balanced_accuracy", "roc_auc")
#: Written beside ``result.json``; tells the study's folder from a run's, which has one too.
PAGE = "study.html"


def write_artist_study(result: Mapping[str, Any], folder: Path) -> list[Path]:
    """Write ``routes.png``, ``paired.png``, ``orders.png`` and the page, named last."""
    plots = {
        "routes.png": draw_routes(result),
        "paired.png": draw_paired(result),
        "orders.png": draw_orders(result),
    }
    for name, plot in plots.items():
        write_atomic(folder / name, plot)
    write_atomic(folder / PAGE, render_artist_study(result, plots))
    return [folder / name for name in (*plots, PAGE)]


def render_artist_study(result: Mapping[str, Any], plots: Mapping[str, bytes]) -> str:
    """Render the study, with its PNGs by file name, as one HTML page.

    Its content security policy forbids all scripts and requests.
    """
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("study_artist.html.j2").render(
        result=result,
        headline=tidy(write_artist_headline(result)),
        findings=[tidy(finding) for finding in write_artist_findings(result)],
        target=tidy(result["target"]),
        plots={
            name.removesuffix(".png"): "data:image/png;base64," + base64.b64encode(plot).decode("ascii")
            for name, plot in plots.items()
        },
        steps=[_step(result, of) for of in result["steps"]],
        heads=[_head(of) for of in result["answer"]["heads"]],
        paired=[_paired(result, split) for split in ("grouped", "per picture")],
        majority=[read_metric(result["answer"]["majority"][name]) for name in _SHOWN],
        best=best_head(result)["head"],
        orders=_orders(result),
        measured=write_artist_method(result),
        notes=[tidy(note) for note in result["notes"]],
        style=Markup((TEMPLATES / "report.css").read_text(encoding="utf-8")),
    )


def _step(result: Mapping[str, Any], of: Mapping[str, Any]) -> dict[str, Any]:
    target = of["per_label"][result["target"]]
    return {
        "name": of["words"],
        "split": of["split"],
        "first": of["split"] == "per picture",
        "sizes": f"{of['n_train']:,} / {of['n_validation']:,} / {of['n_test']:,}",
        "version": of["version"],
        "seen": f"{of['n_test_seen']:,}",
        "metrics": [read_metric(of["metrics"][name]) for name in _SHOWN],
        "majority": f"{of['majority_accuracy']:.3f}",
        "recall": read_metric(target["recall"]),
        "epoch": of["curve"]["best_epoch"],
        "seconds": f"{of['cpu_seconds']:.0f} s",
    }


def _head(of: Mapping[str, Any]) -> dict[str, Any]:
    naive = of["random_folds"]
    return {
        "name": of["head"],
        "metrics": [read_metric(of["metrics"][name]) for name in _SHOWN],
        "random": read_metric(None if naive is None else naive["balanced_accuracy"]),
    }


def _paired(result: Mapping[str, Any], split: str) -> dict[str, Any]:
    """Lay the heads beside the steps on the divisions of one kind: scores, differences in points, times."""
    names = dict.fromkeys(of["step"] for of in result["steps"])
    steps = [find_step(result, name, split) for name in names]
    # The first step of each version stands for its division.
    versions = [*{of["version"]: of for of in reversed(steps)}.values()][::-1]
    rows = []
    for head in result["answer"]["heads"]:
        own = [on_division(head, step) for step in versions]
        rows.append(
            {
                "name": head["head"],
                "scores": [read_metric(of["metrics"]["balanced_accuracy"]) for of in own],
                "differences": [_difference(step_less_head(result, step, head)) for step in steps],
                "seconds": " / ".join(f"{of['cpu_seconds']:.1f}" for of in own),
            }
        )
    return {
        "split": split,
        "versions": [of["version"] for of in versions],
        "steps": [
            {
                "name": f"{of['step']}, {of['version']}",
                "score": read_metric(of["metrics"]["balanced_accuracy"]),
                "seconds": f"{of['cpu_seconds']:.0f} s",
            }
            for of in steps
        ],
        "rows": rows,
    }


def _difference(of: Mapping[str, float | None]) -> tuple[str, str, bool]:
    """Write a difference in points, its interval, and whether that lies on one side of 0."""
    value, low, high = (of[key] for key in ("value", "low", "high"))
    if value is None:
        return "–", "", False
    clear = low is not None and high is not None and (low > 0 or high < 0)
    return write_points(value, signed=True), write_points_interval(of, named=False).strip(" ()"), clear


def _orders(result: Mapping[str, Any]) -> list[tuple[str, list[str]]]:
    """List what is reported in both orders: name, own order, shuffled, and what chance would give."""
    of = result["misalignment"]

    def row(metric: str, label: str | None, chance: float) -> tuple[str, list[str]]:
        values = [of[order][metric] for order in ("aligned", "shuffled")]
        if label is not None:
            values = [value[label] for value in values]
        name = metric.replace("_", " ").replace("roc auc", "ROC AUC")
        return tidy(name if label is None else f"{name} of {label}"), [f"{v:.3f}" for v in (*values, chance)]

    rows = [row("balanced_accuracy", None, 0.5), row("roc_auc", None, 0.5)]
    return rows + [row("precision", label, of["chance"][label]) for label in result["labels"]]


def write_artist_method(result: Mapping[str, Any]) -> list[tuple[str, str]]:
    """List how the numbers came about, a name and a text each."""
    options, seconds = result["options"], result["timing_seconds"]
    views = "view" if options["views"] == 1 else "views"
    pairs = [
        (
            "Replay",
            f"{result['backbone']}, pictures of {options['side']} x {options['side']} instead of 224 x 224, "
            f"{options['epochs']} epochs, batch 32, Adam 0.001, Dense(512) and one sigmoid unit in torch "
            "by Keras's "
            "rules; one training each; pixels divided by 255 and no more, unless the step says otherwise. "
            "The project's backbone was another pretrained residual network.",
        ),
        (
            "Divisions",
            "64 / 16 / 20 %: per picture, as the project did; grouped: a subject, by whichever hand and in "
            "whichever skin tone, stays in one part. “Seen”: test pictures with another of their group in "
            "training",
        ),
        (
            "Answer",
            f"all {result['n_images']:,} pictures of version 2 out of fold, five grouped folds, parameters "
            "searched and "
            "scores calibrated inside each training part; random folds beside",
        ),
        (
            "Side by side",
            "each head learned from the very training pictures of the step, of version 1 where the step had "
            "version 1; the step's validation part chose the head's parameters, and a refined step's epoch; "
            "both scored the same test part. Heads see vectors of pictures at full size, trainings small "
            "pictures. A training is one run: the interval covers the choice of test pictures, not of first "
            "weights",
        ),
        (
            "Views",
            f"{options['views']} augmented {views} of each training picture; parameters as found without "
            "them; "
            "pictures are scored, validated and calibrated by their centre view",
        ),
        ("Intervals", "95 %, from resampling whole groups; differences are paired"),
        (
            "Embedding",
            f"{1000 * result['embedding']['cpu_seconds_a_picture']:.0f} ms of processor time a picture and "
            "view, timed on "
            f"{result['embedding']['n_timed']}",
        ),
        (
            "Target",
            f"{result['target']}, {result['n_target']:,} pictures; {result['n_groups']:,} groups in all",
        ),
        ("Seed", str(options["seed"])),
        ("Vector space", result["space"]),
        ("Time", f"{seconds['total']:.0f} s, of it {seconds['replay']:.0f} s for the trainings"),
        ("Versions", ", ".join(f"{name} {value}" for name, value in result["versions"].items())),
        ("Made", result["created"]),
    ]
    return [(name, tidy(text)) for name, text in pairs]
