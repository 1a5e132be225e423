"""What is decoded and what is refused: the decode policy, part of every vector space's identity."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from importlib.util import find_spec
from typing import Any

from PIL import Image, features

from styleid.data.decode.pillow import Source, TooManyReads
from styleid.errors import ImageError, InputError, MissingExtraError
from styleid.given import check_fields, check_whole

#: Every code an `ImageError` of this package carries, and what it means.
CODES = {
    "missing": "there is no such file",
    "unreadable": "the file cannot be opened or read",
    "not-a-file": "a folder, pipe, socket, device or a loop of links",
    "empty": "the file has 0 bytes",
    "too-large-file": "more bytes than the policy allows",
    "not-an-image": "the bytes are of no kind that is recognised",
    "format-refused": "recognised, but not a format the policy decodes; the message names it",
    "no-decoder": "of a format the policy decodes, but what decodes it is not installed here",
    "too-many-pixels": "width x height is above the policy's limit",
    "too-small": "a side is shorter than the policy's limit",
    "too-narrow": "so much longer than wide that nothing is left of it in the view fit, the whole picture",
    "truncated": "the file ends before the picture does",
    "damaged": "the bytes contradict the format, or are of a variant the decoder does not know",
    "not-finite": "pixels that are NaN or infinite",
    "text-bomb": "text or a colour profile within the file unpacks to more than the decoder accepts",
    "too-many-parts": "so many small parts that decoding would take too long",
    "memory-limit": "not enough memory to decode it",
    "time-limit": "decoding took longer than allowed (in a child process)",
    "crashed": "the decoding process died (in a child process)",
}
#: Codes that speak of this machine and moment rather than of the file's bytes: worth another try later.
PASSING_CODES = frozenset(
    {"missing", "unreadable", "not-a-file", "no-decoder", "memory-limit", "time-limit", "crashed"}
)

#: Nearly every recent hole in a picture decoder lies in these: they are decoded in child processes only.
APART = ("TIFF", "AVIF", "HEIF")
DEFAULT_FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "AVIF")
#: Decoded only when asked for.
OPTIONAL_FORMATS = ("HEIF",)
#: Of these a file that ends too early can be used as far as it goes: see `DecodePolicy.allow_truncated`.
CUTTABLE = ("JPEG", "PNG", "GIF", "BMP")
_CUT_OPTION = "--allow-truncated"
CUT_ALLOWED = (
    ", or use it as far as it goes: `styleid embed --allow-truncated` (in a vector space of its own)"
)
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
        check_fields(self)
        if not self.formats:
            raise InputError(f"DecodePolicy.formats expects at least one, of {', '.join(DEFAULT_FORMATS)}")
        if self.version != 1:
            raise InputError(
                f"decode policy version {self.version} is not known here, only 1 is; upgrade styleid",
                version=self.version,
            )
        object.__setattr__(self, "formats", tuple(self.formats))  # a list serves as well
        for name in self.formats:
            _check_format(name)
        for limit in ("max_bytes", "max_pixels", "min_side"):
            check_whole(getattr(self, limit), limit, 1)

    def identity(self) -> dict[str, int | bool]:
        """Return what changes pixels, and so belongs to the vector space.

        Formats and limits are left out: they decide what is refused, not what a decoded picture looks like.
        """
        return {"version": self.version, "allow_truncated": self.allow_truncated}

    def plain(self) -> dict[str, Any]:
        """Return all of it as plain values, which `read_policy` reads."""
        return {**asdict(self), "formats": list(self.formats)}

    def asked(self) -> str:
        """Return the options of a command that ask for what is not the default."""
        other = set(self.formats) != set(DEFAULT_FORMATS)
        options = (other, f"--formats {','.join(self.formats).lower()}"), (self.allow_truncated, _CUT_OPTION)
        return " ".join(option for given, option in options if given)

    def key(self) -> str:
        """Return a short string of everything that decides whether a file is decoded or refused.

        A failure recorded under another key may be none now, so it is tried again.
        """
        truncated = " truncated" if self.allow_truncated else ""
        formats = "+".join(sorted(set(self.formats)))
        return (
            f"v{self.version}{truncated} {formats} {self.max_bytes}B {self.max_pixels}px {self.min_side}side"
        )


def read_policy(record: Any, identity: Mapping[str, Any]) -> DecodePolicy:
    """Return the policy that `DecodePolicy.plain` recorded for vectors, whose space has the `identity`.

    What moves pixels is taken from the space. Vectors and models made before there were records, or with a
    damaged one, get the default formats and limits.
    """
    moving = identity.get("decode_policy", {})
    try:
        return check_policy(record, identity)
    except (TypeError, InputError):
        return DecodePolicy(**moving)


def check_policy(record: Any, identity: Mapping[str, Any]) -> DecodePolicy:
    """Do what `read_policy` does, but let a damaged record fail as `DecodePolicy` and ``**`` do."""
    recorded = DecodePolicy() if record is None else DecodePolicy(**record)
    return replace(recorded, **identity.get("decode_policy", {}))


def parse_formats(text: str) -> tuple[str, ...]:
    """Read ``--formats``: ``+heif`` adds to `DEFAULT_FORMATS`, ``jpeg,png`` means exactly these.

    Pillow's names come back, each once, in the order of `DEFAULT_FORMATS` and `OPTIONAL_FORMATS`. A format
    that this Pillow cannot decode is an `InputError`; HEIF without its package is a `MissingExtraError`.
    """
    names = [name.strip().upper() for name in text.removeprefix("+").split(",") if name.strip()]
    if not names:
        raise InputError(f"no format named in {text!r}; write for example +heif", formats=text)
    asked = {_ALIASES.get(name, name) for name in names}
    for name in sorted(asked):
        _check_format(name)
    if "HEIF" in asked and lacking("HEIF"):
        raise MissingExtraError("decoding HEIF pictures", "heif")
    if "AVIF" in asked and (way := lacking("AVIF")):
        raise InputError(f"this Pillow was built without AVIF; {way}", format="AVIF")
    if text.startswith("+"):
        asked |= set(DEFAULT_FORMATS)
    return tuple(name for name in DEFAULT_FORMATS + OPTIONAL_FORMATS if name in asked)


def lacking(name: str) -> str:
    """Return what would bring the decoder of a format, or nothing where it is installed."""
    if name == "HEIF" and find_spec("pillow_heif") is None:
        return 'pip install "styleid[heif]"'
    wheel = "install the wheel of Pillow from the package index"
    return wheel if name == "AVIF" and not features.check("avif") else ""


def refused(name: str, policy: DecodePolicy) -> ImageError:
    """Return the refusal of a kind that a policy does not decode, with the way in where there is one."""
    way = "convert it or leave it out"
    if name in DEFAULT_FORMATS + OPTIONAL_FORMATS:
        way = f"`styleid embed --formats +{name.lower()}` reads it (in Python, the formats of a DecodePolicy)"
    wanted = ", ".join(policy.formats)
    return ImageError("format-refused", f"expected a picture ({wanted}), found {name}; {way}", found=name)


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
    of Pillow; only ``text-bomb``, and an AVIF cut short, have no other sign.
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
    short = name == "WEBP" and int.from_bytes(data[4:8], "little") + 8 > len(data)
    if source.starved or short or (name == "AVIF" and "Truncated data" in reason):
        return ImageError(
            "truncated",
            f"expected a whole {name}, found one of {len(data)} bytes that ends too early ({reason}); "
            f"fetch it again or leave it out{CUT_ALLOWED if name in CUTTABLE else ''}",
            reason=reason,
        )
    way = "fetch it again, convert it" if name in APART else "fetch it again"  # there are many variants
    return ImageError(
        "damaged", f"expected a sound {name}, found: {reason}; {way} or leave it out", reason=reason
    )


#: What whoever looks again at pictures that have a vector reads: all that any policy may have let in.
LENIENT = DecodePolicy(formats=DEFAULT_FORMATS + OPTIONAL_FORMATS, allow_truncated=True)
