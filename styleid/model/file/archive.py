"""Zip files that hold bytes as they are: the same members give the same file."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Mapping

from styleid.errors import BundleError

#: Largest member that is read, in bytes; a head on 100,000 vectors of 512 numbers is below it.
MAX_MEMBER = 512 * 1024 * 1024

# A zip knows no time zone and no time before 1980; the true time stands in the manifest.
_TIME = (1980, 1, 1, 0, 0, 0)


def pack(members: Mapping[str, bytes]) -> bytes:
    """Return a zip of uncompressed members with fixed times and permissions, in the order given."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name, content in members.items():
            info = zipfile.ZipInfo(name, _TIME)
            info.create_system, info.external_attr = 3, 0o644 << 16  # alike on every system
            archive.writestr(info, content)
    return buffer.getvalue()


def unpack(data: bytes, where: str) -> dict[str, bytes]:
    """Read all members of a zip made by `pack`, in the order they were written.

    Raises `BundleError` for any other file. Nothing is ever inflated: a compressed member, or members that
    claim more bytes than the file has, are refused, so that a small file cannot fill the memory. `where`
    names the file in messages.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            infos = archive.infolist()
            _check(infos, len(data), where)
            return {info.filename: archive.read(info) for info in infos}
    except (zipfile.BadZipFile, EOFError, struct.error, ValueError, NotImplementedError, OSError) as error:
        # zipfile raises any of these for one damaged header or another.
        fault = " ".join(str(error).split()) or type(error).__name__
        raise BundleError(
            f"expected a model written by styleid, found a file that is damaged, cut off or no zip "
            f"({fault}): {where}; copy it again or fit the model anew",
            where=where,
        ) from error


def _check(infos: list[zipfile.ZipInfo], size: int, where: str) -> None:
    for info in infos:
        fault = None
        if info.compress_type != zipfile.ZIP_STORED:
            fault = "is compressed"
        elif info.flag_bits & 0x1:
            fault = "is encrypted"
        elif info.file_size > MAX_MEMBER:
            fault = f"has {info.file_size:,} bytes, more than {MAX_MEMBER:,}"
        elif info.file_size != info.compress_size:
            fault = "has two different sizes"
        if fault:
            raise BundleError(
                f"expected plain uncompressed members, found {info.filename!r}, which {fault}: {where}; "
                "use the file as styleid wrote it",
                where=where,
                member=info.filename,
            )
    names = [info.filename for info in infos]
    if len(set(names)) < len(names) or sum(info.file_size for info in infos) > size:
        raise BundleError(
            f"expected each member once, found names or bytes used twice: {where}; "
            "use the file as styleid wrote it",
            where=where,
        )
