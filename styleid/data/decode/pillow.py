"""What must be known of Pillow to use it safely on bytes from anywhere, kept in one place."""

from __future__ import annotations

import io
import logging
import re
import struct
import warnings
import zlib
from collections.abc import Iterable
from functools import cache
from importlib import import_module

from PIL import Image, ImageFile

#: What Pillow raises for bytes it cannot make a picture of. Nothing broader is caught, so that a fault of
#: our own still shows its traceback.
PILLOW_ERRORS: tuple[type[Exception], ...] = (
    OSError,  # most decoders: truncated, broken stream; UnidentifiedImageError is one
    SyntaxError,  # plugins, for "not my format", broken chunks and markers
    ValueError,  # bad modes, sizes and offsets, text that unpacks too far, undecodable text
    EOFError,  # a frame that is not there
    IndexError,  # short headers, indexed without a check
    KeyError,  # modes, compressions and tags that are in no table
    TypeError,  # ord() or arithmetic on what a short read left
    AttributeError,  # TIFF directories without the tags that later code takes for granted
    AssertionError,  # plugins' own claims about their state
    RuntimeError,  # wrapped libraries: AVIF, HEIF, colour management
    SystemError,  # tiles that reach outside of the picture
    NotImplementedError,  # RLE and tile variants
    struct.error,  # short reads
    zlib.error,  # packed metadata
    OverflowError,  # sizes and offsets beyond a C integer
    ZeroDivisionError,  # resolutions of x/0
    MemoryError,  # absurd sizes, or a real limit
    Image.DecompressionBombError,  # GIF and WebP check against Pillow's own limit while opening
)

#: Reads after which a file counts as made to waste time: some five seconds of Pillow's Python code.
#: Real files need far fewer: a PNG of 256 MB in chunks of 8 kB needs 130,000.
MAX_READS = 2_000_000

_PLUGINS = {
    # Image.open is passed by: it would try again with other plugins, throw away why one failed, warn, and
    # apply a limit on pixels that is global. JpegImageFile instead of its factory keeps the first picture
    # of MPO files without parsing the directory of the others.
    "JPEG": ("PIL.JpegImagePlugin", "JpegImageFile"),
    "PNG": ("PIL.PngImagePlugin", "PngImageFile"),
    "WEBP": ("PIL.WebPImagePlugin", "WebPImageFile"),
    "GIF": ("PIL.GifImagePlugin", "GifImageFile"),
    "BMP": ("PIL.BmpImagePlugin", "BmpImageFile"),
    "TIFF": ("PIL.TiffImagePlugin", "TiffImageFile"),
    "AVIF": ("PIL.AvifImagePlugin", "AvifImageFile"),
    "HEIF": ("pillow_heif", "HeifImageFile"),
}

_QUIET = ("ignore", None, Warning, re.compile(r"(PIL|pillow_heif)\."), 0)

# Without a handler, Python itself would print what Pillow logs about broken TIFF directories.
logging.getLogger("PIL").addHandler(logging.NullHandler())


class TooManyReads(Exception):  # noqa: N818 - a signal between two modules, not an error of the tree
    """A file made Pillow read more than `MAX_READS` times; no plugin catches this type."""


#: Everything that reading a file through `Source` raises when the file is at fault.
DECODE_ERRORS: tuple[type[Exception], ...] = (*PILLOW_ERRORS, TooManyReads)


class Source(io.BytesIO):
    """The bytes of a file, with a record of how they are read.

    `starved` says that more was asked for than there is: a failure then means that the file ends too early.
    """

    def __init__(self, data: bytes) -> None:
        super().__init__(data)  # shares the bytes, no copy
        self._reads = 0
        self.starved = False

    def read(self, size: int | None = -1, /) -> bytes:
        """Read as `io.BytesIO` does; after `MAX_READS` calls raise `TooManyReads`."""
        self._reads += 1
        if self._reads > MAX_READS:
            raise TooManyReads
        got = super().read(size)
        # Blocks of decoders are larger than small files, so a short block means nothing, an empty one does;
        # everything else is wanted in full.
        if size is not None and len(got) < size and (not got or size != ImageFile.MAXBLOCK):
            self.starved = True
        return got


@cache
def _plugin(name: str) -> type[ImageFile.ImageFile]:
    module, attribute = _PLUGINS[name]
    home = import_module(module)
    plugin = getattr(home, attribute)
    if name == "TIFF":
        # Pillow's own reader mixes up 16-bit planes and does not know of sampled colour; libtiff reads both.
        vars(home)["READ_LIBTIFF"] = True
    assert isinstance(plugin, type)
    assert issubclass(plugin, ImageFile.ImageFile)
    return plugin


def open_image(name: str, source: Source) -> ImageFile.ImageFile:
    """Read a picture's header with the plugin of its format; the pixels are not loaded yet."""
    return _plugin(name)(source)


def preload(names: Iterable[str]) -> None:
    """Import the plugins of formats before they are used."""
    for name in names:
        _plugin(name)


def quiet_pillow() -> None:
    """Silence Pillow's warnings in this process, whatever filters are set, also under ``-W error``.

    It is called before every decode, because tests and other libraries exchange the filters at any time.
    The filter is never taken away, because ``warnings.catch_warnings`` is not safe between threads.
    """
    if warnings.filters[:1] != [_QUIET]:
        warnings.filterwarnings("ignore", module=_QUIET[3].pattern)
