"""From a folder of pictures to an answer: embed, check, fit."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path

from styleid.errors import InputError
from styleid.questions.base import LOOK, SEVERITIES, STOP
from styleid.questions.context import Progress
from styleid.questions.scores.words import write_headline
from styleid.report.numbers import count_of
from styleid.rows.selection import FitOptions
from styleid.runs.check.run import CheckOptions, check
from styleid.runs.desk import Run
from styleid.runs.embed import EmbedRun
from styleid.runs.fit.run import fit
from styleid.runs.folder import REPORTS, TRIED


@dataclass(frozen=True)
class Place:
    """Where everything goes: beside the pictures, and nothing among them."""

    folder: Path

    @property
    def manifest(self) -> Path:
        """The table of the pictures."""
        return self.folder / "manifest.csv"

    @property
    def store(self) -> Path:
        """Folder of the vectors."""
        return self.folder / "vectors"

    @property
    def reports(self) -> Path:
        """Folder of the runs."""
        return self.folder / REPORTS


def place_for(images: Path, out: Path | None = None) -> Place:
    """Return where the results of a folder go: `out`, or a folder beside it that has its name."""
    if out is None:
        named = images if images.name not in ("", "..") else images.resolve()
        out = named.with_name(f"{named.name}{TRIED}")
    if out.resolve().is_relative_to(images.resolve()):
        raise InputError(
            f"--out {out} lies in {images}, where nothing is written; choose a folder outside of it", path=out
        )
    return Place(out)


@dataclass(frozen=True)
class Judged:
    """A set that was checked, and the head that was fitted on it."""

    checked: Run
    fitted: Run

    @property
    def answer(self) -> str:
        """How well the hands are told apart."""
        return str(write_headline(self.fitted.result))

    @property
    def against(self) -> list[str]:
        """What speaks against the answer, by check and by fit, the gravest first."""
        findings = [*self.checked.result["findings"], *self.fitted.result["findings"]]
        grave = [finding for finding in findings if finding["severity"] in (STOP, LOOK)]
        return [
            finding["text"]
            for finding in sorted(grave, key=lambda finding: SEVERITIES.index(finding["severity"]))
        ]

    @property
    def lines(self) -> tuple[str, str, str]:
        """The answer, what speaks against it, and where the pages are."""
        first, *others = self.against or ["nothing was found that would make it untrue."]
        further = f" ({count_of(len(others), 'more caution')} on the pages)" if others else ""
        return (
            f"Answer: {self.answer}",
            f"Against it: {first}{further}",
            f"Page: {self.fitted.page}; the check: {self.checked.page}",
        )


def judge_set(
    place: Place,
    embedded: EmbedRun,
    n_jobs: int | None = None,
    progress: Progress = lambda stage, done, total: None,
) -> Judged:
    """Check and fit what was embedded; labels that are too small to be scored are left out, and named."""
    labels = [label for label in embedded.scan.counts() if label]
    if len(labels) < 2:
        found = f"only {labels[0]!r}" if labels else "none"
        raise InputError(
            f"expected a folder with one sub-folder of pictures an artist, at least two of them, found {found}",
            labels=labels,
        )
    places = place.manifest, place.store, place.reports
    checked = check(CheckOptions(), *places, n_jobs, partial(progress, "check"))
    return Judged(checked, fit(FitOptions(skip_small=True), *places, None, n_jobs, progress))
