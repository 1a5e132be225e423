"""Tables of the page: the metrics, the confusion matrix, the labels, the folds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from styleid.questions.scores.words import BASELINES, METRICS
from styleid.report.numbers import read_metric, write_params
from styleid.report.palette import short_names, tidy


def tabulate_metrics(result: Mapping[str, Any]) -> dict[str, Any]:
    """Lay the head's metrics beside the baselines'; ``hero`` is the row of accuracies."""
    beside = [name for name in BASELINES if name in result["baselines"] and name != result["head"]]
    columns = [result["head"], *(BASELINES[name] for name in beside)]
    sources = [result["metrics"], *(result["baselines"][name] for name in beside)]
    rows = [
        (METRICS[key], [read_metric(source.get(key)) for source in sources])
        for key in METRICS
        if key in result["metrics"]
    ]
    hero = list(zip(columns, [read_metric(source["accuracy"]) for source in sources], strict=True))
    return {"columns": columns, "rows": rows, "hero": hero}


def row_shares(confusion: NDArray[np.int64]) -> NDArray[np.float64]:
    """Divide each row of a (n_labels, n_labels) confusion by its sum; a row without pictures stays 0."""
    totals = confusion.sum(axis=1, keepdims=True)
    return np.asarray(confusion / np.maximum(totals, 1), dtype=np.float64)


def tabulate_confusion(result: Mapping[str, Any]) -> dict[str, Any]:
    """Prepare the confusion matrix: ``rows`` hold the cells and the total of each own label.

    A cell's ``tint`` is in per cent, and ``deep`` asks for light ink; ``upright`` says that column heads
    have to stand.
    """
    counts = np.asarray(result["confusion"], dtype=np.int64)
    names = short_names(result["labels"], 18)
    tints = row_shares(counts)
    tints = np.where(np.eye(len(counts), dtype=bool), tints, np.sqrt(tints))  # root: rare mistakes show too
    rows = [
        {
            "cells": [
                {"count": int(count), "tint": round(100 * float(tint)), "deep": bool(tint > 0.6)}
                for count, tint in zip(row, row_tints, strict=True)
            ],
            "total": int(row.sum()),
        }
        for row, row_tints in zip(counts, tints, strict=True)
    ]
    return {
        "names": names,
        "titles": [tidy(label) for label in result["labels"]],
        "rows": rows,
        "upright": len(names) > 7 or max(map(len, names)) > 9,
        "small": len(names) > 16,
    }


def tabulate_labels(result: Mapping[str, Any]) -> list[dict[str, Any]]:
    """List the labels with their readings, the highest recall first."""
    keys = ("recall", "precision", "f1", "roc_auc")
    rows = [
        {"name": tidy(label), "images": of["n_images"], "groups": of["n_groups"]}
        | {key: read_metric(of.get(key)) for key in keys}
        for label, of in result["per_label"].items()
    ]
    return sorted(rows, key=lambda row: -1.0 if row["recall"].at is None else row["recall"].at, reverse=True)


def tabulate_folds(result: Mapping[str, Any]) -> list[dict[str, Any]]:
    """List the folds, as text, with what the search chose in each."""
    rows = []
    for fold in result["folds"]:
        value = fold.get("balanced_accuracy")
        rows.append(
            {
                "name": tidy(str(fold["name"])),
                "n_train": fold["n_train"],
                "n_test": fold["n_test"],
                "balanced_accuracy": "–" if value is None else f"{value:.3f}",
                "params": write_params(fold.get("params") or {}),
            }
        )
    return rows
