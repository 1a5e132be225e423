"""The page of the artist study."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from styleid.report.numbers import Reading, read_metric, read_points
from styleid.report.page import data_uri, list_method, render, write_files
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
    return write_files(folder, {**plots, PAGE: render_artist_study(result, plots)})


def render_artist_study(result: Mapping[str, Any], plots: Mapping[str, bytes]) -> str:
    """Render the study, with its PNGs by file name, as one HTML page."""
    return render(
        Path(__file__).with_name("study.html.j2"),
        result=result,
        headline=tidy(write_artist_headline(result)),
        findings=[tidy(finding) for finding in write_artist_findings(result)],
        target=tidy(result["target"]),
        plots={name.removesuffix(".png"): data_uri(plot) for name, plot in plots.items()},
        steps=[_step(result, step) for step in result["steps"]],
        heads=[_head(head) for head in result["answer"]["heads"]],
        paired=[_paired(result, split) for split in ("grouped", "per picture")],
        majority=[read_metric(result["answer"]["majority"][name]) for name in _SHOWN],
        best=best_head(result)["head"],
        orders=_orders(result),
        measured=write_artist_method(result),
        notes=result["notes"],
    )


def _step(result: Mapping[str, Any], step: Mapping[str, Any]) -> dict[str, Any]:
    target = step["per_label"][result["target"]]
    return {
        "name": step["words"],
        "split": step["split"],
        "first": step["split"] == "per picture",
        "sizes": f"{step['n_train']:,} / {step['n_validation']:,} / {step['n_test']:,}",
        "version": step["version"],
        "seen": f"{step['n_test_seen']:,}",
        "metrics": [read_metric(step["metrics"][name]) for name in _SHOWN],
        "majority": f"{step['majority_accuracy']:.3f}",
        "recall": read_metric(target["recall"]),
        "epoch": step["curve"]["best_epoch"],
        "seconds": f"{step['cpu_seconds']:.0f} s",
    }


def _head(head: Mapping[str, Any]) -> dict[str, Any]:
    naive = head["random_folds"]
    return {
        "name": head["head"],
        "metrics": [read_metric(head["metrics"][name]) for name in _SHOWN],
        "random": read_metric(None if naive is None else naive["balanced_accuracy"]),
    }


def _paired(result: Mapping[str, Any], split: str) -> dict[str, Any]:
    """Lay the heads beside the steps on the divisions of one kind: scores, differences in points, times."""
    names = dict.fromkeys(step["step"] for step in result["steps"])
    steps = [find_step(result, name, split) for name in names]
    # The first step of each version stands for its division.
    versions = [*{step["version"]: step for step in reversed(steps)}.values()][::-1]
    rows = []
    for head in result["answer"]["heads"]:
        scored = [on_division(head, step) for step in versions]
        rows.append(
            {
                "name": head["head"],
                "scores": [read_metric(step["metrics"]["balanced_accuracy"]) for step in scored],
                "differences": [_difference(step_less_head(result, step, head)) for step in steps],
                "seconds": " / ".join(f"{step['cpu_seconds']:.1f}" for step in scored),
            }
        )
    return {
        "split": split,
        "versions": [step["version"] for step in versions],
        "steps": [
            {
                "name": f"{step['step']}, {step['version']}",
                "score": read_metric(step["metrics"]["balanced_accuracy"]),
                "seconds": f"{step['cpu_seconds']:.0f} s",
            }
            for step in steps
        ],
        "rows": rows,
    }


def _difference(metric: Mapping[str, float | None]) -> tuple[Reading, bool]:
    """Write a difference in points, and say whether its interval lies on one side of 0."""
    low, high = metric["low"], metric["high"]
    return read_points(metric, signed_ends=False), low is not None and high is not None and (
        low > 0 or high < 0
    )


def _orders(result: Mapping[str, Any]) -> list[tuple[str, list[str]]]:
    """List what is reported in both orders: name, own order, shuffled, and what chance would give."""
    shown = result["misalignment"]

    def row(metric: str, label: str | None, chance: float) -> tuple[str, list[str]]:
        values = [shown[order][metric] for order in ("aligned", "shuffled")]
        if label is not None:
            values = [value[label] for value in values]
        name = metric.replace("_", " ").replace("roc auc", "ROC AUC")
        return tidy(name if label is None else f"{name} of {label}"), [f"{v:.3f}" for v in (*values, chance)]

    rows = [row("balanced_accuracy", None, 0.5), row("roc_auc", None, 0.5)]
    return rows + [row("precision", label, shown["chance"][label]) for label in result["labels"]]


def write_artist_method(result: Mapping[str, Any]) -> list[tuple[str, str]]:
    """List how the numbers came about, a name and a text each."""
    options, seconds, embedding = result["options"], result["timing_seconds"], result["embedding"]
    replay = (
        f"{result['backbone']}, pictures of {options['side']} x {options['side']} instead of 224 x 224, "
        f"{options['epochs']} epochs, batch 32, Adam 0.001, Dense(512) and one sigmoid unit in torch by "
        "Keras's rules; one training each; pixels divided by 255 and no more, unless the step says "
        "otherwise. The project's backbone was another pretrained residual network."
    )
    divisions = (
        "64 / 16 / 20 %: per picture, as the project did; grouped: a subject, by whichever hand and in "
        "whichever skin tone, stays in one part. “Seen”: test pictures with another of their group in "
        "training"
    )
    answer = (
        f"all {result['n_images']:,} pictures of version 2 out of fold, five grouped folds, parameters "
        "searched and scores calibrated inside each training part; random folds beside"
    )
    beside = (
        "each head learned from the very training pictures of the step, of version 1 where the step had "
        "version 1; the step's validation part chose the head's parameters, and a refined step's epoch; both "
        "scored the same test part. Heads see vectors of pictures at full size, trainings small pictures. A "
        "training is one run: the interval covers the choice of test pictures, not of first weights"
    )
    views = (
        f"{options['views']} augmented {'view' if options['views'] == 1 else 'views'} of each training "
        "picture; parameters as found without them; pictures are scored, validated and calibrated by their "
        "centre view"
    )
    timed = (
        f"{1000 * embedding['cpu_seconds_a_picture']:.0f} ms of processor time a picture and view, timed on "
        f"{embedding['n_timed']}"
    )
    counts = f"{result['target']}, {result['n_target']:,} pictures; {result['n_groups']:,} groups in all"
    return list_method(
        result,
        [
            ("Replay", replay),
            ("Divisions", divisions),
            ("Answer", answer),
            ("Side by side", beside),
            ("Views", views),
            ("Intervals", "95 %, from resampling whole groups; differences are paired"),
            ("Embedding", timed),
            ("Target", counts),
            ("Seed", str(options["seed"])),
            "Vector space",
            (
                "Time",
                f"{seconds['total']:.0f} s before this page was drawn, of it {seconds['replay']:.0f} s for "
                "the trainings",
            ),
            "Versions",
            ("Made", result["created"]),
        ],
    )
