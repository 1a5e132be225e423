"""Write files so that a crash, a full disk or a kill never leaves half of one, nor a name loses a letter."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from styleid.errors import OutputError


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Turn an `OSError` raised while writing `path` into one line that names it.

    Parameters
    ----------
    path : Path
        The file or folder being written.

    Raises
    ------
    OutputError
        For a missing permission, a full disk, a name that is too long and their like.
    """
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
    """Write `content` to `path`: either all of it is there afterwards, or what was there before.

    Written to a temporary name beside it, flushed to disk, renamed, and the folder's entry flushed too.

    Parameters
    ----------
    path : Path
        Target; missing parent folders are made.
    content : bytes or str
        Text is encoded as UTF-8; undecodable bytes of file names pass through unchanged.

    Raises
    ------
    OutputError
        If it cannot be written.
    """
    data = content.encode("utf-8", "surrogateescape") if isinstance(content, str) else content
    temporary = path.with_name(f".{path.name[:100]}.{os.getpid()}.tmp")
    with writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with open(temporary, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            os.replace(temporary, path)
        finally:
            temporary.unlink(missing_ok=True)
        sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Flush a folder's entries to disk, where the system can (not on Windows).

    Parameters
    ----------
    folder : Path
        An existing folder.
    """
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def csv_text(rows: Iterable[Sequence[str]]) -> str:
    r"""Return rows as CSV that reads back to the same strings.

    Parameters
    ----------
    rows : iterable of sequence of str
        The header first.

    Returns
    -------
    str
        Lines end in ``\n``. The csv module quotes a field for the line ends it writes only, so a carriage
        return in a file's name would come back as a new row: such rows are quoted throughout.
    """
    buffer = io.StringIO(newline="")
    plain = csv.writer(buffer, lineterminator="\n")
    quoted = csv.writer(buffer, lineterminator="\n", quoting=csv.QUOTE_ALL)
    for row in rows:
        (quoted if "\r" in "".join(row) else plain).writerow(row)
    return buffer.getvalue()
