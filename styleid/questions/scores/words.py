"""What a run means, in plain words: the headline, its cautions, and what stands out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from styleid.questions.base import DO_NOT_BELIEVE, LOOK, STOP, Finding, Result
from styleid.questions.run_data import JUDGED, compare_with, is_guessing
from styleid.report.numbers import (
    count_of,
    enumerate_names,
    in_hundred,
    write_interval,
    write_points,
    write_points_interval,
)
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
    beside: str  # what guessing and the baselines reach; empty without them
    better: bool  # than guessing, as far as can be told: only then is the figure shown with pride
    stop: str = ""  # what stands before the claim where a check says that it is not to be believed

    def __str__(self) -> str:
        claim = f"{self.stop and self.stop + ': '}{self.before} {self.figure} {self.after}"
        return f"{claim}; {self.beside}." if self.beside else f"{claim}."


def write_headline(result: Result) -> Headline:
    """Say how often the head is right, whether guessing does as well, and what needs no head at all."""
    n, accuracy = count_scored(result), result["metrics"]["accuracy"]
    guessing = "is no better than guessing: it " if is_guessing(result) else ""
    stopped = any(finding["severity"] == STOP for finding in result.get("audit") or ())
    before = f"{'the' if stopped else 'The'} {result['head']} head {guessing}"
    if result.get("target"):
        before += f"tells rightly whether a picture is of “{elide(result['target'], 40)}” for"
    else:
        before += f"names the right one of {len(result['labels'])} labels for"
    if n < FEW_PICTURES:
        figure = f"{int(np.trace(np.asarray(result['confusion'])))} of {n}"
        share = f", {in_hundred(accuracy['value'])} in 100" if 0 < (accuracy["value"] or 0) < 1 else ""
    else:
        figure, share = f"{in_hundred(accuracy['value'])} of 100", ""
    after = f"pictures{share}{write_interval(accuracy)}"
    better = not stopped and all(compare_with(result, "majority", metric) in (1, None) for metric in JUDGED)
    stop = DO_NOT_BELIEVE.format("this score") if stopped else ""
    return Headline(before, figure, after, _beside(result), better, stop)


def find_cautions(result: Result) -> Iterator[Finding]:
    """Say what speaks against trusting the headline, one sentence each."""
    for name in baselines_beside(result):
        if claim := _against(result, name):
            yield Finding("guessing" if name == "majority" else "baseline", LOOK, claim)
    n, groups = count_scored(result), int(result["n_groups"])
    if n < FEW_PICTURES:
        text = f"Only {n} pictures were scored: one picture more or less moves every number here."
        yield Finding("few-pictures", LOOK, text)
    if groups < FEW_GROUPS and groups < n and result["protocol"] == "cv":  # else they are not the scored ones
        text = f"The pictures form only {groups} groups: intervals from so few are rough."
        yield Finding("few-groups", LOOK, text)
    counts = {label: values["n_images"] for label, values in result["per_label"].items()}
    few = [(count, label) for label, count in counts.items() if count < FEW_OF_A_LABEL]
    if few:
        count, label = min(few)
        others = f" ({len(few)} labels have fewer than {FEW_OF_A_LABEL})" if len(few) > 1 else ""
        yield Finding(
            "small-label",
            LOOK,
            f"“{elide(label, 40)}” has only {count_of(count, 'picture')}{others}: numbers for so small a "
            "label say little.",
        )
    accuracy = result["metrics"]["accuracy"]
    if accuracy["low"] is not None and accuracy["high"] - accuracy["low"] > WIDE_INTERVAL:
        text = "The interval is wide: other pictures by the same hands could give quite another number."
        yield Finding("wide-interval", LOOK, text)


def write_findings(result: Result) -> list[str]:
    """Say what stands out: the best and least found labels, and the commonest mistake; ties are told."""
    labels, confusion = result["labels"], np.asarray(result["confusion"], dtype=np.int64)
    totals = confusion.sum(axis=1)
    shares = np.where(totals > 0, np.diag(confusion) / np.maximum(totals, 1), np.nan)
    findings = []
    if np.isfinite(shares).any() and np.nanmax(shares) > np.nanmin(shares):
        best, least = (np.flatnonzero(np.isclose(shares, end(shares))) for end in (np.nanmax, np.nanmin))
        findings.append(
            f"{_found(labels, confusion, best, 'best')} {_found(labels, confusion, least, 'least')}"
        )
    wrong = confusion - np.diag(np.diag(confusion))
    if (most := int(wrong.max(initial=0))) >= REPEATED:
        pairs = np.argwhere(wrong == most)
        own, said = (elide(labels[i], 40) for i in pairs[0])
        others = f"; {count_of(len(pairs) - 1, 'other mistake')} as often" if len(pairs) > 1 else ""
        findings.append(f"The commonest mistake: “{own}” taken for “{said}”, {most:,} times{others}.")
    return findings


def _found(labels: Sequence[str], confusion: NDArray[np.int64], tied: NDArray[np.int64], word: str) -> str:
    """Say which labels are found best, or least; of several that tie, how many there are."""
    first, total = int(tied[0]), int(confusion[tied[0]].sum())
    right = f"{confusion[first, first]:,} of {total:,}"
    if len(tied) == 1:
        return f"Found {word}: “{elide(labels[first], 40)}”, {right}."
    if (confusion[tied].sum(axis=1) != total).any():
        right = f"{in_hundred(confusion[first, first] / total)} in 100"
    tie = "" if len(tied) <= 3 else f"{len(tied)} labels tie, among them "
    names = enumerate_names([f"“{elide(labels[i], 40)}”" for i in tied[:3]])
    return f"Found {word}: {tie}{names}, {right} each."


def baselines_beside(result: Result) -> list[str]:
    """List the baselines that are not the head itself; a vote or one model a label is another head."""
    itself = not result.get("one_vs_rest") and result.get("pool") != "vote"
    named = [name for name in BASELINES if name in result["baselines"]]
    return [name for name in named if not (itself and name == result["head"])]


def count_scored(result: Result) -> int:
    """Count the pictures that were scored; in a holdout they are fewer than ``n_images``."""
    return int(np.asarray(result["confusion"]).sum())


def _beside(result: Result) -> str:
    baselines, beside, parts = result["baselines"], baselines_beside(result), []
    if "majority" in baselines:
        guessed = in_hundred(baselines["majority"]["accuracy"]["value"])
        parts.append(f"always guessing the commonest label gives {guessed}")
    if "centroid" in beside:
        parts.append(f"the nearest centroid {in_hundred(baselines['centroid']['accuracy']['value'])}")
    return ", ".join(parts)


def _against(result: Result, baseline: str) -> str:
    """Say where a head is not ahead of a baseline; speak of the worse outcome only, empty where it is."""
    for side, verb in ((-1, "does worse than"), (0, "cannot be told apart from")):
        for metric in JUDGED:
            if compare_with(result, baseline, metric) == side:
                less = result["less_baselines"][baseline][metric]
                return (
                    f"The {result['head']} head {verb} the {BASELINES[baseline]}: on the same pictures they "
                    f"differ by {write_points(less['value'], signed=True)} points in {METRICS[metric]}"
                    f"{write_points_interval(less, signed=True)}."
                )
    return ""
