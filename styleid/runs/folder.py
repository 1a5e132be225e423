"""A run's folder appears whole or not at all, and the one it replaces stays until then."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from styleid.errors import InputError
from styleid.files import writing

#: What tells a run's folder from any other.
RESULT = "result.json"


@contextmanager
def run_folder(target: Path, mark: str = RESULT) -> Iterator[Path]:
    """Give a folder to write a run into, and put it in its place when the block ends well.

    Parameters
    ----------
    target : Path
        Where the run belongs. A run that is there is replaced; any other folder is refused.
    mark : str
        Name of the file that tells such a folder from any other.

    Yields
    ------
    Path
        An empty folder beside it.

    Raises
    ------
    InputError
        If something that is no run is in the way.
    OutputError
        If the folder cannot be written.
    """
    check_target(target, mark)
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
            new.replace(target)
    finally:
        shutil.rmtree(new, ignore_errors=True)
        shutil.rmtree(old, ignore_errors=True)


def check_target(target: Path, mark: str = RESULT) -> None:
    """Refuse to replace what is no run.

    Parameters
    ----------
    target : Path
        Where a run is to be put.
    mark : str
        As for `run_folder`.

    Raises
    ------
    InputError
        If something else is there.
    """
    empty = target.is_dir() and not any(target.iterdir())
    if target.exists() and not empty and not (target / mark).is_file():
        raise InputError(
            f"{target} is there and is no run of styleid; choose another --name or --out", path=target
        )
