"""Why a picture could not be used: the codes of `ImageError`, and how Pillow's reasons become one."""

from __future__ import annotations

from PIL import Image

from styleid.data.pillow import Source, TooManyReads
from styleid.errors import ImageError

#: Every code an `ImageError` of this package carries, and what it means.
CODES = {
    "missing": "there is no such file",
    "unreadable": "the file cannot be opened or read",
    "not-a-file": "a folder, pipe, socket, device or a loop of links",
    "empty": "the file has 0 bytes",
    "too-large-file": "more bytes than the policy allows",
    "not-an-image": "the bytes are of no kind that is recognised",
    "format-refused": "recognised, but not a format the policy decodes; the message names it",
    "too-many-pixels": "width x height is above the policy's limit",
    "too-small": "a side is shorter than the policy's limit",
    "too-narrow": "so much longer than wide that nothing is left of it in the view fit, the whole picture",
    "truncated": "the file ends before the picture does",
    "damaged": "the bytes contradict the format, or are of a variant the decoder does not know",
    "not-finite": "pixels that are NaN or infinite",
    "text-bomb": "text or a colour profile within the file unpacks to more than the decoder accepts",
    "too-many-parts": "so many small parts that decoding would take too long",
    "memory-limit": "not enough memory to decode it",
    "time-limit": "decoding took longer than allowed (hostile mode)",
    "crashed": "the decoding process died (hostile mode)",
}

#: Codes that speak of this machine and moment rather than of the file's bytes: worth another try later.
PASSING_CODES = frozenset({"missing", "unreadable", "not-a-file", "memory-limit", "time-limit", "crashed"})


def failure(name: str, error: Exception, data: bytes, source: Source) -> ImageError:
    """Turn one of `styleid.data.pillow.DECODE_ERRORS` into an `ImageError` with a code.

    The code follows from how the bytes were read, because the wording of messages changes between versions
    of Pillow; only ``text-bomb`` has no other sign.
    """
    reason = " ".join(str(error).split())[:160] or type(error).__name__
    if isinstance(error, TooManyReads):
        return ImageError("too-many-parts", f"expected a {name} of some parts, found millions; leave it out")
    if isinstance(error, MemoryError) or "out of memory" in reason:
        return ImageError("memory-limit", f"not enough memory to decode this {name}; scale it down first")
    if isinstance(error, Image.DecompressionBombError):
        return ImageError("too-many-pixels", f"expected a {name} within Pillow's own limit, found: {reason}")
    if "MAX_TEXT" in reason or "text chunks" in reason:
        return ImageError(
            "text-bomb", f"expected a {name} with text of ordinary size, found: {reason}; strip its metadata"
        )
    if source.starved or (name == "WEBP" and int.from_bytes(data[4:8], "little") + 8 > len(data)):
        return ImageError(
            "truncated",
            f"expected a whole {name}, found one of {len(data)} bytes that ends too early ({reason}); "
            "fetch it again or leave it out",
            reason=reason,
        )
    return ImageError(
        "damaged", f"expected a sound {name}, found: {reason}; fetch it again or leave it out", reason=reason
    )
