"""The results as bars."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bench.table import set_title

#: Okabe and Ito's blue and a grey: told apart by every eye, and in print.
OURS, THEIRS, LIMIT = "#0072B2", "#B5B5B5", "#D55E00"


def plot(results: Mapping[str, Any], path: Path) -> None:
    """Draw one panel a set: pictures a second after start-up, median, least and most.

    Parameters
    ----------
    results : mapping
        What ``bench.json`` holds.
    path : Path
        A PNG file.
    """
    from matplotlib.figure import Figure

    panels = results["summary"]
    titles = {one["name"]: one["title"] for one in results["contenders"]}
    rows = [len(of_set["rows"]) for of_set in panels.values()]
    figure = Figure(figsize=(9, 0.36 * sum(rows) + 1.25 * len(rows)), dpi=140, layout="constrained")
    axes = figure.subplots(len(rows), 1, height_ratios=[count + 1.2 for count in rows], squeeze=False)[:, 0]
    for axis, (name, of_set) in zip(axes, panels.items(), strict=True):
        _panel(axis, set_title(name, of_set), of_set, titles)
    axes[-1].set_xlabel("pictures a second, start-up left out (median; line: least to most)")
    figure.savefig(path)


def _panel(axis: Any, title: str, of_set: Mapping[str, Any], titles: Mapping[str, str]) -> None:
    rows = [row for row in reversed(of_set["rows"]) if "steady_rate" in row]
    for place, row in enumerate(rows):
        told, ours = row["steady_rate"], row["contender"].startswith("styleid")
        axis.barh(place, told["median"], color=OURS if ours else THEIRS, height=0.72)
        axis.plot([told["low"], told["high"]], [place, place], color="black", linewidth=1.2)
        ratio = row.get("steady_rate_ratio")
        words = f"{told['median']:.1f}" + (f"   {ratio['median']:.2f} x" if ratio and ours else "")
        axis.annotate(
            words, (max(told["high"], told["median"]), place), (5, 0), textcoords="offset points", va="center"
        )
    axis.set_yticks(range(len(rows)), [titles[row["contender"]] for row in rows])
    for label, row in zip(axis.get_yticklabels(), rows, strict=True):
        label.set_fontweight("bold" if row["contender"].startswith("styleid") else "normal")
    axis.set_title(title, loc="left", fontsize=11, pad=18)  # the line's words lie between
    most = max((row["steady_rate"]["high"] for row in rows), default=1.0)
    limit = of_set["limits"]["both"]
    if limit:
        axis.axvline(limit, color=LIMIT, linestyle="--", linewidth=1.2)
        axis.annotate(
            f"limit {limit:.3g}", (limit, 1), (3, 2), xycoords=("data", "axes fraction"),
            textcoords="offset points", color=LIMIT, fontsize=9,
        )  # fmt: skip
    axis.set_xlim(0, 1.22 * max(most, limit or 0))
    axis.spines[["top", "right"]].set_visible(False)
