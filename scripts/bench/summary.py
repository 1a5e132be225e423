"""Medians, spreads and ratios of the records of all rounds."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from typing import Any

from bench.limits import both_limits, pictures_limit

Record = dict[str, Any]
#: What is summarised of a record.
MEASURES = (
    "steady_rate",
    "whole_rate",
    "startup",
    "steady_cpu",
    "cpu",
    "peak_mb",
    "joules",
)


def summarise(records: Sequence[Record], styleid: Sequence[str]) -> dict[str, Any]:
    """Summarise rounds.

    Parameters
    ----------
    records : sequence of dict
        From `bench.rounds.measure`.
    styleid : sequence of str
        Names of the contenders that are styleid.

    Returns
    -------
    dict
        Set -> ``rows`` (one a contender, fastest first), ``fastest_peer``, ``limits`` in pictures a second.
    """
    names = [name for name in dict.fromkeys(record["set"] for record in records) if name != "limits"]
    gemm = values([record for record in records if record["contender"] == "gemm"], "torch")
    network = pictures_limit(spread(gemm)["median"]) if gemm else None
    return {name: one_set([r for r in records if r["set"] == name], styleid, network) for name in names}


def one_set(records: Sequence[Record], styleid: Sequence[str], network: float | None) -> dict[str, Any]:
    """Summarise the records of one set.

    Parameters
    ----------
    records : sequence of dict
        All of one set.
    styleid : sequence of str
        Names of the contenders that are styleid.
    network : float or None
        Pictures a second that the machine's multiplications allow.

    Returns
    -------
    dict
    """
    decoding = values([r for r in records if r["contender"] == "limit"], "pictures_per_second")
    decode = spread(decoding)["median"] if decoding else None
    by_name: dict[str, list[Record]] = {}
    for record in records:
        if record["contender"] != "limit" and "error" not in record:
            by_name.setdefault(record["contender"], []).append(record)
    rows = {name: row(name, of_one) for name, of_one in by_name.items()}
    limits = {"network": network, "decode": decode}
    both = both_limits(network, decode) if network and decode else network
    limits["both"] = both
    told: dict[str, Any] = {"limits": limits, "fastest_peer": {}}
    for rate in ("steady_rate", "whole_rate"):
        peers = [one for name, one in rows.items() if name not in styleid and rate in one]
        if not peers:
            continue
        fastest = max(peers, key=lambda one: float(one[rate]["median"]))["contender"]
        told["fastest_peer"][rate] = fastest
        for name, one in rows.items():
            if paired := ratios(by_name[name], by_name[fastest], rate):
                one[f"{rate}_ratio"] = spread(paired)
    for one in rows.values():
        if both and "steady_rate" in one:
            one["of_limit"] = one["steady_rate"]["median"] / both
    told["rows"] = sorted(rows.values(), key=lambda one: -one.get("steady_rate", {"median": 0})["median"])
    return told


def row(name: str, records: Sequence[Record]) -> dict[str, Any]:
    """Return a contender's medians and spreads."""
    told: dict[str, Any] = {"contender": name, "n": records[0]["n"], "repeats": len(records)}
    for measure in MEASURES:
        if found := values(records, measure):
            told[measure] = spread(found)
    return told


def values(records: Sequence[Record], key: str) -> list[float]:
    """Return what was measured, leaving out what could not be."""
    return [float(record[key]) for record in records if record.get(key) is not None]


def spread(numbers: Sequence[float]) -> dict[str, float]:
    """Return the median, the least and the most of numbers."""
    return {"median": statistics.median(numbers), "low": min(numbers), "high": max(numbers)}


def ratios(ours: Sequence[Record], theirs: Sequence[Record], key: str) -> list[float]:
    """Return one contender's number by another's, within each round that has both.

    A machine that slows down slows both of a round: the ratio suffers less than the numbers.
    """
    by_round: Mapping[int, Any] = {record["round"]: record.get(key) for record in theirs}
    pairs = [(record.get(key), by_round.get(record["round"])) for record in ours]
    return [float(a) / float(b) for a, b in pairs if a is not None and b]
