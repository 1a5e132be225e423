"""Compare every number and word of two golden runs, times and versions left out."""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as parquet
from safetensors.numpy import load as load_tensors

#: Keys of JSON whose values differ from run to run, or only say how long something took.
PASSING = frozenset(
    {"created", "made", "versions", "timing_seconds", "fold_seconds", "cpu_seconds", "seconds", "busy"}
    | {"pictures_per_second", "peak_memory_mb", "cpu_seconds_a_picture", "digest", "members", "written"}
)
#: Files that only remember, or hold pictures, or are read by the columns they are made of.
_SKIPPED = re.compile(
    r"\.digests\.json$|/current\.json$|/hashes\.json$|\.png$|/derived/|/data/images/|/new/|/odd/|\.part$"
)
#: Times in sentences, tables and pages.
_TIMES = re.compile(
    r"took \d+ s|\d+(\.\d+)? (s|ms|minutes|seconds)\b|\d+(\.\d+)? pictures/s|\d{4}-\d\d-\d\d[T ][\d:]+Z?|"
    r"peak (memory )?\d+ MB|\d+ pictures a second|\d+ a second|(decod|network|writ)\w* .*\d+ %"
)


def compare_runs(before: Path, after: Path, partial: bool = False) -> tuple[list[str], int]:
    """Return a line for each difference, and how many files were compared; `partial`: made by both."""
    names = sorted({file.relative_to(root) for root in (before, after) for file in root.rglob("*")})
    lines: list[str] = []
    n = 0
    for name in names:
        one, other = before / name, after / name
        if _SKIPPED.search(f"/{name.as_posix()}") or one.is_dir() or other.is_dir():
            continue
        if "/shards/" in f"/{name.as_posix()}" or "/failures/" in f"/{name.as_posix()}":
            continue  # their names are unique; read below, folder by folder
        if not (one.exists() and other.exists()):
            if not partial:
                lines.append(f"{name}: only {'before' if one.exists() else 'after'}")
            continue
        n += 1
        lines += [f"{name}: {line}" for line in _differences(one, other)]
    for folder in sorted({f.parent.relative_to(before) for f in before.rglob("*.parquet")}):
        if partial:
            continue  # the store grows from run to run
        n += 1
        if _rows(before / folder) != _rows(after / folder):
            lines.append(f"{folder}: other rows")
    return lines, n


def _differences(one: Path, other: Path) -> Iterator[str]:
    if one.suffix == ".json":
        yield from _in_values(json.loads(one.read_bytes()), json.loads(other.read_bytes()), "")
    elif one.suffix == ".csv":
        pair = [list(csv.reader(io.StringIO(f.read_text("utf-8")))) for f in (one, other)]
        yield from _in_values(*pair, "")
    elif one.suffix == ".styleid":
        yield from _in_models(one, other)
    elif one.suffix == ".npz":
        with np.load(one) as a, np.load(other) as b:
            yield from _in_arrays(dict(a), dict(b))
    elif one.suffix == ".html":
        yield from _in_lines(_words(one), _words(other))
    else:
        yield from _in_printed(one.read_text("utf-8"), other.read_text("utf-8"))


def _in_printed(one: str, other: str) -> Iterator[str]:
    """Compare what was printed: as values where it is JSON, else line by line."""
    pair = [text.rpartition("exit ") for text in (one, other)]
    try:
        values = [json.loads(text) for text, _, _ in pair]
    except ValueError:
        yield from _in_lines(one.splitlines(), other.splitlines())
        return
    yield from _in_values([values[0], pair[0][2]], [values[1], pair[1][2]], "")


def _in_lines(one: list[str], other: list[str]) -> Iterator[str]:
    pair = [[_TIMES.sub("<time>", line) for line in text if not _is_progress(line)] for text in (one, other)]
    if pair[0] != pair[1]:
        gone = [line for line in pair[0] if line not in pair[1]]
        new = [line for line in pair[1] if line not in pair[0]]
        yield from (f"- {line[:300]}" for line in gone[:12])
        yield from (f"+ {line[:300]}" for line in new[:12])
        if not gone and not new:
            yield "the same lines in another order or number"


def _is_progress(line: str) -> bool:
    return bool(re.match(r"^\S.*\d+/\d+ |^\S[^:]*: [\d,]+ of [\d,]+|.*time left|.*\d+ %", line))


def _in_values(one: Any, other: Any, where: str) -> Iterator[str]:
    if isinstance(one, dict) and isinstance(other, dict):
        for key in [*one, *(key for key in other if key not in one)]:
            if key in PASSING:
                continue
            if key not in one or key not in other:
                yield f"{where}.{key}: only {'before' if key in one else 'after'}"
            else:
                yield from _in_values(one[key], other[key], f"{where}.{key}")
    elif isinstance(one, list) and isinstance(other, list):
        if len(one) != len(other):
            yield f"{where}: {len(one)} entries before, {len(other)} after"
        for at, pair in enumerate(zip(one, other, strict=False)):
            yield from _in_values(*pair, f"{where}[{at}]")
    elif isinstance(one, str) and isinstance(other, str):
        pair = tuple(_TIMES.sub("<time>", text) for text in (one, other))
        if pair[0] != pair[1]:
            yield f"{where}: {pair[0]!r} before, {pair[1]!r} after"
    elif one != other or type(one) is not type(other):
        yield f"{where}: {one!r} before, {other!r} after"


def _in_models(one: Path, other: Path) -> Iterator[str]:
    with zipfile.ZipFile(one) as a, zipfile.ZipFile(other) as b:
        if a.namelist() != b.namelist():
            yield f"members {a.namelist()} before, {b.namelist()} after"
            return
        for name in a.namelist():
            pair = a.read(name), b.read(name)
            if name.endswith(".json"):
                found = _in_values(json.loads(pair[0]), json.loads(pair[1]), "")
            elif name.endswith(".safetensors"):
                found = _in_arrays(load_tensors(pair[0]), load_tensors(pair[1]))
            else:
                found = iter([] if pair[0] == pair[1] else ["other bytes"])
            yield from (f"{name}: {line}" for line in found)


def _in_arrays(one: dict[str, Any], other: dict[str, Any]) -> Iterator[str]:
    if sorted(one) != sorted(other):
        yield f"arrays {sorted(one)} before, {sorted(other)} after"
    for name in sorted(one.keys() & other.keys()):
        a, b = one[name], other[name]
        if a.dtype != b.dtype or a.shape != b.shape or a.tobytes() != b.tobytes():
            yield f"{name}: other numbers"


def _rows(folder: Path) -> list[tuple[str, ...]]:
    """Return all rows of a folder's Parquet files, vectors included, in an order of their own."""
    tables = [parquet.read_table(file).to_pylist() for file in folder.glob("*.parquet")]
    return sorted(tuple(str(value) for value in row.values()) for table in tables for row in table)


class _Text(HTMLParser):
    """Collects what a person reads on a page; scripts and styles only where they hold numbers."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []
        self._inside: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note where the text that follows stands."""
        if tag in ("script", "style"):
            self._inside.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """Note that a script or a style is over."""
        if tag in ("script", "style") and self._inside:
            self._inside.pop()

    def handle_data(self, data: str) -> None:
        """Keep text outside of scripts and styles."""
        if not self._inside and (line := " ".join(data.split())):
            self.lines.append(line)


def _words(page: Path) -> list[str]:
    reader = _Text()
    reader.feed(page.read_text("utf-8"))
    return reader.lines
