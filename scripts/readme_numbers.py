"""Put the demo's numbers into README.md and docs/trust.md, from the runs themselves.

Usage: python scripts/readme_numbers.py [reports]

Replaces what stands between the two markers by a table of the runs that are named by their head.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

BEGIN, END = "<!-- numbers: scripts/readme_numbers.py -->", "<!-- end of numbers -->"
METRICS = ("accuracy", "macro_f1", "roc_auc")


def cell(metric: dict[str, float]) -> str:
    """Return a metric with its interval."""
    return "{value:.2f} ({low:.2f} to {high:.2f})".format(**metric)


def table(runs: list[dict[str, Any]]) -> str:
    """Return the runs, best first, and the baselines they are compared with, as Markdown."""
    titles = ["head", *(name.replace("_", " ") for name in METRICS), "accuracy random folds would claim"]
    lines = ["| " + " | ".join(titles) + " |", "|---" * len(titles) + "|"]
    for run in runs:
        cells = [f"`{run['head']}`", *(cell(run["metrics"][name]) for name in METRICS)]
        lines.append("| " + " | ".join([*cells, cell(run["naive"]["accuracy"])]) + " |")
    majority = runs[0]["baselines"]["majority"]
    lines.append("| commonest label | " + " | ".join(cell(majority[name]) for name in METRICS) + " | |")
    return "\n".join(lines)


def trust_table(runs: list[dict[str, Any]]) -> str:
    """Return what the runs say of themselves, as Markdown."""
    titles = ["head", "calibration error before", "after", "an exact head would show"]
    titles += ["sets made for 90 of 100 hold", "labels in a set", "unknown hands recognised", "AUROC"]
    titles += ["twice the pictures would add"]
    lines = ["| " + " | ".join(titles) + " |", "|---" * len(titles) + "|"]
    for run in runs:
        before, after = run["calibration"]["before"], run["calibration"]["after"]
        sets, unknown, curve = run["label_sets"], run["unknown"], run["learning_curve"]
        cells = [
            f"`{run['head']}`",
            f"{before['ece']['value']:.3f}",
            "{value:.3f} ({low:.3f} to {high:.3f})".format(**after["ece"]),
            f"{after['ece_if_perfect']:.3f}",
            cell(sets["coverage"]),
            f"{sets['size']['value']:.1f}",
            f"{unknown['recognised']:.2f}",
            f"{unknown['auroc']:.2f}",
            "{:.1f} points ({:.1f} to {:.1f})".format(
                *(100 * curve[k] for k in ("gain", "gain_low", "gain_high"))
            ),
        ]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def rewrite(page: Path, content: str) -> None:
    """Put content between the markers of a page."""
    text = page.read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    page.write_text(f"{before}{BEGIN}\n{content}\n{END}{after}", encoding="utf-8")


def main() -> None:
    """Rewrite the tables."""
    reports = Path(sys.argv[1] if len(sys.argv) > 1 else "reports")
    found = [json.loads(path.read_bytes()) for path in sorted(reports.glob("*/result.json"))]
    # Studies and the small network have a result.json too, without what the tables show.
    plain = [run for run in found if "naive" in run and run["run"] == run["head"]]
    if not plain:
        sys.exit(f"error: no runs in {reports}; run `styleid fit` first")
    plain.sort(key=lambda run: -run["metrics"]["accuracy"]["value"])
    first = plain[0]
    facts = (
        f"{first['n_images']:,} pictures, {len(first['labels'])} labels, {first['n_groups']} subjects, "
        f"backbone `{first['backbone']}`, seed {first['seed']}, {first['created'][:10]}."
    )
    rewrite(Path("README.md"), f"{table(plain)}\n\n{facts}")
    rewrite(Path("docs/trust.md"), f"{trust_table(plain)}\n\n{facts}")


if __name__ == "__main__":
    main()
