"""What is decoded and what is refused: the decode policy, part of every vector space's identity."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec

from PIL import Image, features

from styleid.data.decode.pillow import Source, TooManyReads
from styleid.errors import ImageError, InputError, MissingExtraError

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

#: Nearly every recent hole in a picture decoder lies outside these five.
DEFAULT_FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP")
#: Decoded only when asked for.
OPTIONAL_FORMATS = ("TIFF", "AVIF", "HEIF")
#: Never decoded: they run programs, draw instead of store, or hold other files.
FORBIDDEN_FORMATS = ("EPS", "PS", "PDF", "SVG", "FITS", "PSD")

_ALIASES = {"JPG": "JPEG", "TIF": "TIFF", "HEIC": "HEIF"}


@dataclass(frozen=True)
class DecodePolicy:
    """How the bytes of a file become pixels.

    Parameters
    ----------
    version : int
        Version of the decoding rules, raised with anything that moves a pixel; only 1 is known.
    formats : tuple of str
        Formats that are decoded, by Pillow's names; recognised by the bytes, never by the file's name.
    allow_truncated : bool
        Keep pictures whose file ends too early; the missing part is grey or black.
    max_bytes : int
        Largest file, in bytes; 256 MB (decimal, not MiB) by default.
    max_pixels : int
        Largest width x height. Real clip art reaches 168 million.
    min_side : int
        Shortest side, in pixels.

    Raises
    ------
    InputError
        If a format is unknown or forbidden, the version is not known, or a limit is below 1.
    """

    version: int = 1
    formats: tuple[str, ...] = DEFAULT_FORMATS
    allow_truncated: bool = False
    max_bytes: int = 256_000_000
    max_pixels: int = 178_000_000
    min_side: int = 2

    def __post_init__(self) -> None:
        if self.version != 1:
            raise InputError(
                f"decode policy version {self.version} is not known here, only 1 is; upgrade styleid",
                version=self.version,
            )
        for name in self.formats:
            _check_format(name)
        for limit in ("max_bytes", "max_pixels", "min_side"):
            if (value := getattr(self, limit)) < 1:
                raise InputError(f"{limit} must be at least 1, not {value}", limit=limit, value=value)

    def identity(self) -> dict[str, int | bool]:
        """Return what changes pixels, and so belongs to the vector space.

        Formats and limits are left out: they decide what is refused, not what a decoded picture looks like.
        """
        return {"version": self.version, "allow_truncated": self.allow_truncated}

    def key(self) -> str:
        """Return a short string of everything that decides whether a file is decoded or refused.

        A failure recorded under another key may be none now, so it is tried again.
        """
        truncated = " truncated" if self.allow_truncated else ""
        formats = "+".join(sorted(set(self.formats)))
        return (
            f"v{self.version}{truncated} {formats} {self.max_bytes}B {self.max_pixels}px {self.min_side}side"
        )


def parse_formats(text: str) -> tuple[str, ...]:
    """Read ``--formats``: ``+tiff,avif`` adds to `DEFAULT_FORMATS`, ``jpeg,png`` means exactly these.

    Pillow's names come back, each once, in the order of `DEFAULT_FORMATS` and `OPTIONAL_FORMATS`. A format
    that this Pillow cannot decode is an `InputError`; HEIF without its package is a `MissingExtraError`.
    """
    names = [name.strip().upper() for name in text.removeprefix("+").split(",") if name.strip()]
    if not names:
        raise InputError(f"no format named in {text!r}; write for example +tiff,avif", formats=text)
    asked = {_ALIASES.get(name, name) for name in names}
    for name in sorted(asked):
        _check_format(name)
    if "HEIF" in asked and find_spec("pillow_heif") is None:
        raise MissingExtraError("decoding HEIF pictures", "heif")
    if "AVIF" in asked and not features.check("avif"):
        raise InputError(
            "this Pillow was built without AVIF; install the wheel of Pillow from the package index",
            format="AVIF",
        )
    if text.startswith("+"):
        asked |= set(DEFAULT_FORMATS)
    return tuple(name for name in DEFAULT_FORMATS + OPTIONAL_FORMATS if name in asked)


def _check_format(name: str) -> None:
    known = DEFAULT_FORMATS + OPTIONAL_FORMATS
    if name in known:
        return
    advice = f"there is no picture format {name!r}; choose from"
    if name in FORBIDDEN_FORMATS:
        advice = (
            f"{name} is never decoded, because it can run programs or hide other files; "
            "convert such pictures to PNG first, or choose from"
        )
    raise InputError(f"{advice}: {', '.join(known)}", format=name, available=known)


def failure(name: str, error: Exception, data: bytes, source: Source) -> ImageError:
    """Turn one of `styleid.data.decode.pillow.DECODE_ERRORS` into an `ImageError` with a code.

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
