"""Who may ask: checked on the raw request, before anything else looks at it."""

from __future__ import annotations

import ipaddress
import secrets
from collections.abc import Mapping
from dataclasses import dataclass

from starlette.datastructures import MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

#: What a browser says of a request that this page made, or that a person made by its address.
_OWN = frozenset({b"same-origin", b"none"})
#: Sent with every answer: no other page may read, frame or keep it.
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "X-Frame-Options": "DENY",
}


@dataclass(frozen=True)
class Door:
    """Where the server listens, and the word that opens it."""

    host: str  # as given by --host
    port: int
    token: str

    @property
    def is_local(self) -> bool:
        """Whether only programs of this computer can reach it."""
        return is_loopback(self.host)

    @property
    def address(self) -> str:
        """The address of the page, without the token."""
        return f"http://{f'[{self.host}]' if ':' in self.host else self.host}:{self.port}/"

    def knows(self, host: str) -> bool:
        """Say whether a ``Host`` means this server.

        A page of the web whose name was made to point here (DNS rebinding) names itself. So names are known
        that nobody else can own: this one, and where other computers may ask, any number.
        """
        name, _, port = (host if ":" in host.rpartition("]")[2] else f"{host}:80").rpartition(":")
        if not port.isascii() or port != str(self.port):
            return False
        name = name.removeprefix("[").removesuffix("]").lower()
        if self.is_local:
            return name in ("127.0.0.1", "localhost", "::1", self.host.lower())
        return name == self.host.lower() or _number(name) is not None


def is_loopback(host: str) -> bool:
    """Say whether a host is this computer as only itself can reach it."""
    number = _number(host)
    return host == "localhost" if number is None else number.is_loopback


def _number(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


class Guard:
    """Turns away what does not come from this server's own page or from who knows its token."""

    def __init__(self, app: ASGIApp, door: Door, policy: str) -> None:
        self.app, self.door = app, door
        self._headers: Mapping[str, str] = {**_HEADERS, "Content-Security-Policy": policy}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or have it answered."""
        if scope["type"] != "http":
            if scope["type"] == "lifespan":
                await self.app(scope, receive, send)
            return

        async def send_with(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(self._headers)
            await send(message)

        refused = self._refuse(scope)
        await (refused or self.app)(scope, receive, send_with)

    def _refuse(self, scope: Scope) -> JSONResponse | None:
        sent: dict[bytes, list[bytes]] = {}
        for name, value in scope["headers"]:
            sent.setdefault(name, []).append(value)
        hosts = [value.decode("latin-1") for value in sent.get(b"host", [])]
        if len(hosts) != 1 or not self.door.knows(hosts[0]):
            return refusal(421, "wrong-host", f"expected the Host of {self.door.address}, found another")
        origins = {f"http://{hosts[0]}".encode("latin-1")}
        if set(sent.get(b"sec-fetch-site", [])) - _OWN or set(sent.get(b"origin", [])) - origins:
            return refusal(403, "cross-site", "expected a request by this page, found one by another page")
        if not scope["path"].startswith("/v1/"):
            return None  # the page itself says nothing of the model
        given = sent.get(b"authorization", [])
        wanted = f"Bearer {self.door.token}".encode()
        if len(given) != 1 or not secrets.compare_digest(given[0], wanted):
            told = (
                "expected the token of this server, as `Authorization: Bearer TOKEN`; `styleid serve` says it"
            )
            return refusal(401, "no-token", told, {"WWW-Authenticate": "Bearer"})
        return None


def refusal(status: int, code: str, message: str, headers: Mapping[str, str] | None = None) -> JSONResponse:
    """Return an answer that says why there is no other."""
    return JSONResponse({"error": {"code": code, "message": message}}, status, headers)
