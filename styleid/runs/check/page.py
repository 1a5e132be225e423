"""The page of an audit: one file, no script, no request."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from styleid.data.thumbnails import thumbnails
from styleid.files import write_atomic
from styleid.questions.duplicates.plot import draw_pairs
from styleid.questions.shortcuts.plot import draw_check_scores
from styleid.questions.shortcuts.words import SHORTCUTS
from styleid.report.numbers import write_number
from styleid.report.page import TEMPLATES, data_uri
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
    found = result["duplicates"]
    inside = sorted(found["pairs"], key=lambda pair: -int(pair["bits"]))
    plots = {"pairs.png": draw_pairs(inside, found["nearly"], data.paths, found["max_bits"])}
    if result["shortcuts"] is not None:
        plots["scores.png"] = draw_check_scores(result["shortcuts"], 1 / len(result["labels"]))
    for name, png in plots.items():
        write_atomic(folder / name, png)
    write_atomic(folder / "check.html", render_check(data))
    return [*(folder / name for name in plots), folder / "check.html"]


def render_check(data: CheckData) -> str:
    """Render an audit as one HTML page whose content security policy forbids all scripts and requests."""
    result = data.result
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found = result["duplicates"]
    across = [pair for pair in found["pairs"] if not pair["same_group"]]
    return environment.get_template("check.html.j2").render(
        result=result,
        style=Markup((TEMPLATES / "report.css").read_text(encoding="utf-8")),
        findings=result["findings"],
        scores=[(_SCORES[name], of and _row(of), of) for name, of in result["scores"].items()],
        shortcuts=[(SHORTCUTS[name], _row(of)) for name, of in _ordered(result["shortcuts"])],
        conflicts=_pairs(result["conflicts"], data.paths),
        across=_pairs(across, data.paths),
        nearly=_pairs(found["nearly"][:8], data.paths),
        mislabels=_pictures(result["mislabels"], data.paths),
        outliers=_pictures(result["outliers"], data.paths),
        degenerate=_pictures(result["degenerate"], data.paths),
        totals={
            "conflicts": len(result["conflicts"]),
            "across": len(across),
            **{name: len(result[name]) for name in ("mislabels", "outliers", "degenerate")},
        },
        shown=SHOWN,
        labels=[(tidy(label), of) for label, of in result["labels"].items()],
        notes=[tidy(note) for note in result["notes"]],
    )


def _ordered(shortcuts: Mapping[str, Any] | None) -> list[tuple[str, Any]]:
    return [] if shortcuts is None else [(name, shortcuts[name]) for name in SHORTCUTS if name in shortcuts]


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
