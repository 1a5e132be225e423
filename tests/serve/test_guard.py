"""Who may ask, and how much: the server driven as a server program drives it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import quote

import pytest

from styleid import DecodePolicy
from styleid.errors import ImageError

pytest.importorskip("starlette", reason="needs the extra serve")

from styleid.serve import app as app_module
from styleid.serve import body
from styleid.serve.app import make_app
from styleid.serve.guard import Door

TOKEN = "a-token-that-nobody-guesses"
HERE = Door("127.0.0.1", 8421, TOKEN)
OWN = {"host": "127.0.0.1:8421", "authorization": f"Bearer {TOKEN}"}
LIMIT = 1000


class Standing:
    """Stands in for the waiting line: remembers what came, and refuses what is no picture."""

    model = SimpleNamespace(labels=("ann", "bob"))
    policy = DecodePolicy()

    def __init__(self) -> None:
        self.came: list[tuple[bytes, str]] = []
        self.closed = 0

    async def answer(self, data: bytes, name: str) -> Any:
        self.came.append((data, name))
        if data.startswith(b"not"):
            raise ImageError("not-an-image", "expected a picture, found bytes of no known kind; leave it out")
        if data.startswith(b"fault"):
            raise RuntimeError("in /home/somebody/model.styleid")
        plain = {"path": name, "verdict": "ann"}
        return SimpleNamespace(verdict=SimpleNamespace(error=None), plain=lambda: plain)

    def close(self) -> None:
        self.closed += 1


class Answer:
    def __init__(self, sent: list[dict[str, Any]]) -> None:
        self.status = sent[0]["status"]
        self.headers = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
        self.content = b"".join(part.get("body", b"") for part in sent[1:])

    @property
    def code(self) -> str:
        """Of the error, whose message is one line."""
        error = json.loads(self.content)["error"]
        assert error["message"]
        assert "\n" not in error["message"]
        return str(error["code"])


def ask(
    app: Any,
    path: str = "/v1/predict",
    headers: dict[str, str] | list[tuple[str, str]] = OWN,
    parts: Iterable[bytes | float | None] = (b"picture",),
    method: str = "PUT",
    sent: list[dict[str, Any]] | None = None,
) -> Answer:
    """Send a request as parts; a number is a pause in seconds, None that the caller went away."""
    pairs = headers if isinstance(headers, list) else list(headers.items())
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path.partition("?")[0],
        "raw_path": path.partition("?")[0].encode(),
        "query_string": path.partition("?")[2].encode(),
        "root_path": "",
        "headers": [(name.encode(), value.encode()) for name, value in pairs],
        "client": ("127.0.0.1", 50000),
        "server": ("127.0.0.1", 8421),
    }
    sent = [] if sent is None else sent
    coming = iter(parts)

    async def receive() -> dict[str, Any]:
        part = next(coming, b"")
        if isinstance(part, float):
            await asyncio.sleep(part)
            part = b"-"
        if part is None:
            return {"type": "http.disconnect"}
        return {"type": "http.request", "body": part, "more_body": bool(part)}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    asyncio.run(app(scope, receive, send))
    return Answer(sent)


@pytest.fixture
def line() -> Standing:
    return Standing()


@pytest.fixture
def app(line: Standing) -> Any:
    return make_app(line, HERE, LIMIT)  # type: ignore[arg-type]


def test_who_knows_the_token_gets_an_answer(app: Any, line: Standing) -> None:
    answer = ask(app, parts=(b"pic", b"ture"))
    assert (answer.status, json.loads(answer.content)) == (200, {"path": "picture", "verdict": "ann"})
    assert line.came == [(b"picture", "picture")]
    known = json.loads(ask(app, "/v1/model", method="GET").content)
    assert (known["labels"], known["max_bytes"]) == (["ann", "bob"], LIMIT)


@pytest.mark.parametrize(
    ("headers", "status", "code"),
    [
        ({**OWN, "host": "evil.example:8421"}, 421, "wrong-host"),
        ({**OWN, "host": "127.0.0.1:8422"}, 421, "wrong-host"),
        ({**OWN, "host": "127.0.0.1"}, 421, "wrong-host"),
        ({**OWN, "host": "127.0.0.1.evil.example:8421"}, 421, "wrong-host"),
        ({**OWN, "host": "10.0.0.1:8421"}, 421, "wrong-host"),
        ({**OWN, "host": ""}, 421, "wrong-host"),
        ({"authorization": OWN["authorization"]}, 421, "wrong-host"),
        ([*OWN.items(), ("host", "evil.example")], 421, "wrong-host"),
        ({**OWN, "sec-fetch-site": "cross-site"}, 403, "cross-site"),
        ({**OWN, "sec-fetch-site": "same-site"}, 403, "cross-site"),
        ([*OWN.items(), ("sec-fetch-site", "none"), ("sec-fetch-site", "cross-site")], 403, "cross-site"),
        ({**OWN, "origin": "http://evil.example"}, 403, "cross-site"),
        ({**OWN, "origin": "http://127.0.0.1:9999"}, 403, "cross-site"),
        ({**OWN, "origin": "null"}, 403, "cross-site"),
        ({"host": OWN["host"]}, 401, "no-token"),
        ({**OWN, "authorization": "Bearer "}, 401, "no-token"),
        ({**OWN, "authorization": f"Bearer {TOKEN}x"}, 401, "no-token"),
        ({**OWN, "authorization": TOKEN}, 401, "no-token"),
        ([*OWN.items(), ("authorization", "Bearer guess")], 401, "no-token"),
    ],
)
def test_all_others_are_turned_away_before_anything_is_read(
    headers: Any, status: int, code: str, app: Any, line: Standing
) -> None:
    for path, method in (("/v1/predict", "PUT"), ("/v1/model", "GET"), ("/v1/anything", "GET")):
        answer = ask(app, path, headers, method=method)
        assert (answer.status, answer.code) == (status, code)
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        assert b"ann" not in answer.content
    assert not line.came
    assert ask(app, "/", headers, method="GET").status == (200 if code == "no-token" else status)


@pytest.mark.parametrize("host", ["127.0.0.1:8421", "localhost:8421", "LOCALHOST:8421", "[::1]:8421"])
def test_the_page_of_this_computer_by_all_its_names(host: str, app: Any) -> None:
    own = {**OWN, "host": host, "sec-fetch-site": "same-origin", "origin": f"http://{host}"}
    assert ask(app, headers=own).status == 200
    assert ask(app, "/", {"host": host, "sec-fetch-site": "none"}, method="GET").status == 200


def test_a_server_for_others_is_known_by_its_numbers_and_its_name(line: Standing) -> None:
    app = make_app(line, Door("studio.local", 80, TOKEN), LIMIT)  # type: ignore[arg-type]
    for host, status in (
        ("studio.local", 200),
        ("192.168.1.7", 200),
        ("[fe80::1]:80", 200),
        ("evil.example", 421),
        ("studio.local:8080", 421),
    ):
        assert ask(app, headers={**OWN, "host": host}).status == status


def test_the_page_says_nothing_of_the_model_and_loads_nothing(app: Any) -> None:
    answer = ask(app, "/", {"host": OWN["host"]}, method="GET")
    text = answer.content.decode()
    assert "ann" not in text.split("<style>")[0] + text.split("</style>")[1].split("<script>")[0]
    assert TOKEN not in text
    assert "unsafe" not in answer.headers["content-security-policy"]
    assert answer.headers["cache-control"] == "no-store"
    for name, value in (
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "no-referrer"),
        ("cross-origin-resource-policy", "same-origin"),
    ):
        assert answer.headers[name] == value
    assert "access-control-allow-origin" not in answer.headers


@pytest.mark.parametrize(
    ("more", "parts", "status", "code"),
    [
        ({"content-length": "1001"}, (), 413, "too-large-file"),
        ({"content-length": "9" * 5000}, (), 413, "too-large-file"),
        ({}, [b"x" * 400] * 3, 413, "too-large-file"),
        ({"content-length": "10"}, [b"x" * 400] * 3, 413, "too-large-file"),
        ({"content-type": "multipart/form-data; boundary=x"}, (), 415, "not-raw"),
        ({"content-type": "application/x-www-form-urlencoded"}, (), 415, "not-raw"),
        ({"content-encoding": "gzip"}, (), 415, "not-raw"),
        ({}, (b"not a picture",), 422, "not-an-image"),
    ],
)
def test_what_cannot_be_taken_gets_its_reason(
    more: dict[str, str], parts: Any, status: int, code: str, app: Any, line: Standing
) -> None:
    answer = ask(app, headers={**OWN, **more}, parts=parts)
    assert (answer.status, answer.code) == (status, code)
    assert bool(line.came) == (status == 422)
    assert ask(app).status == 200, "and hurts nobody"


def test_the_largest_picture_that_is_allowed(app: Any) -> None:
    assert ask(app, headers={**OWN, "content-length": "1000"}, parts=[b"x" * 500] * 2).status == 200


def test_a_slow_or_aborted_picture_ends(app: Any, line: Standing, monkeypatch: pytest.MonkeyPatch) -> None:
    quick = partial(body.read_body, whole=0.5, pause=0.2)
    monkeypatch.setattr(app_module, "read_body", quick)
    assert ask(app, parts=(b"some", 0.3)).code == "too-slow", "nothing for too long"
    assert ask(app, parts=(b"some", *[0.1] * 9)).code == "too-slow", "a trickle"
    assert ask(app, parts=(b"some", None)).status == 499
    assert not line.came
    assert ask(app, parts=(b"some", 0.1)).status == 200


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        ("../../etc/passwd", "passwd"),
        ("..\\..\\secret.png", "secret.png"),
        ("/abs/path/a.png", "a.png"),
        ("C:\\Users\\ann\\a.png", "a.png"),
        ("folder/", "folder"),
        ("", "picture"),
        ("/", "picture"),
        ("Agnès\n\x1b[31m\u202e.png", "Agnès[31m.png"),
        ("x" * 500, "x" * 120),
    ],
)
def test_a_name_is_shown_and_never_a_path(sent: str, shown: str, app: Any, line: Standing) -> None:
    answer = ask(app, headers={**OWN, "x-picture-name": quote(sent, safe="")})
    assert json.loads(answer.content)["path"] == shown
    assert line.came[0][1] == shown


def test_a_name_that_is_no_text(app: Any) -> None:
    assert (
        json.loads(ask(app, headers={**OWN, "x-picture-name": "%ff%fe.png"}).content)["path"]
        == "\ufffd\ufffd.png"
    )


def test_a_fault_of_ours_says_no_path(app: Any) -> None:
    sent: list[dict[str, Any]] = []
    with pytest.raises(RuntimeError, match="somebody"):  # for the terminal
        ask(app, parts=(b"fault",), sent=sent)
    answer = Answer(sent)
    assert (answer.status, answer.content) == (500, b"Internal Server Error")
    assert "content-security-policy" in answer.headers
    assert ask(app).status == 200


@pytest.mark.parametrize("path", ["/../etc/passwd", "/v1/../../etc/passwd", "//v1/predict", "/.env"])
def test_nothing_else_is_there(path: str, app: Any, line: Standing) -> None:
    assert ask(app, path).status in (404, 405)
    assert not line.came


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE", "OPTIONS", "PATCH"])
def test_pictures_are_put(method: str, app: Any, line: Standing) -> None:
    answer = ask(app, method=method)
    assert answer.status == 405
    assert "access-control-allow-methods" not in answer.headers
    assert not line.came


def test_a_socket_of_another_kind_gets_nothing(app: Any) -> None:
    async def nothing(*message: Any) -> Any:
        raise AssertionError

    asyncio.run(app({"type": "websocket", "headers": []}, nothing, nothing))


def test_nothing_is_kept_on_the_disk(app: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    ask(app, headers={**OWN, "x-picture-name": "kept.png"})
    assert not list(tmp_path.iterdir())
