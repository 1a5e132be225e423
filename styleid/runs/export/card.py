"""A model card in Markdown, filled from the record of the run that made the model."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from styleid.files import write_atomic
from styleid.model.contents import Bundle
from styleid.questions.scores.words import BASELINES, METRICS, write_headline
from styleid.questions.strangers.words import write_unknown
from styleid.report.numbers import count_of, write_number, write_params
from styleid.report.palette import tidy
from styleid.runs.fit.words import write_cautions, write_views

_SHOWN = ("accuracy", "balanced_accuracy", "macro_f1", "roc_auc")
#: What Markdown, and the HTML within it, would take for a command.
_MARKS = re.compile(r"([\\`*_{}\[\]<>#|~&!])")
_USE = (
    "It tells {}, of those it knows. A name is evidence and no proof; it must not be the only ground on "
    "which anything is decided about a person. `styleid predict PICTURE --model FILE` asks it."
)
_LICENCE = (
    "_To be filled in by whoever publishes the model: its licence, and that of the pictures it learned from._"
)


def write_card(path: Path, result: Mapping[str, Any], bundle: Bundle) -> None:
    """Write the card."""
    labels, target = result["labels"], result["target"]
    asked = "whose hand made a picture" if target is None else f"whether {_marked(target)} made a picture"
    strangers = [] if result.get("unknown") is None else write_unknown(result)
    sections = {
        "The model": _list(f"{name}: {text}" for name, text in _facts(result, bundle).items()),
        "What it is for": [_USE.format(asked)],
        "Data": _data(result),
        "Scores": _scores(result),
        "Limits": _list(write_cautions(result)) or ["None that the run found."],
        "What strangers do": _list(strangers)
        or ["Not measured: this model cannot say “none of these”, and gives every picture a name."],
        "Licence": [_LICENCE],
    }
    title = f"# {_marked(', '.join(labels[:4]))}{', ...' if len(labels) > 4 else ''}"
    lines = [title, "", _marked(str(write_headline(result)))]
    for name, text in sections.items():
        lines += ["", f"## {name}", "", *text]
    write_atomic(path, "\n".join(lines) + "\n")


def _facts(result: Mapping[str, Any], bundle: Bundle) -> dict[str, str]:
    versions = (f"{name} {version}" for name, version in result["versions"].items())
    return {
        "Head": f"{result['head']} ({write_params(result['head_params']) or 'as set'})",
        "Kind": "one model a label" if result["one_vs_rest"] else "one model for all labels",
        "Labels": ", ".join(result["labels"]),
        "Backbone": f"{result['backbone']}, frozen; {result['descriptor']}",
        "Weights": result["weights_digest"],
        "Views": write_views(result) or str(result.get("views")),
        "Vector space": bundle.space_id,
        "Made": ", ".join([result["created"], f"seed {result['seed']}", *versions]),
    }


def _data(result: Mapping[str, Any]) -> list[str]:
    groups = "groups as given" if result["groups_given"] else "none were given: only copies kept together"
    counts = (
        f"{count_of(result['n_images'], 'picture')}, {count_of(len(result['labels']), 'label')}, "
        f"{count_of(result['n_groups'], 'group')} ({groups}); {result['n_excluded']:,} left out."
    )
    labels = [
        (
            *(name, str(row["n_images"]), str(row["n_groups"])),
            *(write_number(row[metric]) for metric in ("precision", "recall", "f1")),
        )
        for name, row in result["per_label"].items()
    ]
    header = ("label", "pictures", "groups", "precision", "recall", "F1")
    return [counts, "", *_table(header, labels), "", *_list(result["notes"])]


def _scores(result: Mapping[str, Any]) -> list[str]:
    scored = {result["head"]: result["metrics"]}
    scored["the same on random folds (too high: groups are torn)"] = result["naive"]
    scored |= {BASELINES[name]: metrics for name, metrics in result["baselines"].items()}
    rows = [
        (name, *(write_number(metrics[metric]) for metric in _SHOWN))
        for name, metrics in scored.items()
        if metrics
    ]
    by_cv = "each scored once by a head that had seen nothing of its group"
    how = by_cv if result["protocol"] == "cv" else "a holdout"
    return [
        f"{count_of(result['n_scored'], 'picture')}, {how}; in brackets 95 % intervals over groups.",
        "",
        *_table(("", *(METRICS[name] for name in _SHOWN)), rows),
    ]


def _list(lines: Iterable[str]) -> list[str]:
    return [f"- {_marked(line)}" for line in lines]


def _table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    lines = [header, ["---"] * len(header), *([_marked(cell) for cell in row] for row in rows)]
    return [f"| {' | '.join(line)} |" for line in lines]


def _marked(text: str) -> str:
    """Return text that Markdown shows as it is."""
    return _MARKS.sub(r"\\\1", tidy(text))
