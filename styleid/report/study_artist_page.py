"""The page of the artist study: one file that opens offline, like a run's."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from styleid.files import write_atomic
from styleid.report.page_tables import read_metric
from styleid.report.palette import tidy
from styleid.report.plots.study_artist import draw_orders, draw_routes
from styleid.report.study_artist_words import best_head, write_artist_findings, write_artist_headline

_TEMPLATES = Path(__file__).parent / "templates"
_SHOWN = ("accuracy", "balanced_accuracy", "roc_auc")


def write_artist_study(result: Mapping[str, Any], folder: Path) -> list[Path]:
    """Write the plots and the page of the study.

    Parameters
    ----------
    result : mapping
        The content of ``study.json``.
    folder : Path
        Where; made if missing.

    Returns
    -------
    list of Path
        ``routes.png``, ``orders.png``, ``study.html``.

    Raises
    ------
    OutputError
        If one cannot be written.
    """
    plots = {"routes.png": draw_routes(result), "orders.png": draw_orders(result)}
    for name, plot in plots.items():
        write_atomic(folder / name, plot)
    write_atomic(folder / "study.html", render_artist_study(result, plots))
    return [folder / name for name in (*plots, "study.html")]


def render_artist_study(result: Mapping[str, Any], plots: Mapping[str, bytes]) -> str:
    """Render the study as one HTML page without any outside part.

    Parameters
    ----------
    result : mapping
        The content of ``study.json``.
    plots : mapping of str to bytes
        ``routes.png`` and ``orders.png``.

    Returns
    -------
    str
        HTML. A content security policy in it forbids all scripts and all requests.
    """
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
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
        heads=[_head(result, of) for of in result["answer"]["heads"]],
        majority=[read_metric(result["answer"]["majority"][name]) for name in _SHOWN],
        best=best_head(result)["head"],
        orders=_orders(result),
        measured=_measured(result),
        notes=[tidy(note) for note in result["notes"]],
        style=Markup((_TEMPLATES / "report.css").read_text(encoding="utf-8")),
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


def _head(result: Mapping[str, Any], of: Mapping[str, Any]) -> dict[str, Any]:
    against = next(row for row in result["refined_against"] if row["head"] == of["head"])
    difference = against["balanced_accuracy"]
    naive = of["random_folds"]
    return {
        "name": of["head"],
        "metrics": [read_metric(of["metrics"][name]) for name in _SHOWN],
        "random": read_metric(None if naive is None else naive["balanced_accuracy"]),
        "same": read_metric(of["same_split"]["metrics"]["balanced_accuracy"]),
        "difference": f"{difference['value']:+.3f}".replace("-", "\u2212"),
        "interval": f"{difference['low']:+.3f} to {difference['high']:+.3f}".replace("-", "\u2212"),
        "seconds": f"{of['same_split']['cpu_seconds']:.1f} s",
    }


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


def _measured(result: Mapping[str, Any]) -> list[tuple[str, str]]:
    """List how the numbers came about, as pairs of a name and a text."""
    options, seconds = result["options"], result["timing_seconds"]
    pairs = [
        (
            "Replay",
            f"{result['backbone']}, pictures of {options['side']} x {options['side']} instead of 224 x 224, "
            f"{options['epochs']} epochs, batch 32, Adam 0.001, Dense(512) and one sigmoid unit in torch "
            "by Keras's "
            "rules; one training each; pixels divided by 255 and no more, unless the step says otherwise. "
            "The project's backbone was another residual network, trained on ImageNet.",
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
            "Views",
            f"{options['views']} augmented views of each training picture; parameters as found without them; "
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
