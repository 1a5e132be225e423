"""A run's folder appears whole or not at all, and the one it replaces stays until then."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from styleid.errors import InputError
from styleid.files import writing

RESULT = "result.json"
#: What tells a run's folder from any other; studies have a `RESULT` too, and a page of another name.
REPORT = "report.html"
CHECK = "check.json"
COMPARE = "compare.json"


def run_target(out: Path, name: str, marker: str = REPORT) -> Path:
    """Return where a run belongs; refuse a name that is a path, and a folder that is not a run."""
    if name in ("", "..") or Path(name).name != name:
        raise InputError(f"--name expects a plain name, found {name!r}; use --out for the folder", name=name)
    check_target(out / name, marker)
    return out / name


@contextmanager
def run_folder(target: Path, marker: str = REPORT) -> Iterator[Path]:
    """Give an empty folder beside the target, and put it in its place when the block ends well.

    A run that is there is replaced; a folder without the file `marker` raises `InputError`, unless it is
    empty.
    """
    check_target(target, marker)
    new = target.with_name(f".{target.name}.{os.getpid()}.new")
    old = target.with_name(f".{target.name}.{os.getpid()}.old")
    with writing(target):
        shutil.rmtree(new, ignore_errors=True)
        new.mkdir(parents=True)
    try:
        yield new
        with writing(target):
            if target.exists():
                target.replace(old)
            try:
                new.replace(target)
            except OSError:
                if old.exists():
                    old.replace(target)
                raise
    finally:
        shutil.rmtree(new, ignore_errors=True)
        shutil.rmtree(old, ignore_errors=True)


def check_target(target: Path, marker: str) -> None:
    """Make the folder above a target; refuse to replace what is not a run, or what cannot be written."""
    with writing(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        if not os.access(target.parent, os.W_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    empty = target.is_dir() and not any(target.iterdir())
    if target.exists() and not empty and not (target / marker).is_file():
        raise InputError(
            f"{target} is there and is no run of styleid (it holds no {marker}); "
            "choose another --name or --out",
            path=target,
        )
