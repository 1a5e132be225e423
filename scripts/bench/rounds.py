"""Measure everyone in turn, several times over."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench import machine
from bench.contenders import Contender
from bench.measure import Cost, RunFailed
from bench.workplace import Workplace

#: Name of the measurement of networks alone.
PREDECODED = "predecoded"
Say = Callable[[str], None]
Record = dict[str, Any]


@dataclass(frozen=True)
class Folders:
    """Folders of one set: `count` pictures, twice as many that begin with them, and the first alone."""

    count: int
    first: Path
    double: Path
    one: Path


def measure(
    place: Workplace,
    contenders: Sequence[Contender],
    sets: dict[str, Folders],
    predecoded: bool,
    repeats: int,
    say: Say,
    keep: Callable[[list[Record]], None],
) -> list[Record]:
    """Run rounds; in each, every contender does every set once, and the machine's limits are measured.

    Parameters
    ----------
    place : Workplace
        Files and commands.
    contenders : sequence of Contender
        Who takes part. Who fails once is told, and left out of that set from then on.
    sets : dict of str to Folders
        What is embedded.
    predecoded : bool
        Whether networks are timed alone as well.
    repeats : int
        How many rounds.
    say : callable
        Told what happens.
    keep : callable
        Given all records after each round, so that an interruption loses one round.

    Returns
    -------
    list of dict
        One a run: ``round``, ``set``, ``contender``, ``load`` and what was measured, or ``error``.
    """
    records: list[Record] = []
    failed: set[tuple[str, str]] = set()

    def note(turn: int, name: str, contender: str, work: Callable[[], Record]) -> None:
        if (name, contender) in failed:
            return
        record: Record = {"round": turn, "set": name, "contender": contender, "load": machine.load()}
        try:
            record |= work()
        except RunFailed as error:
            failed.add((name, contender))
            record["error"] = str(error)
        records.append(record)
        say(line(record))

    for turn in range(repeats):
        shift = turn % len(contenders)
        order = [*contenders[shift:], *contenders[:shift]]
        note(turn, "limits", "gemm", lambda: dict(place.told("limits", "gemm")))
        for name, folders in sets.items():
            first = folders.first
            note(turn, name, "limit", lambda first=first: dict(place.told("limits", "decode", first)))  # type: ignore[misc]
            for one in order:
                note(turn, name, one.name, lambda one=one: embedded(place, one, name, sets[name]))  # type: ignore[misc]  # noqa: B023  # called at once
        if predecoded:
            for one in order:
                if one.network:
                    note(turn, PREDECODED, one.name, lambda one=one: network_alone(place, one))  # type: ignore[misc]
        keep(records)
    return records


def embedded(place: Workplace, contender: Contender, name: str, folders: Folders) -> Record:
    """Let a contender embed a set; return what it cost.

    A peer times itself after its first picture. styleid is run as a whole command, on one picture (start-up),
    on the set, and on twice the set: the difference of the last two is its steady rate.
    """
    if contender.peer:
        cost, timed = place.peer(contender, folders.first, name)
        startup, seconds, cpu, n = (timed[key] for key in ("startup", "seconds", "cpu", "n"))
    else:
        startup = place.styleid(contender, folders.one, "one").wall
        double = place.styleid(contender, folders.double, "double")
        cost = place.styleid(contender, folders.first, name)
        seconds, cpu, n = double.wall - cost.wall, double.cpu - cost.cpu, folders.count
    return whole(cost, folders.count) | {
        "startup": startup,
        # Noise may make the smaller run the longer one: then there is no rate to tell.
        "steady_rate": n / seconds if seconds > 0 else None,
        "steady_cpu": cpu / n if cpu > 0 else None,
    }


def network_alone(place: Workplace, contender: Contender) -> Record:
    """Let a network read pre-decoded pictures."""
    cost, timed = place.network(contender)
    return {
        "n": timed["n"],
        "peak_mb": cost.peak_mb,
        "startup": timed["startup"],
        "steady_rate": timed["n"] / timed["seconds"],
        "steady_cpu": timed["cpu"] / timed["n"],
    }


def whole(cost: Cost, count: int) -> Record:
    """Return what a whole process cost, a picture."""
    return {
        "n": count,
        "wall": cost.wall,
        "cpu": cost.cpu,
        "peak_mb": cost.peak_mb,
        "joules": cost.joules,
        "whole_rate": count / cost.wall,
    }


def line(record: Record) -> str:
    """Say a record in one line."""
    head = f"round {record['round'] + 1}  {record['set']:<10}  {record['contender']:<34}"
    if "error" in record:
        return f"{head}  FAILED: {record['error']}"
    shown = ("startup", "steady_rate", "whole_rate", "steady_cpu", "peak_mb", "torch", "pictures_per_second")
    return head + "".join(f"  {key} {record[key]:.3g}" for key in shown if record.get(key) is not None)
