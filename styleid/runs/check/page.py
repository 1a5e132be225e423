"""The page of an audit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from styleid.data.thumbnails import thumbnails
from styleid.questions.duplicates.plot import draw_pairs
from styleid.questions.shortcuts.plot import draw_check_scores
from styleid.questions.shortcuts.words import SHORTCUTS
from styleid.report.numbers import write_number
from styleid.report.page import data_uri, render, write_files
from styleid.report.palette import tidy

_SIDE = 120
#: Pictures or pairs shown of each kind; all of them are in ``check.json``.
SHOWN = 24

_SCORES = {
    "as_is": "as is: the groups given, same bytes together",
    "together": "near-duplicates kept together as well",
    "left_out": "so, and without conflicts and likely mislabels",
}


@dataclass(frozen=True)
class CheckData:
    """What the page and the plots of an audit are made from."""

    result: Mapping[str, Any]  # content of check.json
    paths: Mapping[str, Path]  # image_id -> file, which may be gone


def write_check(data: CheckData, folder: Path) -> list[Path]:
    """Write ``pairs.png``, ``scores.png`` where shortcuts were scored, and ``check.html``, named last."""
    result = data.result
    duplicates = result["duplicates"]
    inside = sorted(duplicates["pairs"], key=lambda pair: -int(pair["bits"]))
    plots = {"pairs.png": draw_pairs(inside, duplicates["nearly"], data.paths, duplicates["max_bits"])}
    if result["shortcuts"] is not None:
        plots["scores.png"] = draw_check_scores(result["shortcuts"], 1 / len(result["labels"]))
    return write_files(folder, {**plots, "check.html": render_check(data)})


def render_check(data: CheckData) -> str:
    """Render an audit as one HTML page."""
    result = data.result
    duplicates = result["duplicates"]
    shortcuts = result["shortcuts"] or {}
    across = [pair for pair in duplicates["pairs"] if not pair["same_group"]]
    return render(
        Path(__file__).with_name("check.html.j2"),
        result=result,
        findings=result["findings"],
        scores=[
            (_SCORES[name], scored and _row(scored), scored) for name, scored in result["scores"].items()
        ],
        shortcuts=[(words, _row(shortcuts[name])) for name, words in SHORTCUTS.items() if name in shortcuts],
        conflicts=_pairs(result["conflicts"], data.paths),
        across=_pairs(across, data.paths),
        nearly=_pairs(duplicates["nearly"][:8], data.paths),
        mislabels=_pictures(result["mislabels"], data.paths),
        outliers=_pictures(result["outliers"], data.paths),
        degenerate=_pictures(result["degenerate"], data.paths),
        totals={
            "conflicts": len(result["conflicts"]),
            "across": len(across),
            **{name: len(result[name]) for name in ("mislabels", "outliers", "degenerate")},
        },
        shown=SHOWN,
        labels=[(tidy(label), counts) for label, counts in result["labels"].items()],
        notes=result["notes"],
    )


def _row(scored: Mapping[str, Any]) -> list[str]:
    return [write_number(scored[name]) for name in ("balanced_accuracy", "accuracy")]


def _pairs(pairs: Sequence[Mapping[str, Any]], paths: Mapping[str, Path]) -> list[dict[str, Any]]:
    made = []
    for pair in pairs[:SHOWN]:
        pictures = [
            {"image_id": name, "label": label}
            for name, label in zip(pair["image_ids"][:2], pair["labels"][:2], strict=True)
        ]
        made.append({"pictures": _pictures(pictures, paths), "bits": pair.get("bits")})
    return made


def _pictures(rows: Sequence[Mapping[str, Any]], paths: Mapping[str, Path]) -> list[dict[str, Any]]:
    shown = rows[:SHOWN]
    images = thumbnails([paths[row["image_id"]] for row in shown], _SIDE)
    return [
        {name: tidy(str(value)) for name, value in row.items()}
        | {"image": None if image is None else data_uri(image)}
        for row, image in zip(shown, images, strict=True)
    ]
