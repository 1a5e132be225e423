"""A picture as it is sent: its bytes and nothing around them, never more than allowed, never for ever."""

from __future__ import annotations

import asyncio
from urllib.parse import unquote

from starlette.requests import Request

#: Largest picture, in bytes. A page that many may use takes less than a command takes from a disk.
MAX_BYTES = 64_000_000
#: Seconds for a whole picture, and in which something more of it must come.
WHOLE, NEXT = 120.0, 15.0
#: Letters of a picture's name that are shown.
_LONGEST = 120
#: Kinds of content that hold a picture in something else.
_WRAPPED = ("multipart/", "application/x-www-form-urlencoded", "application/json")


class RefusedError(Exception):
    """What was sent cannot be taken; it ends in an answer of this status."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status, self.code, self.message = status, code, message


def check_head(request: Request, limit: int) -> None:
    """Refuse by its head what need not be read."""
    kind = request.headers.get("content-type", "").lower()
    if kind.startswith(_WRAPPED) or request.headers.get("content-encoding", "identity") != "identity":
        raise RefusedError(
            415, "not-raw", "expected the bytes of a picture as they are, found them wrapped: curl -T FILE"
        )
    size = request.headers.get("content-length", "0")
    if size.isascii() and size.isdigit() and (len(size) > 15 or int(size) > limit):
        raise _too_large(limit)


async def read_body(request: Request, limit: int, whole: float = WHOLE, pause: float = NEXT) -> bytes:
    """Read a picture as it comes in; one too large ends as soon as it is."""
    data, loop = bytearray(), asyncio.get_running_loop()
    end = loop.time() + whole
    try:
        async with asyncio.timeout(pause) as clock:
            async for part in request.stream():
                if len(data) + len(part) > limit:
                    raise _too_large(limit)
                data += part
                clock.reschedule(min(end, loop.time() + pause))
    except TimeoutError as error:
        raise RefusedError(
            408, "too-slow", "expected a whole picture, found one that stopped coming"
        ) from error
    return bytes(data)


def picture_name(request: Request) -> str:
    """Return what the picture is called, to be shown; it never names a file here."""
    sent = unquote(request.headers.get("x-picture-name", ""), errors="replace")
    name = sent.replace("\\", "/").rstrip("/").rpartition("/")[2]
    return "".join(letter for letter in name if letter.isprintable())[:_LONGEST].strip() or "picture"


def _too_large(limit: int) -> RefusedError:
    return RefusedError(
        413,
        "too-large-file",
        f"expected at most {limit // 1_000_000} MB, found more; `styleid predict` takes larger ones",
    )
