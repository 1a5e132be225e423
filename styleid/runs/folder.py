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
    """Return where a run belongs, after making sure that it may be put there.

    Parameters
    ----------
    out : Path
        Folder of the runs.
    name : str
        Name of the run.
    marker : str
        As for `run_folder`.

    Returns
    -------
    Path

    Raises
    ------
    InputError
        If the name is more than a name, or something else is there.
    OutputError
        If the folder around it cannot be made or written.
    """
    if name in ("", "..") or Path(name).name != name:
        raise InputError(f"--name expects a plain name, found {name!r}; use --out for the folder", name=name)
    check_target(out / name, marker)
    return out / name


@contextmanager
def run_folder(target: Path, marker: str = REPORT) -> Iterator[Path]:
    """Give a folder to write a run into, and put it in its place when the block ends well.

    Parameters
    ----------
    target : Path
        Where the run belongs. A run that is there is replaced; any other folder is refused.
    marker : str
        The file that tells such a run's folder from any other.

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
            new.replace(target)
    finally:
        shutil.rmtree(new, ignore_errors=True)
        shutil.rmtree(old, ignore_errors=True)


def check_target(target: Path, marker: str = REPORT) -> None:
    """Refuse to replace what is no run, and to begin what could not be written.

    Parameters
    ----------
    target : Path
        Where a run is to be put.
    marker : str
        As for `run_folder`.

    Raises
    ------
    InputError
        If something else is there.
    OutputError
        If the folder around it cannot be made or written.
    """
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
