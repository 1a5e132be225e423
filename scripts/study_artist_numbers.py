"""Put the numbers of the artist study into docs/studies.md, from the study itself.

Usage: python scripts/study_artist_numbers.py [reports/study-artist/result.json]

Replaces what stands between the two markers by the tables and the findings.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from styleid.report.numbers import write_points, write_points_interval
from styleid.studies.artist.words import find_step, on_division, step_less_head, write_artist_findings

BEGIN, END = "<!-- numbers: scripts/study_artist_numbers.py -->", "<!-- end of numbers -->"
PAGE = Path("docs/studies.md")


def cell(metric: dict[str, Any] | None) -> str:
    """Return a metric with its interval."""
    return "" if metric is None else "{value:.3f} ({low:.3f} to {high:.3f})".format(**metric)


def table(titles: list[str], rows: list[list[str]]) -> str:
    """Return rows as Markdown."""
    lines = [" | ".join(titles), "|".join(["---"] * len(titles)), *(" | ".join(row) for row in rows)]
    return "\n".join(f"| {line} |" for line in lines)


def steps(result: dict[str, Any]) -> str:
    """Return the project's steps."""
    titles = [
        "step",
        "data",
        "divided",
        "train / val / test",
        "accuracy",
        "“others” alone",
        "balanced accuracy",
    ]
    titles += ["ROC AUC", "processor"]
    rows = [
        [
            of["words"],
            of["version"],
            of["split"],
            f"{of['n_train']} / {of['n_validation']} / {of['n_test']}",
            cell(of["metrics"]["accuracy"]),
            f"{of['majority_accuracy']:.3f}",
            cell(of["metrics"]["balanced_accuracy"]),
            cell(of["metrics"]["roc_auc"]),
            f"{of['cpu_seconds']:.0f} s",
        ]
        for of in result["steps"]
    ]
    return table(titles, rows)


def heads(result: dict[str, Any]) -> str:
    """Return the heads on cached vectors."""
    titles = ["head", "accuracy", "balanced accuracy", "ROC AUC", "random folds would claim (balanced)"]
    rows = [
        [
            f"`{of['head']}`",
            *(cell(of["metrics"][name]) for name in ("accuracy", "balanced_accuracy", "roc_auc")),
            cell(of["random_folds"] and of["random_folds"]["balanced_accuracy"]),
        ]
        for of in result["answer"]["heads"]
    ]
    majority = [cell(result["answer"]["majority"][m]) for m in ("accuracy", "balanced_accuracy", "roc_auc")]
    return table(titles, [*rows, ["commonest label", *majority, ""]])


def paired(result: dict[str, Any], step: str, split: str) -> str:
    """Return a training less each head, on the same pictures."""
    of = find_step(result, step, split)
    titles = ["head", f"its balanced accuracy ({of['version']}, {split})", f"`{step}` less head, points"]
    titles += ["processor, head", "processor, training"]
    rows = []
    for head in result["answer"]["heads"]:
        own, difference = on_division(head, of), step_less_head(result, of, head)
        points = "" if difference["value"] is None else write_points(difference["value"], signed=True)
        rows.append(
            [
                f"`{head['head']}`",
                cell(own["metrics"]["balanced_accuracy"]),
                points + write_points_interval(difference, named=False),
                f"{own['cpu_seconds']:.1f} s",
                f"{of['cpu_seconds']:.0f} s",
            ]
        )
    return table(titles, rows)


def facts(result: dict[str, Any]) -> str:
    """Return how the numbers came about."""
    options = result["options"]
    return (
        f"Target `{result['target']}`, {result['n_target']} of {result['n_images']:,} pictures, "
        f"{result['n_groups']} subjects; trainings at {options['side']} x {options['side']} pixels, "
        f"{options['epochs']} epochs; backbone `{result['backbone']}`, seed {options['seed']}, "
        f"{result['timing_seconds']['total'] / 60:.0f} minutes in all, {result['created'][:10]}."
    )


def main() -> None:
    """Rewrite the section."""
    path = Path(sys.argv[1] if len(sys.argv) > 1 else "reports/study-artist/result.json")
    if not path.is_file():
        sys.exit(f"error: there is no {path}; run `styleid study artist` first")
    result = json.loads(path.read_bytes())
    findings = "\n".join(f"- {finding}" for finding in write_artist_findings(result))
    side_by_side = [
        paired(result, step, split)
        for step in ("trainable", "refined")
        for split in ("grouped", "per picture")
    ]
    content = "\n\n".join([steps(result), heads(result), *side_by_side, findings, facts(result)])
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
    after = rest.partition(END)[2]
    PAGE.write_text(f"{before}{BEGIN}\n{content}\n{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    main()
