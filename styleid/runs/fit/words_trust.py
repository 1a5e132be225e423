"""How far to trust single answers, in plain words: all cautions, and whether more pictures would help."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from styleid.questions.calibration.words import warn_of_scores, write_calibration
from styleid.questions.label_sets.words import write_sets
from styleid.questions.more_pictures.words import write_learning
from styleid.questions.strangers.words import warn_of_unknown, write_strangers, write_unknown


def write_trust_cautions(result: Mapping[str, Any]) -> list[str]:
    """List what speaks against trusting a single answer, one sentence each."""
    return [*warn_of_scores(result), *warn_of_unknown(result)]


def write_summary(result: Mapping[str, Any]) -> list[str]:
    """Say in few lines what the sections of the report say at length."""
    told = [*write_calibration(result)[:1], *write_unknown(result)[:1]]
    if result["strangers"]:
        told += write_strangers(result)[:1]
    if result["label_sets"] is not None:
        told += write_sets(result)[:1]
    return [*told, write_learning(result)]
