"""Read one file whole: never block, never more than allowed."""

from __future__ import annotations

import errno
import os
import stat
from typing import TYPE_CHECKING

from styleid.errors import ImageError

if TYPE_CHECKING:
    from styleid.data.decode.policy import DecodePolicy

# A pipe without a writer would block the open for ever; a terminal must not become ours.
_FLAGS = (
    os.O_RDONLY
    | getattr(os, "O_NONBLOCK", 0)
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_NOCTTY", 0)
    | getattr(os, "O_BINARY", 0)
)

_NEXT_PART = 2**20

_CODES = {
    errno.ENOENT: "missing",
    errno.ENOTDIR: "missing",
    errno.ENXIO: "not-a-file",  # a socket
    errno.ENODEV: "not-a-file",
    errno.ELOOP: "not-a-file",
    errno.EISDIR: "not-a-file",
}


def read_bytes(path: str | os.PathLike[str], policy: DecodePolicy) -> bytes:
    """Read a regular file, of at most the policy's `max_bytes`; a symbolic link is followed.

    Kind and size are asked of the open file, so that exchanging the name in between gains nothing, and a
    file that grows meanwhile is read up to the limit only. An empty file, like one that cannot be read, is
    an `ImageError`.
    """
    try:
        descriptor = os.open(path, _FLAGS)
    except OSError as error:
        if os.path.isdir(path):  # Windows calls a folder a missing permission
            raise _not_a_file(path, "a folder") from error
        code = _CODES.get(error.errno or 0, "unreadable")
        raise _cannot(path, code, error.strerror or str(error)) from error
    except ValueError as error:  # a zero byte within the name
        raise _cannot(path, "missing", str(error)) from error
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise _not_a_file(path, _kind(status.st_mode))
        if status.st_size > policy.max_bytes:
            raise _too_large(path, status.st_size, policy)
        return _read(descriptor, path, status.st_size, policy)
    except OSError as error:
        raise _cannot(path, "unreadable", error.strerror or str(error)) from error
    except MemoryError as error:
        raise ImageError("memory-limit", f"not enough memory to read {_name(path)}; leave it out") from error
    finally:
        os.close(descriptor)


def _read(descriptor: int, path: str | os.PathLike[str], expected: int, policy: DecodePolicy) -> bytes:
    parts: list[bytes] = []
    size = 0
    want = expected + 1  # one more than there should be, so that growth shows
    while part := os.read(descriptor, min(want, policy.max_bytes + 1 - size)):
        parts.append(part)
        size += len(part)
        if size > policy.max_bytes:
            raise _too_large(path, size, policy)
        want = _NEXT_PART
    if not parts:
        raise ImageError("empty", f"the file has 0 bytes: {_name(path)}; fetch it again or leave it out")
    return parts[0] if len(parts) == 1 else b"".join(parts)


def _cannot(path: str | os.PathLike[str], code: str, reason: str) -> ImageError:
    return ImageError(code, f"cannot read {_name(path)}: {reason}; check the path and its permissions")


def _not_a_file(path: str | os.PathLike[str], kind: str) -> ImageError:
    return ImageError("not-a-file", f"expected a file, found {kind}: {_name(path)}; leave it out", kind=kind)


def _too_large(path: str | os.PathLike[str], size: int, policy: DecodePolicy) -> ImageError:
    return ImageError(
        "too-large-file",
        f"expected at most {policy.max_bytes} bytes, found {size} or more: {_name(path)}; leave it out",
        size=size,
        limit=policy.max_bytes,
    )


def _name(path: str | os.PathLike[str]) -> str:
    # A line break or a byte that is no text must not tear the message's one line.
    name = os.fspath(path)
    return name if name.isprintable() else repr(name)


def _kind(mode: int) -> str:
    kinds = (
        (stat.S_ISDIR, "a folder"),
        (stat.S_ISFIFO, "a pipe"),
        (stat.S_ISSOCK, "a socket"),
        (stat.S_ISCHR, "a device"),
        (stat.S_ISBLK, "a device"),
    )
    return next((name for test, name in kinds if test(mode)), "something else")
