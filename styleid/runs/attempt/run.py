"""From a folder of pictures to an answer: embed, check, fit."""

from __future__ import annotations

from collections import Counter
from functools import partial
from pathlib import Path
from typing import NamedTuple

from styleid.data.manifest.labels import ToldBefore, some
from styleid.data.manifest.record import ScanOptions, record_file
from styleid.data.manifest.scan import Scan, scan_folder
from styleid.errors import InputError
from styleid.files import StrPath
from styleid.questions.context import Progress
from styleid.questions.scores.words import write_headline
from styleid.report.numbers import count_of
from styleid.rows.selection import FitOptions
from styleid.runs.check.run import CheckOptions, check
from styleid.runs.desk import Run
from styleid.runs.embed import EmbedRun, embed_scanned
from styleid.runs.fit.run import fit
from styleid.runs.fit.words import write_cautions
from styleid.runs.place import REPORTS
from styleid.vectors.embed.embed import EmbedOptions
from styleid.vectors.store.space import current_space, space_policy


class Attempt(NamedTuple):
    """What came of a folder: the answer, and what speaks against it, the gravest first."""

    embedded: EmbedRun
    checked: Run
    fitted: Run
    answer: str
    against: list[str]
    notes: list[str]  # of fit and check, each once, but those that scan and embedding gave already


def expect_labels(scanned: Scan, images: StrPath | None, table: StrPath | None) -> None:
    """Refuse a folder of which nothing could be learned, before it is embedded."""
    rows = [row for row in scanned.manifest.rows if row.label]
    groups = Counter(label for label, _ in {(row.label, row.group or row.sha256) for row in rows})
    if sum(n > 1 for n in groups.values()) > 1:
        return
    copies = Counter(label for label, _ in {(row.label, row.sha256) for row in rows})
    counts = []
    for label, n in scanned.counts().items():
        why = " (all of one group)" if n > 1 == groups[label] else ""
        why = " (copies of one)" if n > 1 == copies[label] else why
        counts.append(f"{count_of(n, 'picture')} {f'of {label!r}' if label else 'without a label'}{why}")
    way = f"a table of files and labels (`styleid {images} --table FILE`)"
    if table:
        noted = [note.replace(f"{table} ", "", 1) for note in scanned.notes if str(table) in note]
        way = f"{table}, which so far does not ({'; '.join(noted) or 'it has too few'})"
    raise InputError(
        f"expected in {images} a sub-folder for each artist, at least 2 with 2 different pictures each, "
        f"found {some(counts) or 'no picture that can be read'}; make a sub-folder for each artist, or say "
        f"whose each picture is by {way}, then run this again",
        path=images,
    )


def attempt(reading: ScanOptions, out: Path, device: str, n_jobs: int | None, progress: Progress) -> Attempt:
    """Embed, check and fit; labels that are too small to be scored are left out, and named."""
    places = out / "manifest.csv", out / "vectors"
    policy = space_policy(places[1], current_space(places[1]))
    made = [file for file in (places[0], record_file(places[0])) if not file.exists()]
    scanned = scan_folder(reading, places[0], policy, partial(progress, "reading"))
    try:
        expect_labels(scanned, reading.images, reading.table)
    except InputError:
        for file in made:  # or the next try would take what this one said for a person's word
            file.unlink()
        raise
    embedded = embed_scanned(scanned, places[1], EmbedOptions(device=device), policy, progress)
    checked = check(CheckOptions(), *places, out / REPORTS, n_jobs, partial(progress, "check"))
    fitted = fit(FitOptions(skip_small=True), *places, out / REPORTS, None, n_jobs, progress)
    answer = str(write_headline(fitted.result))
    given = dict.fromkeys([*fitted.result["notes"], *checked.result["notes"]])
    notes = [note for note in given if not isinstance(note, ToldBefore)]
    return Attempt(embedded, checked, fitted, answer, write_cautions(fitted.result), notes)
