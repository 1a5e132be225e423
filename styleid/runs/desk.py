"""What every command does first and last: settle its options, gather its rows, write its folder."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, Generic

from styleid.data.manifest.table import read_manifest
from styleid.files import StrPath, write_atomic
from styleid.given import as_path, check_whole
from styleid.questions.base import NOTE
from styleid.rows.selection import S, settled
from styleid.rows.training_set import TrainingSet, training_set
from styleid.runs.folder import (
    CHECK,
    PACKAGES,
    REPORT,
    clear_leftovers,
    common_record,
    run_folder,
    run_target,
)
from styleid.vectors.store.joint import open_store
from styleid.vectors.store.space import space_policy


@dataclass(frozen=True)
class Run:
    """What `fit`, `compare` and `check` return: where their files lie, and the numbers in them.

    Attributes
    ----------
    folder : Path
        Folder of the run.
    page : Path
        The page for people in it.
    result : mapping
        Content of its JSON file, as in ``docs/formats.md``.
    replaced : bool
        Whether a run of the same name was there before, which this one stands in the place of.
    """

    folder: Path
    page: Path
    result: Mapping[str, Any]
    replaced: bool = False

    def _repr_html_(self) -> str:
        from styleid.runs.shown import show_run

        return show_run(self.result, self.page)


class Desk(Generic[S]):
    """One command at work, with its options, of which views and pooling are settled.

    Its folder is known by the file `marker`, by default its `page`.
    """

    def __init__(
        self,
        options: S,
        manifest: StrPath,
        store: StrPath,
        out: StrPath,
        name: str | None = None,
        *,
        page: str = REPORT,
        marker: str | None = None,
        n_jobs: int | None = None,
    ) -> None:
        self._began = time.perf_counter()
        self.seconds: dict[str, float] = {}
        if n_jobs is not None:
            check_whole(n_jobs, "n_jobs", 1)
        self.jobs = n_jobs or os.cpu_count() or 1
        root, out = as_path(store, "store"), as_path(out, "out")
        self.store = open_store(root, options.space)
        self.policy = space_policy(root, self.store.parts[0].space)  # how its pictures were decoded
        self.options = settled(options, self.store)
        self.name = self.options.default_name if name is None else name
        self.page = page
        self.marker = marker or page
        self.folder = run_target(out, self.name, self.marker)
        self.replaced = False
        self.parts = out / f".{self.name}.parts"  # finished tasks, for a command that goes on after a kill
        self.manifest = read_manifest(as_path(manifest, "manifest"))
        self.notes = [*clear_leftovers(self.folder), *self.manifest.notes]
        self.manifest_sha256 = sha256(as_path(manifest, "manifest").read_bytes()).hexdigest()

    def rows(self, *, near_duplicates: bool = True) -> TrainingSet:
        """Gather what can be learned from, as the options choose it."""
        with self.clock("load"):
            return training_set(
                self.manifest, self.store, self.options, self.jobs, near_duplicates=near_duplicates
            )

    @contextmanager
    def clock(self, stage: str) -> Iterator[None]:
        """Note how long a stage takes."""
        began = time.perf_counter()
        yield
        self.seconds[stage] = time.perf_counter() - began

    def record(
        self, data: TrainingSet, notes: Iterable[str], packages: Sequence[str] = PACKAGES
    ) -> dict[str, Any]:
        """Return the keys that the records of all commands have."""
        return {
            "format_version": 1,
            "run": self.name,
            **common_record(data, self.store.space, [*self.notes, *notes], packages),
        }

    def asked(self) -> dict[str, Any]:
        """Return what was looked at, and the choices that the options of a head's score share."""
        identity = self.store.space.identity
        return {
            "backbone": identity["backbone"],
            "weights_digest": identity["weights_digest"],
            "descriptor": identity["layer"],
            "views": self.options.views,
            "pool": self.options.pool,
            "target": self.options.target,
        }

    def audit(self) -> list[dict[str, str]] | None:
        """Return what `styleid check` found in this manifest, but notes; None where it has not looked."""
        try:
            record = json.loads((self.folder.with_name("check") / CHECK).read_bytes())
            if record["manifest_sha256"] != self.manifest_sha256:
                return None
            return [finding for finding in record["findings"] if finding["severity"] != NOTE]
        except (OSError, ValueError, KeyError, TypeError):
            return None

    @contextmanager
    def writing(self, file: str, result: dict[str, Any]) -> Iterator[Path]:
        """Give the new folder, put the result into its `file` when the block ends well, and then show it."""
        with run_folder(self.folder, self.marker) as folder:
            self.replaced = (self.folder / self.marker).exists()
            self._note_time(result)
            yield folder
            self._note_time(result)
            write_atomic(folder / file, json.dumps(result, indent=1, allow_nan=False))

    def done(self, result: Mapping[str, Any]) -> Run:
        """Return the finished command."""
        return Run(self.folder, self.folder / self.page, result, self.replaced)

    def _note_time(self, result: dict[str, Any]) -> None:
        result["timing_seconds"] = {**self.seconds, "total": time.perf_counter() - self._began}
