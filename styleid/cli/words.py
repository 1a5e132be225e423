"""How results are put into words and tables."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from styleid.report.numbers import write_number

if TYPE_CHECKING:
    from styleid.runs.desk import Run

#: The metrics of a fit that are shown.
SHOWN = ("accuracy", "balanced_accuracy", "macro_f1")


def shown(text: str) -> str:
    r"""Make a name safe to print on one line: what does not print becomes ``\n``, ``\x1b`` and the like.

    A file's name may hold line breaks, terminal codes, marks that turn the writing around.
    """
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def say(text: str = "") -> None:
    """Print a line for a person, whatever the names in it hold."""
    _write(shown(text) + "\n")


def say_json(value: Any, indent: int | None = 1) -> None:
    """Print one JSON value on standard output."""
    _write(json.dumps(value, indent=indent) + "\n")


def warn(text: str) -> None:
    """Print a remark on standard error, where it does not mix with results."""
    print(shown(text), file=sys.stderr, flush=True)


def tell(run: Run, json: bool, show: Callable[[Mapping[str, Any]], None], page: str = "report") -> None:
    """Print a run: one JSON value, or its notes, what `show` says of its result, and where its page lies."""
    result = run.result
    if json:
        say_json({"folder": str(run.folder), page: str(run.page), "replaced": run.replaced, **result})
        return
    for note in result["notes"]:
        warn(note)
    if result.get("options", {}).get("quick"):
        say("This was a quick run: it shows that everything works, its numbers mean little.")
    show(result)
    if run.replaced:
        warn(f"this replaces what was in {run.folder} before; with another --out both are kept")
    say(f"took {result['timing_seconds']['total']:.0f} s; {page}: {run.page}")


def table(header: Sequence[str], rows: Sequence[Sequence[object]], indent: str = "  ") -> None:
    """Print aligned columns: text to the left, numbers to the right and grouped by thousands."""
    if not rows:
        return
    from rich.cells import cell_len  # East Asian letters are two columns wide

    cells = [[_cell(value) for value in row] for row in rows]
    right = [
        all(isinstance(row[i], int | float) or row[i] == "-" or str(row[i])[:1].isdigit() for row in rows)
        for i in range(len(header))
    ]
    widths = [max(map(cell_len, [title, *(row[i] for row in cells)])) for i, title in enumerate(header)]
    for line in [list(header), *cells]:
        padded = [
            " " * (width - cell_len(text)) + text if to_right else text + " " * (width - cell_len(text))
            for text, width, to_right in zip(line, widths, right, strict=True)
        ]
        say((indent + "  ".join(padded)).rstrip())


def metric_table(
    metrics: Sequence[str], rows: Mapping[str, Mapping[str, Any] | None], **beside: Sequence[str]
) -> None:
    """Print these metrics of each row with their intervals, and columns `beside` them."""
    table(
        ("", *(name.replace("_", " ") for name in (*metrics, *beside))),
        [
            (name, *(number(values and values[metric]) for metric in metrics), *further)
            for name, values, *further in zip(rows, rows.values(), *beside.values(), strict=True)
        ],
    )


def number(metric: Mapping[str, float | None] | None) -> str:
    """Write a metric with its interval, as ``0.812 (0.790 to 0.833)``; a dash where it is not defined."""
    return write_number(metric, undefined="-")


def _cell(value: object) -> str:
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        return f"{value:.3f}"
    return shown(str(value))


def _write(text: str) -> None:
    # A terminal with a small character set gets question marks, not a traceback.
    encoding = sys.stdout.encoding or "utf-8"
    sys.stdout.write(text.encode(encoding, "replace").decode(encoding))
    sys.stdout.flush()
