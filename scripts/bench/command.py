"""The benchmark's command line."""

from __future__ import annotations

import argparse
import json
import time
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench.agreement import agreement
from bench.contenders import Contender, installed_peers, styleid_contenders
from bench.growth import sizes, unchanged
from bench.machine import machine
from bench.measure import RunFailed
from bench.pictures import make_set
from bench.plot import plot
from bench.rounds import Folders, measure
from bench.summary import summarise
from bench.table import page, rewrite
from bench.workplace import Workplace

ROOT = Path(__file__).resolve().parents[2]
#: Pictures of each set; multiples of the batch, so that no batch is half empty.
COUNTS = {"small": 128, "2mp": 64, "12mp": 32}
QUICK = {"small": 32, "2mp": 32}
BATCH = 32
GROWTH = "1000,2000,5000,10000,20000"


def arguments(given: list[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python scripts/bench", description="styleid beside its peers.")
    add = parser.add_argument
    for name, count in COUNTS.items():
        add(f"--{name}", type=int, metavar="N", help=f"pictures of this set, 0 for none [{count}]")
    add("--repeats", type=int, metavar="N", help="rounds [3]")
    add("--quick", action="store_true", help="one round of few pictures: to see that all works")
    add("--no-predecoded", action="store_true", help="leave out networks alone")
    add("--variants", default="", help="of styleid, such as torch/fp32,openvino/int8 [all that run here]")
    add("--peers", default="", help="only peers whose name contains one of these, by commas [all installed]")
    add("--growth", nargs="?", const=GROWTH, default="", metavar="SIZES", help=f"also grow [{GROWTH}]: long")
    add("--unchanged", nargs="?", const=100_000, type=int, metavar="N", help="also look at N known pictures")
    add("--seed", type=int, default=0, help="of the pictures [0]")
    add("--out", type=Path, default=ROOT / "reports" / "bench", help="folder of the results")
    add(
        "--from",
        dest="sources",
        type=Path,
        nargs="+",
        metavar="JSON",
        help="measure nothing; table and plot of these files, where sets of later ones replace earlier ones",
    )
    add("--page", action="store_true", help="put the tables into docs/performance.md")
    return parser.parse_args(given)


def counts(given: argparse.Namespace) -> dict[str, int]:
    """Return how many pictures each set has; a set of none is left out."""
    default = QUICK if given.quick else COUNTS
    asked = {name: getattr(given, name) for name in COUNTS}
    chosen = {name: default.get(name, 0) if n is None else n for name, n in asked.items()}
    if odd := [name for name, n in chosen.items() if n % BATCH]:
        raise SystemExit(f"error: --{odd[0]} expects a multiple of {BATCH}, found {chosen[odd[0]]}")
    return {name: n for name, n in chosen.items() if n}


def main() -> None:
    """Measure, and write what was found."""
    given = arguments()
    given.out.mkdir(parents=True, exist_ok=True)
    if given.sources:
        results = joined([json.loads(path.read_bytes()) for path in given.sources])
    else:
        results = measured(given, Workplace(given.out / "work"))
    results["summary"] = summarise(
        results["records"], [one["name"] for one in results["contenders"] if one["ours"]]
    )
    tables = page(results)
    (given.out / "bench.json").write_text(json.dumps(results, indent=1), encoding="utf-8")
    (given.out / "table.md").write_text(tables + "\n", encoding="utf-8")
    if results["summary"]:
        plot(results, given.out / "bench.png")
    if given.page:
        rewrite(ROOT / "docs" / "performance.md", tables)
    print(f"{tables}\n\n{given.out}: bench.json, table.md, bench.png")


def joined(runs: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the results of several runs as one: each set as the last run that has it measured it.

    Rounds are numbered on, so that only records of one round are divided by each other.
    """
    results = runs[0]
    for number, run in enumerate(runs[1:], 1):
        again = {record["set"] for record in run["records"]} - {"limits"}
        kept = [record for record in results["records"] if record["set"] not in again]
        more = [record | {"round": record["round"] + 1000 * number} for record in run["records"]]
        contenders = {one["name"]: one for one in [*results["contenders"], *run["contenders"]]}
        results = results | {
            "records": more + kept,
            "contenders": list(contenders.values()),
            "agreement": results.get("agreement", {}) | run.get("agreement", {}),
            "growth": run.get("growth") or results.get("growth"),
        }
    return results


def measured(given: argparse.Namespace, place: Workplace) -> dict[str, Any]:
    """Make the pictures and measure all that was asked for."""
    begun, wanted = time.monotonic(), counts(given)
    if wanted:
        say(f"making pictures: {', '.join(f'{2 * n} {name}' for name, n in wanted.items())}")
    sets = {}
    for name, n in wanted.items():
        made = make_set(name, (n, 2 * n, 1), given.seed, place.sets)
        sets[name] = Folders(n, made[n], made[2 * n], made[1])
    place.root.mkdir(parents=True, exist_ok=True)
    small = make_set("small", (128, 32, 1), given.seed, place.sets)
    variants = place.told("prepare", place.weights, small[32 if given.quick else 128], place.pixels)
    ours, missing = styleid_contenders(variants, split(given.variants))
    peers, absent = installed_peers(split(given.peers))
    ours, unable = warm(place, ours, small[1])
    contenders = [*ours, *peers]
    missing |= unable | absent
    for who, why in missing.items():
        say(f"left out: {who}: {why}")
    results: dict[str, Any] = {
        "date": datetime.now(UTC).strftime("%Y-%m-%d"),
        "machine": machine(),
        "repeats": given.repeats or (1 if given.quick else 3),
        "missing": missing,
        "contenders": [described(one) for one in contenders],
        "records": [],
    }

    def keep(records: list[dict[str, Any]]) -> None:
        results["records"] = records
        (given.out / "bench.json").write_text(json.dumps(results, indent=1), encoding="utf-8")

    if sets:
        keep(measure(place, contenders, sets, not given.no_predecoded, results["repeats"], say, keep))
        results["agreement"] = agreement(place, contenders, list(sets))
    grown: dict[str, Any] = {}
    if given.growth:
        grown["sizes"] = sizes(place, ours[0], [int(n) for n in split(given.growth)], given.seed, say)
    if given.unchanged:
        grown["unchanged"] = unchanged(place, ours[0], given.unchanged, given.seed, say)
    return results | {"growth": grown, "seconds": time.monotonic() - begun}


def warm(place: Workplace, ours: list[Contender], folder: Path) -> tuple[list[Contender], dict[str, str]]:
    """Let each styleid embed once unmeasured, and return those that can, and why others cannot.

    Compiled kernels and the digest of the weights are kept on disk; nobody pays for them twice.
    """
    able, unable = [], {}
    for one in ours:
        try:
            place.styleid(one, folder, "warm")
            able.append(one)
        except RunFailed as error:
            unable[one.name] = str(error)
    if not able:
        raise SystemExit(f"error: no styleid runs here: {'; '.join(unable.values())}")
    return able, unable


def described(one: Contender) -> dict[str, Any]:
    """Return what the results say of a contender."""
    needs = list(asdict(one.peer)["needs"]) if one.peer else []
    return {
        "name": one.name,
        "title": one.title,
        "note": one.note,
        "needs": needs,
        "ours": one.variant is not None,
    }


def split(text: str) -> list[str]:
    """Return the parts of a list by commas."""
    return [part.strip() for part in text.split(",") if part.strip()]


def say(text: str) -> None:
    """Tell what happens."""
    print(f"{datetime.now():%H:%M:%S}  {text}", flush=True)
