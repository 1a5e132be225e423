"""The results as Markdown."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from bench.pictures import SETS
from bench.rounds import PREDECODED

BEGIN, END = "<!-- numbers: scripts/bench -->", "<!-- end of numbers -->"
TITLES = (
    "",
    "pictures/s",
    "x fastest peer",
    "of the limit",
    "whole run, pictures/s",
    "x fastest peer",
    "start-up, s",
    "CPU s for 100 pictures",
    "peak MB",
    "J a picture",
    "cosine",
)


def page(results: Mapping[str, Any]) -> str:
    """Return all tables, with what they were measured on and who is missing.

    Parameters
    ----------
    results : mapping
        What ``bench.json`` holds.

    Returns
    -------
    str
    """
    parts = [facts(results)]
    for name, of_set in results["summary"].items():
        parts += [f"### {set_title(name, of_set)}", set_table(results, name), limits_line(of_set)]
    absent = results["missing"]
    if absent:
        parts.append("Not measured: " + "; ".join(f"{who} ({why})" for who, why in absent.items()) + ".")
    failed = [r for r in results["records"] if "error" in r]
    if failed:
        told = "; ".join(f"{r['contender']} on {r['set']} ({r['error']})" for r in failed)
        parts.append(f"Failed: {told}.")
    notes = {one["title"]: one["note"] for one in results["contenders"] if one["note"]}
    if notes:
        parts.append("\n".join(f"- {title}: {note}." for title, note in notes.items()))
    if results.get("growth"):
        parts += ["### Growth", growth_table(results["growth"])]
    return "\n\n".join(parts)


def facts(results: Mapping[str, Any]) -> str:
    """Return date, machine and versions in a paragraph."""
    on = results["machine"]
    versions = ", ".join(f"{name} {number}" for name, number in on["versions"].items())
    loads = [record["load"] for record in results["records"]]
    load = f"{statistics.median(loads):.1f} (median)" if loads else "not told"
    flags = ", ".join(on["flags"]) or "instructions not told"
    return (
        f"{results['date']}, {on['cpu']}, {on['cores']} cores ({flags}), {on['memory_gb']:.0f} GB; "
        f"Python {on['python']}, {versions}. Rounds: {results['repeats']}; median (least to most). "
        f"A ratio is the median of the rounds' own ratios. Load when runs began: {load}."
    )


def set_title(name: str, of_set: Mapping[str, Any]) -> str:
    """Return what a set holds."""
    title = "Pre-decoded pictures, network alone" if name == PREDECODED else SETS[name].title
    counts = sorted({row["n"] for row in of_set["rows"]})
    return f"{title[0].upper()}{title[1:]}, {' or '.join(str(count) for count in counts)} of them"


def set_table(results: Mapping[str, Any], name: str) -> str:
    """Return one set's contenders, fastest first."""
    titles = {one["name"]: one["title"] for one in results["contenders"]}
    cosines = results.get("agreement", {}).get(name, {})
    rows = [cells(row, titles, cosines) for row in results["summary"][name]["rows"]]
    # A column in which nobody has a number says nothing.
    keep = [i for i in range(len(TITLES)) if any(row[i] for row in rows)]
    return markdown([TITLES[i] for i in keep], [[row[i] for i in keep] for row in rows])


def cells(row: Mapping[str, Any], titles: Mapping[str, str], cosines: Mapping[str, Any]) -> list[str]:
    """Return a contender's cells in the order of `TITLES`."""
    name = row["contender"]
    styleid = name.startswith("styleid")
    return [
        f"**{titles[name]}**" if styleid else titles[name],
        with_spread(row.get("steady_rate"), 1),
        with_spread(row.get("steady_rate_ratio"), 2),
        f"{row['of_limit']:.2f}" if "of_limit" in row else "",
        with_spread(row.get("whole_rate"), 1),
        with_spread(row.get("whole_rate_ratio"), 2),
        with_spread(row.get("startup"), 1),
        f"{100 * row['steady_cpu']['median']:.1f}" if "steady_cpu" in row else "",
        f"{row['peak_mb']['median']:,.0f}" if "peak_mb" in row else "",
        f"{row['joules']['median'] / row['n']:.1f}" if "joules" in row else "",
        cosine(cosines[name]["median"]) if name in cosines else "",
    ]


def cosine(value: float) -> str:
    """Return a cosine; so near to 1 that six digits would not show it is ``1``."""
    return f"{value:.6f}" if value < 0.9999995 else "1.000000"


def with_spread(told: Mapping[str, float] | None, digits: int) -> str:
    """Return a median with its spread, or nothing."""
    if told is None:
        return ""
    if told["low"] == told["high"]:
        return f"{told['median']:.{digits}f}"
    return f"{told['median']:.{digits}f} ({told['low']:.{digits}f} to {told['high']:.{digits}f})"


def limits_line(of_set: Mapping[str, Any]) -> str:
    """Return what the machine allows, in a sentence."""
    limits, energy = of_set["limits"], any("joules" in row for row in of_set["rows"])
    parts = []
    if limits["network"]:
        parts.append(f"multiplying matrices allows {limits['network']:.1f} pictures/s of direct convolution")
    if limits["decode"]:
        parts.append(
            f"plain decoding on all cores {limits['decode']:.1f}, both on the same cores {limits['both']:.1f}"
        )
    told = "The limits: " + "; ".join(parts) + "." if parts else "The limits were not measured."
    return told if energy else f"{told} Energy: not told by this machine."


def growth_table(growth: Mapping[str, Any]) -> str:
    """Return styleid's growth with the number of pictures."""
    titles = ["pictures", "seconds", "pictures/s", "peak MB", "again, nothing changed: seconds"]
    rows = [
        [
            f"{one['n']:,}",
            f"{one['wall']:.0f}",
            f"{one['n'] / one['wall']:.1f}",
            f"{one['peak_mb']:,.0f}" if one["peak_mb"] else "",
            f"{one['again']:.1f}",
        ]
        for one in growth.get("sizes", [])
    ]
    parts = [markdown(titles, rows)] if rows else []
    if unchanged := growth.get("unchanged"):
        parts.append(
            f"{unchanged['n']:,} pictures that did not change: `styleid scan` looks at them in "
            f"{unchanged['scan']:.1f} s, `styleid embed` ends after {unchanged['embed']:.1f} s."
        )
    return "\n\n".join(parts)


def markdown(titles: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a Markdown table."""
    lines = [titles, ["---"] * len(titles), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def rewrite(path: Path, content: str) -> None:
    """Put content between the markers of a page."""
    text = path.read_text(encoding="utf-8")
    if BEGIN not in text or END not in text:
        raise SystemExit(f"error: expected the markers {BEGIN} and {END} in {path}, found none; put them in")
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    path.write_text(f"{before}{BEGIN}\n{content}\n{END}{after}", encoding="utf-8")
