"""The page of a comparison."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from styleid.report.numbers import MINUS, Reading, enumerate_names, read_metric, write_p, write_params
from styleid.report.page import data_uri, list_method, render, write_files
from styleid.runs.compare.plot import draw_ranks
from styleid.runs.compare.words import fold_seconds, write_ranking
from styleid.runs.fit.words import write_views

_SHOWN = ("balanced_accuracy", "accuracy", "macro_f1")


def write_comparison(result: Mapping[str, Any], folder: Path) -> list[Path]:
    """Write ``ranks.png`` and ``compare.html`` from the content of ``compare.json``."""
    plot = draw_ranks(result)
    return write_files(folder, {"ranks.png": plot, "compare.html": render_comparison(result, plot)})


def render_comparison(result: Mapping[str, Any], plot: bytes) -> str:
    """Render a comparison, with the PNG of `draw_ranks`, as one HTML page."""
    first, *further = result["recommended"]["words"]
    return render(
        Path(__file__).with_name("compare.html.j2"),
        result=result,
        advice=first.removeprefix(f"Take {result['recommended']['head']}: "),
        further=further,
        ranking=write_ranking(result),
        plot=data_uri(plot),
        heads=[_head(result, head) for head in result["heads"]],
        pairs=[_pair(pair, result["level"]) for pair in result["pairs"]],
        alike=[enumerate_names(group) for group in result["alike"]],
        folds=_folds(result),
        measured=_measured(result),
        notes=result["notes"],
    )


def _head(result: Mapping[str, Any], head: str) -> dict[str, Any]:
    scored = result["results"][head]
    return {
        "name": head,
        "metrics": [read_metric(scored["metrics"][name]) for name in _SHOWN],
        "rank": f"{scored['mean_rank']:.1f}",
        "train": f"{fold_seconds(result, head):.2f} s",
        "predict": f"{1000 * scored['fold_seconds']['predict']:.0f} ms",
        "cpu": f"{scored['cpu_seconds']:.0f} s",
    }


def _pair(pair: Mapping[str, Any], level: float) -> dict[str, Any]:
    difference, test = pair["difference"], pair["mcnemar"]
    interval = ""
    if difference["low"] is not None:
        interval = f"{difference['low']:+.3f} to {difference['high']:+.3f}".replace("-", MINUS)
    return {
        "names": f"{pair['a']} – {pair['b']}",
        "difference": Reading(f"{difference['value']:+.3f}", interval),
        "p": write_p(pair["p_holm"]),
        "told_apart": pair["told_apart"],
        "only": f"{test['only_a']} : {test['only_b']}",
        "apart": (pair["told_apart"], test["p_holm"] < level, test["p_groups_holm"] < level),
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
            "cells": [(f"{fold['balanced_accuracy']:.3f}", write_params(fold["params"])) for fold in row],
        }
        for row in zip(*columns, strict=True)
    ]


def _measured(result: Mapping[str, Any]) -> list[tuple[str, str]]:
    protocol = (
        f"{result['n_folds']} grouped folds, {result['n_repeats']} times by different shuffles, the same for "
        "all heads; parameters are searched within each training part"
    )
    intervals = (
        "Nadeau and Bengio's correction for overlapping training sets (2003): the variance of a mean over j "
        "folds is (1/j + test rows / training rows) s², with j − 1 degrees of freedom; Holm's correction "
        "over all pairs"
    )
    mcnemar = (
        "exact, on the predictions of the first repeat; “by groups” flips whole groups, since pictures of "
        "one group are not independent of each other"
    )
    seconds = f"{result['timing_seconds']['total']:.0f} s before this page was drawn; of a fold: medians"
    return list_method(
        result,
        [
            ("Protocol", protocol),
            "Pictures",
            "Target",
            ("Intervals, p", intervals),
            ("McNemar", mcnemar),
            "Seed",
            "Backbone",
            ("Views", write_views(result)),
            "Vector space",
            ("Time", seconds),
            "Versions",
            "Run",
        ],
    )
