"""What a run means, in plain words: the headline, its cautions, and what stands out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from styleid.questions.base import Result
from styleid.report.numbers import count_of, in_hundred, write_interval
from styleid.report.palette import elide

#: Key in result.json -> words on plots and page.
METRICS = {
    "accuracy": "accuracy",
    "balanced_accuracy": "balanced accuracy",
    "macro_precision": "macro precision",
    "macro_recall": "macro recall",
    "macro_f1": "macro F1",
    "roc_auc": "ROC AUC",
    "average_precision": "average precision",
}
#: Key in result.json -> words on plots and page.
BASELINES = {"centroid": "nearest centroid", "majority": "commonest label"}

FEW_PICTURES = 100  # below, single pictures move the headline
FEW_OF_A_LABEL = 10
FEW_GROUPS = 20
REPEATED = 3  # a mistake made less often is not worth a sentence
WIDE_INTERVAL = 0.2


@dataclass(frozen=True)
class Headline:
    """The first sentence of a report."""

    before: str
    figure: str  # the number to look at, between the two halves of the claim
    after: str
    beside: str  # what the baselines reach; empty without them

    def __str__(self) -> str:
        claim = f"{self.before} {self.figure} {self.after}"
        return f"{claim}; {self.beside}." if self.beside else f"{claim}."


def write_headline(result: Mapping[str, Any]) -> Headline:
    """Say how often the head is right, and what needs no head at all."""
    n, accuracy = count_scored(result), result["metrics"]["accuracy"]
    head = result["head"]
    if result.get("target"):
        before = f"{head} tells rightly whether a picture is of “{elide(result['target'], 40)}” for"
    else:
        before = f"{head} names the right one of {len(result['labels'])} labels for"
    if n < FEW_PICTURES:
        figure = f"{int(np.trace(np.asarray(result['confusion'])))} of {n}"
        share = f", {in_hundred(accuracy['value'])} in 100" if accuracy["value"] is not None else ""
    else:
        figure, share = f"{in_hundred(accuracy['value'])} of 100", ""
    return Headline(before, figure, f"pictures{share}{write_interval(accuracy)}", _beside(result))


def write_cautions(result: Mapping[str, Any]) -> list[str]:
    """List what speaks against trusting the headline, one sentence each."""
    cautions = [
        f"{result['head']} {claim}"
        for name in baselines_beside(result)
        for claim in _against(result["metrics"], result["baselines"][name], BASELINES[name])
    ]
    n = count_scored(result)
    if n < FEW_PICTURES:
        cautions.append(f"Only {n} pictures were scored: one picture more or less moves every number here.")
    groups = int(result["n_groups"])
    if groups < FEW_GROUPS and groups < n and result["protocol"] == "cv":  # else they are not the scored ones
        cautions.append(f"The pictures form only {groups} groups: intervals from so few are rough.")
    few = [
        (v["n_images"], label) for label, v in result["per_label"].items() if v["n_images"] < FEW_OF_A_LABEL
    ]
    if few:
        count, label = min(few)
        others = f" ({len(few)} labels have fewer than {FEW_OF_A_LABEL})" if len(few) > 1 else ""
        cautions.append(
            f"“{elide(label, 40)}” has only {count_of(count, 'picture')}{others}: numbers for so small a "
            "label say little."
        )
    accuracy = result["metrics"]["accuracy"]
    if accuracy["low"] is not None and accuracy["high"] - accuracy["low"] > WIDE_INTERVAL:
        cautions.append(
            "The interval is wide: other pictures by the same hands could give quite another number."
        )
    return cautions


def write_findings(result: Mapping[str, Any]) -> list[str]:
    """Say what stands out: the best and least found label, and the commonest mistake."""
    labels, confusion = result["labels"], np.asarray(result["confusion"], dtype=np.int64)
    totals = confusion.sum(axis=1)
    shares = np.where(totals > 0, np.diag(confusion) / np.maximum(totals, 1), np.nan)
    findings = []
    if np.isfinite(shares).any() and np.nanmax(shares) > np.nanmin(shares):
        best, least = int(np.nanargmax(shares)), int(np.nanargmin(shares))
        findings.append(
            f"Found best: “{elide(labels[best], 40)}”, {confusion[best, best]} of {totals[best]}. Found "
            f"least: “{elide(labels[least], 40)}”, {confusion[least, least]} of {totals[least]}."
        )
    wrong = confusion - np.diag(np.diag(confusion))
    if wrong.max(initial=0) >= REPEATED:
        own, said = np.unravel_index(int(wrong.argmax()), wrong.shape)
        findings.append(
            f"The commonest mistake: “{elide(labels[own], 40)}” taken for “{elide(labels[said], 40)}”, "
            f"{wrong[own, said]} times."
        )
    return findings


def baselines_beside(result: Result) -> list[str]:
    """List the baselines that are not the head itself; a vote or one model a label is another head."""
    itself = not result.get("one_vs_rest") and result.get("pool") != "vote"
    named = [name for name in BASELINES if name in result["baselines"]]
    return [name for name in named if not (itself and name == result["head"])]


def count_scored(result: Mapping[str, Any]) -> int:
    """Count the pictures that were scored; in a holdout they are fewer than ``n_images``."""
    return int(np.asarray(result["confusion"]).sum())


def _beside(result: Mapping[str, Any]) -> str:
    baselines, beside, parts = result["baselines"], baselines_beside(result), []
    if "majority" in baselines:
        guessed = in_hundred(baselines["majority"]["accuracy"]["value"])
        parts.append(f"always guessing the commonest label gives {guessed}")
    if "centroid" in beside:
        parts.append(f"the nearest centroid {in_hundred(baselines['centroid']['accuracy']['value'])}")
    return ", ".join(parts)


def _against(mine: Mapping[str, Any], theirs: Mapping[str, Any], name: str) -> list[str]:
    """Compare two intervals of accuracy and of balanced accuracy; speak of the worse outcome only."""
    overlap = ""
    for metric in ("accuracy", "balanced_accuracy"):
        a, b = mine[metric], theirs[metric]
        if None in (a["low"], a["high"], b["low"], b["high"]):
            continue
        if a["high"] < b["low"]:
            return [f"does worse than the {name} ({METRICS[metric]})."]
        if a["low"] <= b["high"] and not overlap:
            overlap = (
                f"and the {name} cannot be told apart here: their intervals of {METRICS[metric]} overlap."
            )
    return [overlap] if overlap else []
