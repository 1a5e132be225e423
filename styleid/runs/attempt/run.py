"""From a folder of pictures to an answer: embed, check, fit."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import NamedTuple

from styleid.errors import InputError
from styleid.questions.base import NOTE, SEVERITIES
from styleid.questions.context import Progress
from styleid.questions.scores.words import write_headline
from styleid.rows.selection import FitOptions
from styleid.runs.check.run import CheckOptions, check
from styleid.runs.desk import Run
from styleid.runs.embed import EmbedRun, embed
from styleid.runs.fit.run import fit
from styleid.runs.folder import REPORTS, TRIED
from styleid.vectors.embed.embed import EmbedOptions


class Attempt(NamedTuple):
    """What came of a folder: the answer, and what speaks against it, the gravest first."""

    embedded: EmbedRun
    checked: Run
    fitted: Run
    answer: str
    against: list[str]


def place_for(images: Path, out: Path | None = None) -> Path:
    """Return where the results of a folder go: `out`, or a folder beside it that has its name."""
    named = images if images.name not in ("", "..") else images.resolve()
    out = named.with_name(f"{named.name}{TRIED}") if out is None else out
    if out.resolve().is_relative_to(images.resolve()):
        raise InputError(f"--out {out} lies in {images}, where nothing is written; choose another", path=out)
    return out


def attempt(images: Path, out: Path, device: str, n_jobs: int | None, progress: Progress) -> Attempt:
    """Embed, check and fit; labels that are too small to be scored are left out, and named."""
    places = out / "manifest.csv", out / "vectors"
    embedded = embed(images, *places, EmbedOptions(device=device), progress=progress)
    runs = out / REPORTS
    checked = check(CheckOptions(), *places, runs, n_jobs, partial(progress, "check"))
    fitted = fit(FitOptions(skip_small=True), *places, runs, None, n_jobs, progress)
    findings = [*checked.result["findings"], *fitted.result["findings"]]
    findings.sort(key=lambda finding: SEVERITIES.index(finding["severity"]))
    against = [finding["text"] for finding in findings if finding["severity"] != NOTE]
    return Attempt(embedded, checked, fitted, str(write_headline(fitted.result)), against)
