"""``styleid predict``: say whose hand a picture is."""

from __future__ import annotations

import codecs
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from styleid.cli.options import Device, Json, ModelWeights, NewestModel, find_model
from styleid.cli.progress import progress_bar
from styleid.cli.words import say_json, table, warn
from styleid.errors import InputError
from styleid.report.numbers import count_of

if TYPE_CHECKING:
    from styleid.model.contents import Bundle
    from styleid.model.verdict import Verdict


def predict(
    pictures: Annotated[
        list[Path],
        typer.Argument(
            help="Pictures, folders of them, or - for a list of paths on standard input, one a line.",
            metavar="PICTURES...",
        ),
    ],
    model: NewestModel = None,
    top: Annotated[int, typer.Option(min=1, help="How many labels to show a picture.")] = 3,
    coverage: Annotated[
        float | None,
        typer.Option(
            help="Also give the set of labels that holds the true one at this rate.", metavar="RATE"
        ),
    ] = None,
    recursive: Annotated[bool, typer.Option(help="Whether a folder stands for its sub-folders too.")] = True,
    weights: ModelWeights = None,
    device: Device = "auto",
    out: Annotated[
        Path, typer.Option(help="Folder of the runs the model is looked for in.", metavar="FOLDER")
    ] = Path("reports"),
    json: Json = False,
    jsonl: Annotated[
        bool, typer.Option("--jsonl", help="Print one JSON value a line and picture, as it goes.")
    ] = False,
    csv: Annotated[
        Path | None, typer.Option(help="Also write a table that spreadsheets open.", metavar="FILE")
    ] = None,
    report: Annotated[
        Path | None,
        typer.Option(
            help="Also write what each verdict rests on: a page a picture, an index and predictions.csv.",
            metavar="FOLDER",
        ),
    ] = None,
) -> None:
    """Say whose hand each picture is by, or `unknown`."""
    from styleid.model.bundle import load_model
    from styleid.model.predict import pictures_in, predict_each
    from styleid.model.words import write_csv

    if json and jsonl:
        raise InputError("--json prints one array, --jsonl a line a picture; leave out one of them")
    if csv is not None:
        _expect_no_other(csv)
    if report is not None:
        from styleid.runs.predict.run import INDEX, expect_evidence, report_each

        expect_evidence(report)
    paths = pictures_in([path for named in pictures for path in _named(named)], recursive, warn)
    bundle = load_model(find_model(model, out))
    with progress_bar("predict", "pictures") as progress:
        if report is None:
            each = predict_each(bundle, paths, weights, device, coverage)
        else:
            each = report_each(bundle, paths, report, weights, device, coverage)
        verdicts = list(_counted(each, len(paths), jsonl, progress))
    if csv is not None:
        _write(csv, write_csv(bundle, verdicts).encode("utf-8", "surrogateescape"))
        failed = sum(verdict.error is not None for verdict in verdicts)
        beside = f", and {failed:,} without one" if failed else ""
        warn(f"wrote {count_of(len(verdicts) - failed, 'verdict')}{beside} to {csv}")
    if report is not None:
        warn(f"the evidence of {count_of(len(verdicts), 'picture')}: {report / INDEX}")
    if json:
        say_json([verdict.plain() for verdict in verdicts])
    elif not jsonl:
        _show(bundle, verdicts, top, coverage)
    _end_with(verdicts)


def _expect_no_other(csv: Path) -> None:
    """Refuse a file that is no table of verdicts; a pipe or a device takes what comes."""
    from styleid.files import is_file, writing
    from styleid.model.words import TABLE_START

    if not is_file(csv):
        return
    with writing(csv), open(csv, "rb") as file:
        start = file.read(len(TABLE_START))
        printed = any(os.path.sameopenfile(file.fileno(), stream) for stream in (1, 2))  # /dev/stdout > FILE
    if start not in (b"", TABLE_START) or printed:
        raise InputError(f"--csv {csv} is there and is no table of verdicts; choose another name", path=csv)
    if start:
        warn(f"{csv}: the table of verdicts that is there will be replaced")


def _write(csv: Path, data: bytes) -> None:
    """Write a table: a file all or nothing, a pipe or a device as it takes it."""
    from styleid.files import is_file, is_there, write_atomic, writing

    if is_file(csv) or not is_there(csv):
        write_atomic(csv, data)
        return
    with writing(csv):
        csv.write_bytes(data)


def _named(picture: Path) -> list[Path]:
    """Read the paths on standard input that ``-`` stands for, one a line or with NUL between them."""
    if str(picture) != "-":
        return [picture]
    try:
        data = sys.stdin.buffer.read() if sys.stdin else b""
    except OSError as error:
        raise InputError(f"cannot read paths on standard input: {error.strerror}; send a list") from error
    data = data.removeprefix(codecs.BOM_UTF8)
    lines = data.split(b"\0") if b"\0" in data else data.splitlines()
    if not (paths := [Path(os.fsdecode(line)) for line in lines if line.strip()]):
        raise InputError("expected paths on standard input, one a line, found none")
    return paths


def _counted(
    verdicts: Iterator[Verdict], total: int, jsonl: bool, progress: Callable[[int, int], None]
) -> Iterator[Verdict]:
    """Count the verdicts as they come, and print each where lines are asked for."""
    for number, verdict in enumerate(verdicts, 1):
        if jsonl:
            say_json(verdict.plain(), indent=None)
        progress(number, total)
        yield verdict


def _end_with(verdicts: list[Verdict]) -> None:
    """Name the pictures that could not be judged; if there are any, the command fails."""
    from styleid.data.decode.policy import CUT_ALLOWED

    failures = [verdict for verdict in verdicts if verdict.error is not None]
    for verdict in failures:
        # To embed the picture would not help: a model reads as its own pictures were read.
        reason = str(verdict.error).replace(
            CUT_ALLOWED, "; a model judges cut files only if its own were too"
        )
        warn(f"{verdict.path}: {reason}")
    if failures:
        raise typer.Exit(1)


def _show(bundle: Bundle, verdicts: list[Verdict], top: int, coverage: float | None) -> None:
    """Print a row a picture, and what the numbers in it are."""
    from styleid.model.words import LEARNED, explain, write_price, write_scores, write_verdict

    ranks = min(top, len(bundle.labels))
    header = ["picture", "verdict", "if by a known hand", *(f"{rank + 1}." for rank in range(1, ranks))]
    if coverage is not None:
        header.append(f"one of, at {100 * coverage:g} %")
    judged = [verdict for verdict in verdicts if verdict.error is None]
    seen = any(verdict.learned in LEARNED for verdict in judged)
    priced = any(verdict.strangers is not None for verdict in judged)
    header += ["strangers named so"] if priced else []
    rows = [
        (
            verdict.path,
            write_verdict(verdict),
            *write_scores(verdict)[:ranks],
            *([] if verdict.label_set is None else [", ".join(verdict.label_set)]),
            *([write_price(verdict)] if priced else []),
            *([LEARNED.get(verdict.learned or "", "")] if seen else []),
        )
        for verdict in judged
    ]
    table([*header, "learned from"] if seen else header, rows, indent="")
    for line in explain(bundle, coverage, judged) if rows else ():
        warn(line)
