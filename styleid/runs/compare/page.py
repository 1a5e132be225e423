"""The page of a comparison: one file that opens offline, like a run's."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from styleid.files import write_atomic
from styleid.report.numbers import enumerate_names, read_metric, write_p, write_params
from styleid.report.page import TEMPLATES
from styleid.report.palette import tidy
from styleid.runs.compare.plot import draw_ranks
from styleid.runs.compare.words import fold_seconds, write_ranking
from styleid.runs.fit.words_views import write_views

_SHOWN = ("balanced_accuracy", "accuracy", "macro_f1")


def write_comparison(result: Mapping[str, Any], folder: Path) -> list[Path]:
    """Write ``ranks.png`` and ``compare.html`` from the content of ``compare.json``."""
    plot = draw_ranks(result)
    write_atomic(folder / "ranks.png", plot)
    write_atomic(folder / "compare.html", render_comparison(result, plot))
    return [folder / "ranks.png", folder / "compare.html"]


def render_comparison(result: Mapping[str, Any], plot: bytes) -> str:
    """Render a comparison, with the PNG of `draw_ranks`, as one HTML page.

    Its content security policy forbids all scripts and requests.
    """
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    first, *further = result["recommended"]["words"]
    return environment.get_template("compare.html.j2").render(
        result=result,
        advice=first.removeprefix(f"Take {result['recommended']['head']}: "),
        further=further,
        ranking=write_ranking(result),
        plot="data:image/png;base64," + base64.b64encode(plot).decode("ascii"),
        heads=[_head(result, head) for head in result["heads"]],
        pairs=[_pair(pair) for pair in result["pairs"]],
        alike=[enumerate_names(group) for group in result["alike"]],
        folds=_folds(result),
        measured=_measured(result),
        notes=[tidy(note) for note in result["notes"]],
        style=Markup((TEMPLATES / "report.css").read_text(encoding="utf-8")),
    )


def _head(result: Mapping[str, Any], head: str) -> dict[str, Any]:
    of = result["results"][head]
    return {
        "name": head,
        "metrics": [read_metric(of["metrics"][name]) for name in _SHOWN],
        "rank": f"{of['mean_rank']:.1f}",
        "train": f"{fold_seconds(result, head):.2f} s",
        "predict": f"{1000 * of['fold_seconds']['predict']:.0f} ms",
        "cpu": f"{of['cpu_seconds']:.0f} s",
    }


def _pair(pair: Mapping[str, Any]) -> dict[str, Any]:
    difference, test = pair["difference"], pair["mcnemar"]
    return {
        "names": f"{pair['a']} – {pair['b']}",
        "difference": f"{difference['value']:+.3f}",
        "interval": f"{difference['low']:+.3f} to {difference['high']:+.3f}".replace("-", "\u2212"),
        "p": write_p(pair["p_holm"]),
        "told_apart": pair["told_apart"],
        "only": f"{test['only_a']} : {test['only_b']}",
        "mcnemar": write_p(test["p_holm"]),
        "groups": write_p(test["p_groups_holm"]),
    }


def _folds(result: Mapping[str, Any]) -> list[dict[str, Any]]:
    """List the folds, a column a head: each score and, as a title, the parameters found."""
    columns = [result["results"][head]["folds"] for head in result["heads"]]
    return [
        {
            "name": f"{row[0]['repeat']}, {row[0]['name']}",
            "sizes": f"{row[0]['n_train']:,} / {row[0]['n_test']:,}",
            "cells": [(f"{of['balanced_accuracy']:.3f}", write_params(of["params"])) for of in row],
        }
        for row in zip(*columns, strict=True)
    ]


def _measured(result: Mapping[str, Any]) -> list[tuple[str, str]]:
    """List how the numbers came about, as pairs of a name and a text."""
    pairs = [
        (
            "Protocol",
            f"{result['n_folds']} grouped folds, {result['n_repeats']} times by different shuffles, the same "
            "for all heads; parameters are searched within each training part",
        ),
        (
            "Pictures",
            f"{result['n_images']:,}, {len(result['labels'])} labels, {result['n_groups']:,} groups; "
            f"{result['n_excluded']:,} left out",
        ),
        ("Target", result["target"]),
        (
            "Intervals, p",
            "Nadeau and Bengio's correction for overlapping training sets (2003): the variance of a mean "
            "over j folds is (1/j + test rows / training rows) s², with j − 1 degrees of freedom; "
            "Holm's correction over all pairs",
        ),
        (
            "McNemar",
            "exact, on the predictions of the first repeat; “by groups” flips whole groups, since pictures "
            "of one group are not independent of each other",
        ),
        ("Seed", str(result["seed"])),
        ("Backbone", f"{result['backbone']}, {result['descriptor']}"),
        ("Views", write_views(result)),
        ("Vector space", result["space"]),
        ("Time", f"{result['timing_seconds']['total']:.0f} s; of a fold: medians, on one core"),
        ("Versions", ", ".join(f"{name} {value}" for name, value in result["versions"].items())),
        ("Run", f"{result['run']}, {result['created']}"),
    ]
    return [(name, tidy(str(text))) for name, text in pairs if text]
