"""Open a port, load a model, and serve until told to end."""

from __future__ import annotations

import errno
import ipaddress
import os
import secrets
import socket
import stat
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from styleid.errors import InputError, MissingExtraError
from styleid.files import StrPath

if TYPE_CHECKING:
    from styleid.serve.guard import Door

#: Where the page is by default: no port of anything known, and above those that need a privilege.
PORT = 8421
#: Letters of a token at least; one that is made here has 43.
_SHORTEST = 20
#: Seconds that an answer has when the server ends.
_LAST_ANSWERS = 3


@dataclass(frozen=True)
class ServeOptions:
    """Which model answers, and where."""

    model: Path
    weights: StrPath | None = None
    device: str = "auto"
    host: str = "127.0.0.1"
    port: int = PORT  # 0: any that is free
    token_file: Path | None = None


@dataclass(frozen=True)
class Opened:
    """What a server opens, once it answers."""

    link: str  # the address for the browser of this computer, with the token
    warning: str  # who else reaches it; empty on this computer alone


def serve(options: ServeOptions, ready: Callable[[Opened], None]) -> None:
    """Serve until Ctrl-C or SIGTERM; `ready` is called once, when pictures are answered."""
    if find_spec("starlette") is None or find_spec("uvicorn") is None:
        raise MissingExtraError("`styleid serve`", "serve")
    import uvicorn

    from styleid.model.bundle import load_model
    from styleid.serve.app import make_app
    from styleid.serve.guard import Door, is_loopback
    from styleid.serve.line import Line

    if not is_loopback(options.host) and options.token_file is None:
        raise InputError(
            f"--host {options.host} lets other computers in, and needs --token-file FILE: a file that only "
            "you can read and that holds the token they must know, as `python -c 'import secrets; "
            "print(secrets.token_urlsafe())' > FILE; chmod 600 FILE` makes one",
            host=options.host,
        )
    token = secrets.token_urlsafe(32) if options.token_file is None else read_token(options.token_file)
    with _listen(options.host, options.port) as listening:
        door = Door(options.host, listening.getsockname()[1], token)
        model = load_model(options.model)
        line = Line(model, options.weights, options.device)
        line.warm()
        known = 0 if model.known is None else len(model.known.thumbnails)
        opened = Opened(f"{_nearest(door)}#token={token}", "" if door.is_local else _warn(door, known))

        config = uvicorn.Config(
            make_app(line, door, ready=lambda: ready(opened)),
            http="h11",
            ws="none",
            loop="asyncio",
            lifespan="on",
            log_config=None,
            access_log=False,
            proxy_headers=False,
            server_header=False,
            timeout_graceful_shutdown=_LAST_ANSWERS,
        )
        with suppress(KeyboardInterrupt):  # raised anew by uvicorn once it has ended
            uvicorn.Server(config).run([listening])


def read_token(path: Path) -> str:
    """Read the token of a file that nobody else can read."""
    try:
        with open(path, encoding="utf-8") as file:
            mode, token = os.fstat(file.fileno()).st_mode, file.read(1000).strip()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            f"cannot read the token in {path}: {error}; name a file that holds one line"
        ) from error
    if sys.platform != "win32" and mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise InputError(f"expected a token that only you can read, found that others can: chmod 600 {path}")
    if len(token) < _SHORTEST or not (token.isascii() and token.isprintable()) or " " in token:
        raise InputError(
            f"expected as token in {path} one word of at least {_SHORTEST} letters, found {len(token)}",
            path=path,
        )
    return token


def _listen(host: str, port: int) -> socket.socket:
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listening = socket.socket(family, kind, protocol)
    except OSError as error:
        raise InputError(f"--host {host} is no address of this computer: {error.strerror}") from error
    try:
        if os.name == "posix":
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
        listening.listen()  # now, or another server could still take the port
    except OSError as error:
        listening.close()
        if error.errno == errno.EADDRINUSE:
            raise InputError(
                f"port {port} of {host} is taken by another program, perhaps another `styleid serve`; end "
                "that, or choose another by --port (0: any that is free)",
                port=port,
            ) from error
        raise InputError(
            f"cannot listen on port {port} of {host}: {error.strerror}; choose another"
        ) from error
    return listening


def _nearest(door: Door) -> str:
    """Return the address by which a browser of this computer reaches the page."""
    with suppress(ValueError):
        if (number := ipaddress.ip_address(door.host)).is_unspecified:
            return replace(door, host="127.0.0.1" if number.version == 4 else "::1").address
    return door.address


def _warn(door: Door, known: int) -> str:
    pictures = f", and can see small copies of the {known:,} pictures it learned from" if known else ""
    return (
        f"open to other computers: whoever reaches {door.address} and knows the token can ask this model"
        f"{pictures}; what is sent is not encrypted, so let only a network you trust reach it"
    )
