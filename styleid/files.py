"""Look at paths that were given, each refusal in one line; write files whole or not at all.

A crash, a full disk or a kill never leaves half of a file, nor alters a file name.
"""

from __future__ import annotations

import csv
import errno
import io
import os
import stat
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, TypeAlias
from uuid import uuid4

from styleid.errors import InputError, OutputError

#: How a caller names a file or folder.
StrPath: TypeAlias = str | os.PathLike[str]
#: What the system says where nothing is; all else, a lacking permission or a name too long, is told.
_NOTHING = (errno.ENOENT, errno.ENOTDIR, errno.EBADF, errno.ELOOP)

#: A spreadsheet takes what begins so for a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@contextmanager
def looking(path: StrPath) -> Iterator[None]:
    """Turn what forbids to look at a path that was given into an `InputError` of one line."""
    try:
        yield
    except (OSError, ValueError) as error:  # the latter for a NUL within the name
        reason = getattr(error, "strerror", None) or str(error)
        raise InputError(
            f"cannot look at {path}: {reason}; check the name, and the permissions of the folders above",
            path=path,
        ) from error


def is_folder(path: StrPath) -> bool:
    """Say whether a folder is at a path that was given, or a link to one."""
    return stat.S_ISDIR(_mode(path))


def is_file(path: StrPath) -> bool:
    """Say whether a regular file is at a path that was given, or a link to one."""
    return stat.S_ISREG(_mode(path))


def is_there(path: StrPath) -> bool:
    """Say whether anything is at a path that was given."""
    return bool(_mode(path))


def paths_in(folder: Path, pattern: str) -> list[Path]:
    """List what matches below a folder that was given; none where there is no such folder."""
    if not is_folder(folder):
        return []
    with looking(folder):  # a glob would be silent
        os.scandir(folder).close()
    return sorted(folder.glob(pattern))


def _mode(path: StrPath) -> int:
    with looking(path):
        try:
            return os.stat(path).st_mode
        except OSError as error:
            if error.errno not in _NOTHING:
                raise
    return 0


def cache_folder() -> Path:
    """Return the user's folder for what styleid can make anew; it need not exist.

    A user without a home, as in many a container, gets a place where nothing can be kept.
    """
    try:
        return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "styleid"
    except RuntimeError:
        return Path(os.devnull) / "styleid"


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Turn an `OSError` raised while writing `path` into an `OutputError` of one line that names the path."""
    try:
        yield
    except OutputError:
        raise
    except OSError as error:
        reason = error.strerror or str(error)
        raise OutputError(
            f"cannot write {path}: {reason}; free the space or choose another place", path=path, reason=reason
        ) from error


def write_atomic(path: Path, content: bytes | str) -> None:
    """Write all of `content` to `path`, or leave what was there; missing parent folders are made.

    Text is encoded as UTF-8; undecodable bytes of file names pass through unchanged.
    """
    data = content.encode("utf-8", "surrogateescape") if isinstance(content, str) else content
    with writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        with replacing(path) as file:
            file.write(data)


@contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """Open a temporary file beside `path` that takes its place, on disk, when the block ends without error.

    Its name is its own, whoever else writes the path, and short, however long the path's name is. A link
    stays, and the file that it points to is replaced; a pipe or a device is no file, and refused.
    """
    if path.is_symlink():
        path = Path(os.path.realpath(path))
    if path.exists() and not (path.is_file() or path.is_dir()):
        raise OSError(errno.EINVAL, "it is a pipe or a device, not a file")
    temporary = path.with_name(f".{uuid4().hex}.tmp")
    try:
        with open(temporary, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
    if os.name == "nt":  # it cannot flush a folder's entries
        return
    descriptor = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def guarded(text: str) -> str:
    """Put an apostrophe before what a spreadsheet would run as a formula, and before such apostrophes."""
    return f"'{text}" if text.lstrip("'").startswith(_FORMULA) else text


def unguarded(text: str) -> str:
    """Return what `guarded` was given; other text stays as it is."""
    return text[1:] if text.startswith("'") and text.lstrip("'").startswith(_FORMULA) else text


def csv_text(rows: Iterable[Sequence[str]]) -> str:
    """Return rows, the header first, as CSV that reads back to the same strings.

    The csv module quotes a field only for the line ends it writes itself, so a carriage return in a file's
    name would come back as a new row: such rows are quoted throughout.
    """
    buffer = io.StringIO(newline="")
    plain = csv.writer(buffer, lineterminator="\n")
    quoted = csv.writer(buffer, lineterminator="\n", quoting=csv.QUOTE_ALL)
    for row in rows:
        (quoted if "\r" in "".join(row) else plain).writerow(row)
    return buffer.getvalue()
