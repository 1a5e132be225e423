"""What a fit says in words: its views, the cautions about single answers, and a summary of the report."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from styleid.data.views.make import CENTER, DEFAULT_VIEW, parse_views
from styleid.questions.calibration.words import warn_of_scores, write_calibration
from styleid.questions.label_sets.words import warn_of_sets, write_sets
from styleid.questions.more_pictures.words import write_learning
from styleid.questions.strangers.words import warn_of_unknown, write_strangers, write_unknown
from styleid.vectors.pooling import MEAN, VOTE


def write_views(result: Mapping[str, Any]) -> str:
    """Say which views a run looked at and how they were pooled; empty for the default alone.

    Results of runs made before there were views lack the keys; those runs looked at the centre.
    """
    text = str(result.get("views") or CENTER)
    if text == DEFAULT_VIEW:
        return ""
    count = len(parse_views(text))
    if count == 1:
        return text
    if result.get("pool", MEAN) == VOTE:
        return f"{text}: {count} a picture, each judged by itself, their scores averaged"
    return f"{text}: {count} a picture, their vectors averaged"


def write_trust_cautions(result: Mapping[str, Any]) -> list[str]:
    """List what speaks against trusting a single answer, one sentence each."""
    return [*warn_of_scores(result), *warn_of_sets(result), *warn_of_unknown(result)]


def write_summary(result: Mapping[str, Any]) -> list[str]:
    """Say in few lines what the sections of the report say at length."""
    lines = [*write_calibration(result)[:1], *write_unknown(result)[:1]]
    if result["strangers"]:
        lines += write_strangers(result)[:1]
    if result["label_sets"] is not None:
        lines += write_sets(result)[:1]
    return [*lines, write_learning(result)]
