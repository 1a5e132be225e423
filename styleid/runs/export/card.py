"""A model card in Markdown, filled from the record of the run that made the model."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from styleid.files import write_atomic
from styleid.model.contents import Bundle
from styleid.questions.scores.words import METRICS, write_headline
from styleid.questions.strangers.words import write_unknown
from styleid.report.numbers import count_of, write_number, write_params
from styleid.report.palette import tidy
from styleid.runs.fit.words import write_cautions, write_notes, write_summary, write_views

_SHOWN = ("accuracy", "balanced_accuracy", "macro_f1", "roc_auc")
#: What Markdown, and the HTML within it, would take for a command.
_MARKS = re.compile(r"([\\`*_{}\[\]<>#|~&!])")
_LICENCE = (
    "_To be filled in by whoever publishes the model: its licence, and that of the pictures it learned from._"
)


def write_card(path: Path, result: Mapping[str, Any], bundle: Bundle) -> None:
    """Write the card."""
    write_atomic(path, "\n".join(_lines(result, bundle)) + "\n")


def _lines(result: Mapping[str, Any], bundle: Bundle) -> list[str]:
    parts = {
        "The model": _model(result, bundle),
        "What it is for": _use(result),
        "Data": _data(result),
        "Scores": _scores(result),
        "Limits": [f"- {_marked(text)}" for text in write_cautions(result)] or ["None that the run found."],
        "What strangers do": _strangers(result),
        "More of the run": [f"- {_marked(text)}" for text in [*write_notes(result), *write_summary(result)]],
        "Licence": [_LICENCE],
    }
    title = f"# {_marked(', '.join(result['labels'][:4]))}{', ...' if len(result['labels']) > 4 else ''}"
    lines = ["---", "license: other  # to be filled in", "library_name: styleid", "---", "", title, ""]
    lines += [_marked(str(write_headline(result)))]
    for name, text in parts.items():
        lines += ["", f"## {name}", "", *text]
    return lines


def _model(result: Mapping[str, Any], bundle: Bundle) -> list[str]:
    views = write_views(result) or str(result.get("views"))
    facts = {
        "Head": f"{result['head']} ({write_params(result['head_params']) or 'as set'})",
        "Kind": "one model a label" if result["one_vs_rest"] else "one model for all labels",
        "Labels": ", ".join(result["labels"]),
        "Backbone": f"{result['backbone']}, frozen; {result['descriptor']}",
        "Weights": result["weights_digest"],
        "Views": views,
        "Vector space": bundle.space_id,
        "Made": f"{result['created']}, seed {result['seed']}, "
        + ", ".join(f"{name} {text}" for name, text in result["versions"].items()),
    }
    return [f"- **{name}**: {_marked(text)}" for name, text in facts.items()]


def _use(result: Mapping[str, Any]) -> list[str]:
    target = result["target"]
    asked = "whose hand made a picture" if target is None else f"whether {_marked(target)} made a picture"
    return [
        f"It tells {asked}, of those it knows. A name is evidence and no proof; it must not be the only "
        "ground on which anything is decided about a person. `styleid predict PICTURE --model FILE` asks it."
    ]


def _data(result: Mapping[str, Any]) -> list[str]:
    groups = (
        "groups as given" if result["groups_given"] else "no groups were given: only copies kept together"
    )
    lines = [
        f"{count_of(result['n_images'], 'picture')}, {count_of(len(result['labels']), 'label')}, "
        f"{count_of(result['n_groups'], 'group')} ({groups}); {result['n_excluded']:,} left out.",
        "",
        *_table(
            ("label", "pictures", "groups"),
            [(name, str(row["n_images"]), str(row["n_groups"])) for name, row in result["per_label"].items()],
        ),
    ]
    return [*lines, "", *(f"- {_marked(note)}" for note in result["notes"])]


def _scores(result: Mapping[str, Any]) -> list[str]:
    beside = {
        result["head"]: result["metrics"],
        "the same on random folds (too high: groups are torn)": result["naive"],
        "nearest centroid": result["baselines"]["centroid"],
        "commonest label": result["baselines"]["majority"],
    }
    words = [METRICS[name] for name in _SHOWN]
    rows = [
        (name, *(write_number(metrics[metric]) for metric in _SHOWN))
        for name, metrics in beside.items()
        if metrics
    ]
    labels = [
        (name, *(write_number(row[metric]) for metric in ("precision", "recall", "f1")))
        for name, row in result["per_label"].items()
    ]
    how = (
        "each scored once by a head that had seen nothing of its group"
        if result["protocol"] == "cv"
        else "a holdout"
    )
    return [
        f"{count_of(result['n_scored'], 'picture')}, {how}; in brackets 95 % intervals over groups.",
        "",
        *_table(("", *words), rows),
        "",
        *_table(("label", "precision", "recall", "F1"), labels),
    ]


def _strangers(result: Mapping[str, Any]) -> list[str]:
    if result.get("unknown") is None:
        return ["Not measured: this model cannot say “none of these”, and gives every picture a name."]
    return [f"- {_marked(text)}" for text in write_unknown(result)]


def _table(header: tuple[str, ...], rows: list[tuple[str, ...]]) -> list[str]:
    lines = [header, ("---",) * len(header), *(tuple(map(_marked, row)) for row in rows)]
    return [f"| {' | '.join(line)} |" for line in lines]


def _marked(text: str) -> str:
    """Return text that Markdown shows as it is."""
    return _MARKS.sub(r"\\\1", tidy(str(text)))
